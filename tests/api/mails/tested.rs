//! `SendTestMessage`.

use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ListMessagesRequest, MailMessage, MessageKind, MessageState, SendTestMessageRequest,
    SendTestMessageResponse,
};
use guichet_tests::people;
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Server, expect_error};
use tonic::{Code, Request, Response, Status};

use super::{EMAIL, listed};

fn test_to(recipient: &str) -> SendTestMessageRequest {
    SendTestMessageRequest {
        recipient: recipient.into(),
        ..SendTestMessageRequest::default()
    }
}

fn told(reply: Result<Response<SendTestMessageResponse>, Status>) -> MailMessage {
    let reply = reply.expect("an answer").into_inner();
    reply.message.expect("the mail in the reply")
}

#[tokio::test]
async fn the_answer_is_what_the_mail_server_said_and_nothing_is_tried_again() {
    for (mode, state, answer) in [
        (Mode::Accept, MessageState::Sent, "250 2.0.0 taken"),
        (Mode::Reject, MessageState::Dead, "no such mailbox"),
        (Mode::Defer, MessageState::Dead, "try later"),
        (Mode::Close, MessageState::Dead, ""),
        (Mode::DropAfterData, MessageState::Dead, ""),
    ] {
        let smtp = SmtpServer::start(mode).await;
        let server = Server::builder()
            .env("GUICHET_MAIL_URL", smtp.url())
            .start()
            .await;
        let admin = server.admin().await;

        let mail = told(admin.mail().send_test_message(test_to(EMAIL)).await);

        assert_eq!(
            (mail.kind(), mail.state(), mail.attempts),
            (MessageKind::Test, state, 1),
            "{mode:?}"
        );
        assert!(
            !mail.answer.is_empty() && mail.answer.contains(answer),
            "{mail:?}"
        );

        smtp.set_mode(Mode::Accept);
        let tests = || {
            smtp.messages()
                .iter()
                .filter(|mail| mail.contains(EMAIL))
                .count()
        };
        let tried = tests();
        // By the time that another mail has left, this one would have been tried again.
        people::active(&server, "leo", "leo@ecole.example").await;
        people::ask_reset(&server, Identifier::Username("leo".into())).await;
        assert!(smtp.receives(&server, "leo@ecole.example").await);
        assert_eq!(tests(), tried, "{mode:?}");
        let only_tests = ListMessagesRequest {
            recipient: EMAIL.into(),
            ..ListMessagesRequest::default()
        };
        assert_eq!(listed(&server, only_tests).await, [mail]);
    }
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_nobody_up_longer_than_the_call() {
    let smtp = SmtpServer::start(Mode::Stall).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    let admin = server.admin().await;
    let mut request = Request::new(test_to(EMAIL));
    request.set_timeout(Duration::from_secs(4));

    let mail = told(admin.mail().send_test_message(request).await);

    assert_eq!(mail.state(), MessageState::Dead);
    assert!(mail.answer.contains("in time"), "{}", mail.answer);
}

#[tokio::test]
async fn a_test_mail_says_that_it_is_one_in_the_language_that_was_asked_for() {
    let server = Server::start().await;
    let admin = server.admin().await;

    for (locale, said) in [
        ("en", "is a test"),
        ("nl-BE", "is een test"),
        ("", "est un essai"),
    ] {
        let request = SendTestMessageRequest {
            recipient: format!("{locale}x@ecole.example"),
            locale: locale.into(),
        };
        let mail = told(admin.mail().send_test_message(request).await);
        let sent = server.mailbox().last(&mail.recipient, 1).await;
        assert!(sent.text.contains(said), "{}", sent.text);
        assert!(
            sent.text.trim_end().ends_with(&mail.recipient),
            "{}",
            sent.text
        );
        assert!(sent.codes().is_empty());
    }

    let refused = admin.mail().send_test_message(test_to("lea")).await;
    expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
}
