//! `ReportBounce`, and what `ListResetRequests` makes of it.

use guichet_client::proto::report_bounce_request::Mail;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ListResetRequestsRequest, MailMessage, MessageState, ReportBounceRequest, ReportBounceResponse,
    ResetDecision, ResetOutcome,
};
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Server, expect_error};
use tonic::{Code, Response, Status};

use super::{EMAIL, events, settled};

async fn report(
    server: &Server,
    mail: Mail,
    diagnostic: &str,
) -> Result<Response<ReportBounceResponse>, Status> {
    let request = ReportBounceRequest {
        mail: Some(mail),
        diagnostic: diagnostic.into(),
    };
    server.admin().await.mail().report_bounce(request).await
}

/// Reports a bounce and returns the mail as it is then.
async fn bounced(server: &Server, mail: Mail, diagnostic: &str) -> MailMessage {
    let reply = report(server, mail, diagnostic).await.expect("a report");
    let mail = reply.into_inner().message.expect("the mail in the reply");
    assert_eq!(mail.state(), MessageState::Bounced);
    assert!(mail.bounce_time.is_some());
    mail
}

/// What became of the newest request, which was about one account.
async fn decision(server: &Server) -> ResetDecision {
    let request = ListResetRequestsRequest::default();
    let admin = server.admin().await;
    let reply = admin.reset().list_reset_requests(request).await;
    let newest = reply.expect("a list").into_inner().requests.remove(0);
    let [decision] = newest.decisions.try_into().expect("one decision");
    decision
}

#[tokio::test]
async fn a_bounce_is_told_to_whoever_asks_why_no_mail_came() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    people::reset_link(&server, EMAIL).await;
    let mail = settled(&server, EMAIL).await.remove(0);
    let before = decision(&server).await;
    assert_eq!(before.outcome(), ResetOutcome::Mailed);
    assert_eq!(
        (&before.message_id, before.message_state()),
        (&mail.id, MessageState::Sent)
    );

    let told = "550 5.1.1\r\n no such mailbox";
    let header = server.mailbox().last(EMAIL, 1).await.id();
    let bounced = bounced(&server, Mail::MessageId(format!("<{header}>")), told).await;

    assert_eq!(
        (&bounced.id, bounced.bounce_reason.as_str()),
        (&mail.id, "550 5.1.1   no such mailbox")
    );
    assert_eq!(bounced.answer, mail.answer);
    let after = decision(&server).await;
    assert_eq!(after.outcome(), ResetOutcome::Bounced);
    assert_eq!(
        (after.message_id, after.answer),
        (mail.id, bounced.bounce_reason)
    );
    let events = events(&server, &id).await;
    assert_eq!(
        events.last().map(String::as_str),
        Some("mail.bounced"),
        "{events:?}"
    );
}

#[tokio::test]
async fn the_newest_mail_to_an_address_bounces_and_the_first_report_counts() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    people::reset_link(&server, EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    server.mailbox().wait_for(EMAIL, 2).await;
    let mails = settled(&server, EMAIL).await;

    let first = bounced(&server, Mail::Recipient("LEA@ecole.example".into()), "one").await;
    let second = bounced(&server, Mail::Recipient(EMAIL.into()), "two").await;
    let third = bounced(&server, Mail::MessageId(first.id.clone()), "three").await;

    assert_eq!(first.id, mails[0].id);
    assert_eq!((&first, &first), (&second, &third));
    let events = events(&server, &id).await;
    assert_eq!(
        events.iter().filter(|one| *one == "mail.bounced").count(),
        1
    );
    let older = bounced(&server, Mail::MessageId(mails[1].id.clone()), "").await;
    assert_eq!(older.bounce_reason, "");
}

#[tokio::test]
async fn only_what_was_sent_can_bounce() {
    let smtp = SmtpServer::start(Mode::Reject).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    people::reset_outcomes(&server).await;
    let dead = settled(&server, EMAIL).await.remove(0);
    let unknown = "0192f0a0-0000-7000-8000-000000000001".to_owned();

    for (mail, code, reason) in [
        (
            Mail::MessageId(dead.id.clone()),
            Code::FailedPrecondition,
            "STATE",
        ),
        (Mail::Recipient(EMAIL.into()), Code::NotFound, "NOT_FOUND"),
        (Mail::MessageId(unknown), Code::NotFound, "NOT_FOUND"),
        (
            Mail::Recipient("leo@ecole.example".into()),
            Code::NotFound,
            "NOT_FOUND",
        ),
        (
            Mail::MessageId("lea".into()),
            Code::InvalidArgument,
            "INVALID_FIELDS",
        ),
        (
            Mail::Recipient("lea".into()),
            Code::InvalidArgument,
            "INVALID_FIELDS",
        ),
    ] {
        let refused = report(&server, mail, "550").await;
        expect_error(refused, code, reason);
    }
    let long = report(&server, Mail::MessageId(dead.id), &"x".repeat(4_097)).await;
    expect_error(long, Code::InvalidArgument, "INVALID_FIELDS");
    let nothing = ReportBounceRequest::default();
    let refused = server.admin().await.mail().report_bounce(nothing).await;
    expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
}

#[tokio::test]
async fn a_mail_that_the_server_refused_is_told_with_its_answer() {
    let smtp = SmtpServer::start(Mode::Reject).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    people::reset_outcomes(&server).await;
    settled(&server, EMAIL).await;

    let decision = decision(&server).await;

    assert_eq!(decision.outcome(), ResetOutcome::Refused);
    assert_eq!(decision.message_state(), MessageState::Dead);
    assert!(
        decision.answer.contains("no such mailbox"),
        "{}",
        decision.answer
    );
}

#[tokio::test]
async fn a_link_that_was_used_is_told_with_its_time() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let link = people::reset_link(&server, EMAIL).await;
    assert_eq!(decision(&server).await.complete_time, None);

    let anyone = server.anyone().await;
    let used = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    used.expect("a reset");

    let decision = decision(&server).await;
    assert_eq!(decision.outcome(), ResetOutcome::Mailed);
    assert!(decision.complete_time.is_some());
}
