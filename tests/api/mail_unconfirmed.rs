//! A mail server that takes mails and does not say so.

use std::ops::RangeInclusive;
use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{InspectResetRequest, MessageState, RemindUsernamesRequest};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::web::metric;
use guichet_tests::{Server, patience, people};

use crate::mail::{EMAIL, GIVEN_UP, a_day_passes, first_mail, links, put_off};

/// Longer than any wait between two tries: what waits longer, the version before this one tries at once.
const NEXT_TRY: Duration = Duration::from_mins(15);

/// The shortest that can be set.
async fn soon_impatient(smtp: &SmtpServer) -> Server {
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .env("GUICHET_MAIL_CONFIRM_TIMEOUT", "1s")
        .start()
        .await;
    people::active(&server, "lea.martin", EMAIL).await;
    server
}

async fn ask_usernames(server: &Server) {
    let request = RemindUsernamesRequest {
        email: EMAIL.into(),
        ..RemindUsernamesRequest::default()
    };
    let anyone = server.anyone().await;
    let asked = anyone.reset().remind_usernames(request).await;
    asked.expect("always the same reply");
}

/// Lets tries fail until so many of them were put off.
async fn fail_until(server: &Server, numbers: RangeInclusive<u32>) {
    for tries in numbers {
        server.advance(NEXT_TRY);
        put_off(server, f64::from(tries)).await;
    }
}

fn copies(smtp: &SmtpServer) -> usize {
    let messages = smtp.messages();
    messages.iter().filter(|mail| mail.contains(EMAIL)).count()
}

async fn another_mail_leaves(server: &Server, smtp: &SmtpServer) {
    people::active(server, "leo", "leo@ecole.example").await;
    people::ask_reset(server, Identifier::Username("leo".into())).await;
    patience::until("another mail", async || {
        let messages = smtp.messages();
        let is_to_leo = |mail: &String| mail.contains("leo@ecole.example");
        messages.iter().any(is_to_leo).then_some(())
    })
    .await;
}

/// A mail server that looks at what it is given for longer than anybody waits takes a copy each time.
#[tokio::test]
async fn a_mail_that_is_never_confirmed_comes_five_times_and_all_its_links_are_good() {
    let smtp = SmtpServer::start(Mode::Stall).await;
    let server = soon_impatient(&smtp).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    put_off(&server, 1.0).await;
    fail_until(&server, 2..=4).await;
    server.advance(NEXT_TRY);

    patience::until("a mail that is given up", async || {
        (metric(&server, GIVEN_UP).await == Some(1.0)).then_some(())
    })
    .await;

    let mail = first_mail(&server).await;
    assert_eq!(mail.state(), MessageState::Dead);
    assert!(mail.answer.contains("perhaps delivered"), "{}", mail.answer);
    let delivered = links(&smtp);
    assert_eq!(delivered.len(), 5);
    for link in delivered {
        let request = InspectResetRequest {
            user_id: link.user_id,
            code: link.code,
        };
        let inspected = server.anyone().await.reset().inspect_reset(request).await;
        inspected.expect("a good link");
    }
    a_day_passes(&server, &smtp).await;
    assert_eq!(copies(&smtp), 5);
}

/// Neither a try that surely delivered nothing nor one that broke off is one of the five, whether the mail has codes or not.
#[tokio::test]
async fn a_mail_that_is_confirmed_late_once_comes_again_however_often_it_was_tried_before() {
    for (trouble, has_codes) in [
        (Mode::DropAfterData, true),
        (Mode::Defer, true),
        (Mode::Defer, false),
    ] {
        let smtp = SmtpServer::start(trouble).await;
        let server = soon_impatient(&smtp).await;
        if has_codes {
            people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
        } else {
            ask_usernames(&server).await;
        }
        put_off(&server, 1.0).await;
        fail_until(&server, 2..=5).await;
        smtp.set_mode(Mode::Stall);
        fail_until(&server, 6..=6).await;
        let tried = copies(&smtp);

        smtp.set_mode(Mode::Accept);
        server.advance(NEXT_TRY);

        let sent = async || {
            let mail = first_mail(&server).await;
            (mail.state() == MessageState::Sent).then_some(())
        };
        patience::until("a mail that is sent", sent).await;
        assert_eq!(copies(&smtp), tried + 1, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_mail_that_was_not_confirmed_comes_again_after_minutes_and_not_after_seconds() {
    let smtp = SmtpServer::start(Mode::Stall).await;
    let server = soon_impatient(&smtp).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    put_off(&server, 1.0).await;
    smtp.set_mode(Mode::Accept);

    // By the time that another mail has left, this one would have been tried again.
    server.advance(Duration::from_mins(3));
    another_mail_leaves(&server, &smtp).await;
    assert_eq!(copies(&smtp), 1);

    server.advance(Duration::from_mins(4));
    patience::until("the mail again", async || {
        (copies(&smtp) == 2).then_some(())
    })
    .await;
}

/// The mail server takes longer than a worker that is gone is waited for.
#[tokio::test]
async fn a_mail_that_is_being_sent_stays_its_workers() {
    let smtp = SmtpServer::start(Mode::Stall).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    people::active(&server, "lea.martin", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    patience::until("a mail that is looked at", async || {
        (copies(&smtp) == 1).then_some(())
    })
    .await;
    let leased = server.rows().await.remove("outbox");

    patience::until("a lease that begins anew", async || {
        (server.rows().await.remove("outbox") != leased).then_some(())
    })
    .await;
    // Now the first one would have ended.
    server.advance(Duration::from_secs(16));

    smtp.set_mode(Mode::Accept);
    another_mail_leaves(&server, &smtp).await;
    assert_eq!(copies(&smtp), 1);
}
