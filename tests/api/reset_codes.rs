//! Which code opens which account, and until when.

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ChangePasswordRequest, ConfirmEmailChangeRequest, DeleteAccountRequest, DisableAccountRequest,
    EnableAccountRequest, InspectResetRequest, ListMessagesRequest, MailMessage, MessageState,
    RequestEmailChangeRequest, ResendMessageRequest, RevokeResetRequest, UndeleteAccountRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Link, Server, expect_error, patience};
use mail_parser::MessageParser;
use tonic::{Code, Response, Status};

const EMAIL: &str = "lea@ecole.example";

const NEW_EMAIL: &str = "lea.martin@ecole.example";

/// Asserts that the answer is the one for every code that opens nothing, and returns all that the caller sees of it.
fn refusal<T>(result: Result<Response<T>, Status>) -> (String, Vec<u8>, Vec<String>) {
    let status = expect_error(result, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let headers = status.metadata().as_ref().keys().map(ToString::to_string);
    let message = status.message().to_owned();
    (message, status.details().to_vec(), headers.collect())
}

async fn inspect(guichet: &Guichet, link: &Link) -> Result<(), Status> {
    let request = InspectResetRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
    };
    guichet.reset().inspect_reset(request).await.map(drop)
}

fn link(user_id: &str, code: &str) -> Link {
    Link {
        user_id: user_id.into(),
        code: code.into(),
        url: String::new(),
    }
}

/// An account that waits for its person, and the code that she was mailed.
async fn invited(server: &Server, username: &str, email: &str) -> Link {
    people::invited(server, username, email).await;
    server.mailbox().last(email, 1).await.link()
}

/// Asks as Léa for another address; returns the code that confirms it and the one that stops it.
async fn change_email(server: &Server) -> (String, String) {
    let tokens = people::tokens(server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    let told = server.mailbox().of(EMAIL).len();
    let request = RequestEmailChangeRequest {
        new_email: NEW_EMAIL.into(),
        current_password: GOOD_PASSWORD.into(),
        ..RequestEmailChangeRequest::default()
    };
    let asked = lea.account().request_email_change(request).await;
    asked.expect("a request");
    let confirmation = server.mailbox().last(NEW_EMAIL, 1).await;
    let [confirm] = confirmation.codes().try_into().expect("one code");
    let notice = server.mailbox().last(EMAIL, told + 1).await;
    (confirm, notice.revoke_link().code)
}

async fn confirm(guichet: &Guichet, user_id: &str, code: &str) -> Result<Response<()>, Status> {
    let request = ConfirmEmailChangeRequest {
        user_id: user_id.into(),
        code: code.into(),
    };
    let reply = guichet.account().confirm_email_change(request).await;
    reply.map(|reply| reply.map(drop))
}

#[tokio::test]
async fn a_code_for_something_else_opens_nothing_and_every_refusal_is_alike() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    people::active(&server, "leo", "leo@ecole.example").await;
    let guichet = server.anyone().await;
    let own = people::reset_link(&server, EMAIL).await;
    let of_leo = people::reset_link(&server, "leo@ecole.example").await;
    let of_ana = invited(&server, "ana", "ana@ecole.example").await;
    let (confirming, stopping) = change_email(&server).await;
    let random = "qZ3vN8x_Rk1-".repeat(4)[..43].to_owned();
    let reversed: String = own.code.chars().rev().collect();

    let mut refusals = Vec::new();
    for foreign in [
        link(&id, &of_leo.code),
        link(&of_leo.user_id, &own.code),
        link(&id, &of_ana.code),
        link(&id, &confirming),
        link(&id, &stopping),
        link(&id, &random),
        link(&id, &reversed),
        link(&id, &own.code[..42]),
        link(&id, &format!("{}=", own.code)),
        link(&id, &format!(" {}", own.code)),
        link(&id, "x\0%00'"),
        link(&id, &"A".repeat(10_000)),
        link("0192f0a0-0000-7000-8000-000000000001", &own.code),
        link("x\0", &own.code),
    ] {
        let inspected = inspect(&guichet, &foreign).await.map(Response::new);
        refusals.push(refusal(inspected));
        let completed = people::complete(&guichet, &foreign, EMAIL, OTHER_PASSWORD).await;
        refusals.push(refusal(completed));
    }
    for (user_id, code) in [
        (&id, &own.code),
        (&of_ana.user_id, &of_ana.code),
        (&id, &stopping),
    ] {
        refusals.push(refusal(confirm(&guichet, user_id, code).await));
    }
    let elsewhere = people::complete(&guichet, &own, "leo@ecole.example", OTHER_PASSWORD).await;
    refusals.push(refusal(elsewhere));

    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    for (link, email) in [
        (own, EMAIL),
        (of_leo, "leo@ecole.example"),
        (of_ana, "ana@ecole.example"),
    ] {
        let used = people::complete(&guichet, &link, email, OTHER_PASSWORD).await;
        used.expect("a code that nobody has used");
    }
}

#[tokio::test]
async fn an_older_link_stays_good_until_one_is_used_and_then_all_are_dead() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let guichet = server.anyone().await;
    let mut links = Vec::new();
    for count in 1..=3 {
        people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
        links.push(server.mailbox().last(EMAIL, count).await.link());
    }
    for link in &links {
        inspect(&guichet, link).await.expect("a good link");
    }

    let used = people::complete(&guichet, &links[1], EMAIL, OTHER_PASSWORD).await;
    used.expect("a reset");

    for link in &links {
        let again = people::complete(&guichet, link, EMAIL, GOOD_PASSWORD).await;
        refusal(again);
    }
    people::tokens(&server, "lea", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_revoked_link_leaves_the_others_good() {
    let server = Server::start().await;
    let user_id = people::active(&server, "lea", EMAIL).await.id;
    let guichet = server.anyone().await;
    let first = people::reset_link(&server, EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    let second = server.mailbox().last(EMAIL, 2).await.link();

    let code = first.code.clone();
    let request = RevokeResetRequest { user_id, code };
    let revoked = guichet.reset().revoke_reset(request).await;
    revoked.expect("a revocation");

    refusal(inspect(&guichet, &first).await.map(Response::new));
    let used = people::complete(&guichet, &second, EMAIL, OTHER_PASSWORD).await;
    used.expect("the other link");
}

/// The answer "cancel the request", out of the mail that a server was given.
fn cancellation(smtp: &SmtpServer) -> Option<RevokeResetRequest> {
    smtp.messages().iter().find_map(|raw| {
        let mail = MessageParser::default().parse(raw.as_bytes())?;
        let text = mail.body_text(0)?;
        let (_, query) = text.split_once("/Account/RevokeReset?userId=")?;
        let (user_id, rest) = query.split_once("&code=")?;
        Some(RevokeResetRequest {
            user_id: user_id.into(),
            code: rest.split_whitespace().next()?.into(),
        })
    })
}

/// The mails to the new address that are in this state.
async fn to_new_address(server: &Server, state: MessageState) -> Vec<MailMessage> {
    let request = ListMessagesRequest {
        recipient: NEW_EMAIL.into(),
        ..ListMessagesRequest::default()
    };
    let listed = server.admin().await.mail().list_messages(request).await;
    let mut mails = listed.expect("a list").into_inner().messages;
    mails.retain(|mail| mail.state() == state);
    mails
}

/// A mail makes its code when it leaves, and would make one after the others were killed.
#[tokio::test]
async fn a_mail_that_waits_makes_no_code_after_the_change_that_others_asked_for_was_cancelled() {
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = Server::builder().env("GUICHET_MAIL_URL", smtp.url());
    let server = server.start().await;
    let account_id = people::active(&server, "lea", EMAIL).await.id;
    let admin = server.admin().await;
    let request = RequestEmailChangeRequest {
        account_id,
        new_email: NEW_EMAIL.into(),
        ..RequestEmailChangeRequest::default()
    };
    let asked = admin.account().request_email_change(request).await;
    asked.expect("a request");
    let cancel = patience::until("the notice", async || cancellation(&smtp)).await;
    let sent = patience::until("the mail to confirm with", async || {
        to_new_address(&server, MessageState::Sent).await.pop()
    });
    let message_id = sent.await.id;
    smtp.set_mode(Mode::Defer);
    let again = ResendMessageRequest { message_id };
    let again = admin.mail().resend_message(again).await;
    again.expect("another mail to confirm with");

    let cancelled = server.anyone().await.reset().revoke_reset(cancel).await;
    cancelled.expect("a cancellation");

    let given_up = to_new_address(&server, MessageState::Dead).await;
    assert_eq!(given_up.len(), 1);
    smtp.set_mode(Mode::Accept);
    server.advance(Duration::from_hours(1));
    people::active(&server, "leo", "leo@ecole.example").await;
    people::ask_reset(&server, Identifier::Username("leo".into())).await;
    assert!(smtp.receives(&server, "leo@ecole.example").await);
    assert_eq!(to_new_address(&server, MessageState::Dead).await, given_up);
    let messages = smtp.messages();
    let to_confirm = messages.iter().filter(|mail| mail.contains("ConfirmEmail"));
    assert_eq!(to_confirm.count(), 1);
}

/// What happens to an account that makes its links dangerous or pointless.
#[derive(Clone, Copy, Debug)]
enum Change {
    Email,
    Password,
    DisabledAndEnabled,
    DeletedAndUndeleted,
}

impl Change {
    async fn make(self, server: &Server, id: &str) {
        let admin = server.admin().await;
        let account_id = id.to_owned();
        match self {
            Self::Email => {
                let (confirming, _) = change_email(server).await;
                let confirmed = confirm(&admin, id, &confirming).await;
                confirmed.expect("a confirmation");
            }
            Self::Password => {
                let tokens = people::tokens(server, "lea", GOOD_PASSWORD).await;
                let lea = server.as_person(&tokens.access_token).await;
                let request = ChangePasswordRequest {
                    current_password: GOOD_PASSWORD.into(),
                    new_password: OTHER_PASSWORD.into(),
                };
                let changed = lea.account().change_password(request).await;
                changed.expect("a new password");
            }
            Self::DisabledAndEnabled => {
                let disable = DisableAccountRequest {
                    account_id: account_id.clone(),
                };
                let disabled = admin.account().disable_account(disable).await;
                disabled.expect("a disabled account");
                let enable = EnableAccountRequest { account_id };
                let enabled = admin.account().enable_account(enable).await;
                enabled.expect("an account");
            }
            Self::DeletedAndUndeleted => {
                let delete = DeleteAccountRequest {
                    account_id: account_id.clone(),
                    etag: String::new(),
                };
                let deleted = admin.account().delete_account(delete).await;
                deleted.expect("a deleted account");
                let undelete = UndeleteAccountRequest { account_id };
                let undeleted = admin.account().undelete_account(undelete).await;
                undeleted.expect("an account");
            }
        }
    }
}

#[tokio::test]
async fn what_changes_an_account_kills_its_links_for_good() {
    for change in [
        Change::Email,
        Change::Password,
        Change::DisabledAndEnabled,
        Change::DeletedAndUndeleted,
    ] {
        let server = Server::start().await;
        let id = people::active(&server, "lea", EMAIL).await.id;
        let link = people::reset_link(&server, EMAIL).await;
        let guichet = server.anyone().await;
        inspect(&guichet, &link).await.expect("a good link");

        change.make(&server, &id).await;

        for email in [EMAIL, NEW_EMAIL] {
            let result = people::complete(&guichet, &link, email, "Tigre45+").await;
            refusal(result);
        }
        let refused = people::sign_in(&server, "lea", "Tigre45+").await;
        expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
}

#[tokio::test]
async fn the_address_may_be_typed_in_capitals_but_a_look_alike_is_another() {
    let server = Server::start().await;
    let guichet = server.anyone().await;

    for (username, email, mailed_to, look_alikes, spelling) in [
        (
            "lea",
            EMAIL,
            EMAIL,
            [
                "lеa@ecole.example",
                "lea@ecоle.example",
                "léa@ecole.example",
                "le.a@ecole.example",
            ],
            " LEA@Ecole.EXAMPLE ",
        ),
        (
            "zoe",
            "zoé@école.example",
            "zoé@école.example",
            [
                "zoe@école.example",
                "zoé@ecole.example",
                "zoé+x@école.example",
                "zoé@école.example.x",
            ],
            "ZOÉ@XN--COLE-9OA.example",
        ),
    ] {
        people::active(&server, username, email).await;
        people::ask_reset(&server, Identifier::Username(username.into())).await;
        let mail = server.mailbox().last(mailed_to, 1).await;
        let link = mail.link();
        for look_alike in look_alikes {
            refusal(people::complete(&guichet, &link, look_alike, OTHER_PASSWORD).await);
        }

        let used = people::complete(&guichet, &link, spelling, OTHER_PASSWORD).await;
        used.expect(spelling);
        people::tokens(&server, username, OTHER_PASSWORD).await;
    }
}
