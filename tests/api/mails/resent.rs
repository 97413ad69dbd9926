//! `ResendMessage`.

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ConfirmEmailChangeRequest, ListMessagesRequest, MailMessage, MessageKind, MessageState,
    RemindUsernamesRequest, ResendMessageRequest, ResendMessageResponse, RevokeResetRequest,
};
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Server, expect_error};
use tonic::{Code, Response, Status};

use super::{EMAIL, ask_move, events, invited, listed, settled};

const NEW_EMAIL: &str = "lea.martin@ecole.example";

async fn resend(
    server: &Server,
    message_id: &str,
) -> Result<Response<ResendMessageResponse>, Status> {
    let message_id = message_id.to_owned();
    let admin = server.admin().await;
    admin
        .mail()
        .resend_message(ResendMessageRequest { message_id })
        .await
}

/// The newest mail of a kind to an address.
async fn newest(server: &Server, recipient: &str, kind: MessageKind) -> MailMessage {
    let mails = settled(server, recipient).await;
    let found = mails.into_iter().find(|mail| mail.kind() == kind);
    found.expect("a mail of the kind")
}

#[tokio::test]
async fn a_mail_sent_again_has_a_code_of_its_own_and_the_older_one_stays_good() {
    for used in [0, 1] {
        let server = Server::start().await;
        let id = people::active(&server, "lea", EMAIL).await.id;
        people::reset_link(&server, EMAIL).await;
        let first = newest(&server, EMAIL, MessageKind::Reset).await;

        let again = resend(&server, &first.id).await.expect("another mail");

        let again = again.into_inner().message.expect("it in the reply");
        assert_eq!(
            (again.kind(), again.state()),
            (MessageKind::Reset, MessageState::Queued)
        );
        assert_eq!(
            (&again.account_id, &again.request_id),
            (&id, &first.request_id)
        );
        let mails = server.mailbox().wait_for(EMAIL, 2).await;
        assert_eq!(mails[0].text.lines().count(), mails[1].text.lines().count());
        let links = [mails[0].link(), mails[1].link()];
        assert_ne!(links[0].code, links[1].code);
        assert!(
            events(&server, &id)
                .await
                .contains(&"mail.resent".to_owned())
        );
        let anyone = server.anyone().await;
        let reset = people::complete(&anyone, &links[used], EMAIL, OTHER_PASSWORD).await;
        reset.expect("a reset");
    }
}

#[tokio::test]
async fn usernames_activations_and_confirmations_can_be_sent_again() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    invited(&server, "ana", "ana@ecole.example").await;
    let request = RemindUsernamesRequest {
        email: EMAIL.into(),
        ..RemindUsernamesRequest::default()
    };
    let anyone = server.anyone().await;
    anyone
        .reset()
        .remind_usernames(request)
        .await
        .expect("always the same reply");
    server.mailbox().last(EMAIL, 1).await;
    ask_move(&server, &id, NEW_EMAIL).await;
    server.mailbox().last(NEW_EMAIL, 1).await;

    for (address, kind) in [
        (EMAIL, MessageKind::Usernames),
        ("ana@ecole.example", MessageKind::Activation),
        (NEW_EMAIL, MessageKind::ConfirmEmail),
    ] {
        let mail = newest(&server, address, kind).await;
        let again = resend(&server, &mail.id).await.expect("another mail");
        let again = again.into_inner().message.expect("it in the reply");
        settled(&server, address).await;
        let mails = server.mailbox().of(address);
        let arrived = mails.iter().any(|one| one.id().starts_with(&again.id));
        assert!(arrived, "{kind:?}");
    }
}

#[tokio::test]
async fn what_has_nothing_to_send_again_is_refused() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", EMAIL).await.id;
    let (_, activation) = invited(&server, "ana", "ana@ecole.example").await;
    let invitation = newest(&server, "ana@ecole.example", MessageKind::Activation).await;
    let anyone = server.anyone().await;
    let activated =
        people::complete(&anyone, &activation, "ana@ecole.example", OTHER_PASSWORD).await;
    activated.expect("an activation");
    server.mailbox().wait_for("ana@ecole.example", 2).await;
    let notice = newest(&server, "ana@ecole.example", MessageKind::PasswordChanged).await;
    people::reset_link(&server, EMAIL).await;
    let to_former = newest(&server, EMAIL, MessageKind::Reset).await;
    ask_move(&server, &lea, "elsewhere@ecole.example").await;
    server.mailbox().last("elsewhere@ecole.example", 1).await;
    let overtaken = newest(
        &server,
        "elsewhere@ecole.example",
        MessageKind::ConfirmEmail,
    )
    .await;
    ask_move(&server, &lea, NEW_EMAIL).await;
    let confirming = server.mailbox().last(NEW_EMAIL, 1).await;
    let confirmed = newest(&server, NEW_EMAIL, MessageKind::ConfirmEmail).await;
    let [code] = confirming.codes().try_into().expect("one code");
    let request = ConfirmEmailChangeRequest { user_id: lea, code };
    anyone
        .account()
        .confirm_email_change(request)
        .await
        .expect("a change");

    for (what, mail) in [
        ("an activation that was used", invitation),
        ("a notice", notice),
        (
            "a reset for an address that the account no longer has",
            to_former,
        ),
        ("a change that another took the place of", overtaken),
        ("a change that was made", confirmed),
    ] {
        let refused = resend(&server, &mail.id).await;
        let status = expect_error(refused, Code::FailedPrecondition, "STATE");
        assert!(!status.message().is_empty(), "{what}");
    }
    let unknown = resend(&server, "0192f0a0-0000-7000-8000-000000000001").await;
    expect_error(unknown, Code::NotFound, "NOT_FOUND");
}

#[tokio::test]
async fn a_change_that_its_person_stopped_is_not_asked_for_again() {
    let server = Server::start().await;
    let user_id = people::active(&server, "lea", EMAIL).await.id;
    ask_move(&server, &user_id, NEW_EMAIL).await;
    server.mailbox().last(NEW_EMAIL, 1).await;
    let mail = newest(&server, NEW_EMAIL, MessageKind::ConfirmEmail).await;
    let code = server.mailbox().last(EMAIL, 1).await.revoke_link().code;
    let request = RevokeResetRequest { user_id, code };
    server
        .anyone()
        .await
        .reset()
        .revoke_reset(request)
        .await
        .expect("a revocation");

    let refused = resend(&server, &mail.id).await;

    expect_error(refused, Code::FailedPrecondition, "STATE");
}

#[tokio::test]
async fn a_mail_that_is_still_queued_is_not_sent_twice() {
    let smtp = SmtpServer::start(Mode::Defer).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    people::reset_outcomes(&server).await;
    let queued = listed(&server, ListMessagesRequest::default()).await;

    let refused = resend(&server, &queued[0].id).await;

    expect_error(refused, Code::FailedPrecondition, "STATE");
    assert_eq!(
        listed(&server, ListMessagesRequest::default()).await.len(),
        1
    );
}

#[tokio::test]
async fn an_activation_follows_its_account_to_another_address() {
    let server = Server::start().await;
    let (user_id, _) = invited(&server, "ana", "an@ecole.example").await;
    let mail = newest(&server, "an@ecole.example", MessageKind::Activation).await;
    ask_move(&server, &user_id, "ana@ecole.example").await;
    let confirming = server.mailbox().last("ana@ecole.example", 1).await;
    let [code] = confirming.codes().try_into().expect("one code");
    let request = ConfirmEmailChangeRequest { user_id, code };
    let anyone = server.anyone().await;
    let moved = anyone.account().confirm_email_change(request).await;
    moved.expect("a change");

    let again = resend(&server, &mail.id).await.expect("another mail");

    let again = again.into_inner().message.expect("it in the reply");
    assert_eq!(again.recipient, "ana@ecole.example");
    settled(&server, &again.recipient).await;
    let mails = server.mailbox().of(&again.recipient);
    let link = mails.iter().find_map(|mail| mail.links().pop());
    let link = link.expect("a link to the new address");
    let used = people::complete(&anyone, &link, &again.recipient, OTHER_PASSWORD).await;
    used.expect("an activation");
}
