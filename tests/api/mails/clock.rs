//! Mails of a clock that was wrong for a while.

use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Server, people};

use super::{EMAIL, ask_move};
use crate::mail::put_off;

const YEAR: i64 = 365 * 24 * 60 * 60;

#[tokio::test]
async fn a_mail_that_was_queued_by_a_clock_years_behind_is_not_given_up_for_that() {
    let smtp = SmtpServer::start(Mode::Defer).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    server.set_clock(-20 * YEAR);
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    put_off(&server, 1.0).await;

    server.set_clock(0);
    put_off(&server, 2.0).await;

    smtp.set_mode(Mode::Accept);
    assert!(smtp.receives(&server, EMAIL).await);
}

#[tokio::test]
async fn an_address_asked_for_after_a_clock_was_ahead_is_mailed_like_the_one_before() {
    for starts_anew in [true, false] {
        let mut server = Server::start().await;
        let id = people::active(&server, "lea", EMAIL).await.id;
        server.set_clock(YEAR);
        ask_move(&server, &id, "before@ecole.example").await;
        server.mailbox().last("before@ecole.example", 1).await;

        server.set_clock(0);
        if starts_anew {
            server.restart().await;
        }
        ask_move(&server, &id, "after@ecole.example").await;

        let mail = server.mailbox().last("after@ecole.example", 1).await;
        assert_eq!(mail.links_to("ConfirmEmail").len(), 1);
    }
}
