//! Mails over SMTP, and a mail server that is not always well.

use std::time::{Duration, Instant};

use guichet_client::proto::ResetOutcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::Server;
use guichet_tests::people;
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::web::metric;
use tokio::net::TcpSocket;

const EMAIL: &str = "lea@ecole.example";

/// Mails that were given up, as the operator sees it.
const GIVEN_UP: &str = "guichet_outbox_messages{state=\"failed\"}";

async fn server_mailing_to(smtp: &SmtpServer) -> Server {
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    people::active(&server, "lea.martin", EMAIL).await;
    server
}

#[tokio::test]
async fn a_reset_is_mailed_over_smtp() {
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = server_mailing_to(&smtp).await;

    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;

    assert!(smtp.receives(&server, EMAIL).await);
}

#[tokio::test]
async fn a_mail_refused_for_now_arrives_once_the_mail_server_is_well() {
    for trouble in [Mode::Close, Mode::Defer] {
        let smtp = SmtpServer::start(trouble).await;
        let server = server_mailing_to(&smtp).await;
        people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
        people::reset_outcomes(&server).await;

        smtp.set_mode(Mode::Accept);

        assert!(smtp.receives(&server, EMAIL).await, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_mail_refused_for_good_is_given_up_and_the_next_one_leaves() {
    let smtp = SmtpServer::start(Mode::Reject).await;
    let server = server_mailing_to(&smtp).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while !server.log().contains("mail given up") {
        assert!(Instant::now() < deadline, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    while metric(&server, GIVEN_UP).await != Some(1.0) {
        assert!(Instant::now() < deadline, "the operator is not told");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    smtp.set_mode(Mode::Accept);
    server.advance(Duration::from_mins(10));
    assert!(smtp.messages().is_empty());
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;

    assert!(smtp.receives(&server, EMAIL).await);
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_comes_again_as_the_same_mail() {
    let smtp = SmtpServer::start(Mode::DropAfterData).await;
    let server = server_mailing_to(&smtp).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    assert!(smtp.receives(&server, EMAIL).await);

    smtp.set_mode(Mode::Accept);
    let first = smtp.messages().len();
    let deadline = Instant::now() + Duration::from_secs(10);
    while smtp.messages().len() == first {
        assert!(Instant::now() < deadline, "no second copy came");
        server.advance(Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    let ids: Vec<String> = smtp
        .messages()
        .iter()
        .map(|message| message_id(message))
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn a_mail_server_that_never_answers_slows_no_request() {
    let smtp = SmtpServer::start(Mode::Stall).await;
    let server = server_mailing_to(&smtp).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    tokio::time::sleep(Duration::from_millis(300)).await;

    let asked = tokio::time::timeout(Duration::from_secs(5), async {
        people::ask_reset(&server, Identifier::Username("lea.martin".into())).await;
        people::tokens(&server, "lea.martin", people::GOOD_PASSWORD).await;
    });

    asked.await.expect("answers while the mail server stalls");
}

#[tokio::test]
async fn a_mail_server_that_comes_up_late_gets_the_mails_that_waited() {
    let closed = TcpSocket::new_v4().expect("a socket");
    closed
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a free port");
    let address = closed.local_addr().expect("a bound socket");
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", format!("smtp://{address}"))
        .start()
        .await;
    people::active(&server, "lea.martin", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    assert_eq!(
        people::reset_outcomes(&server).await,
        [ResetOutcome::Mailed]
    );

    let smtp = SmtpServer::start_on(closed, Mode::Accept);

    assert!(smtp.receives(&server, EMAIL).await);
}

fn message_id(message: &str) -> String {
    let line = message.lines().find(|line| line.starts_with("Message-ID:"));
    line.expect("a Message-ID").to_owned()
}
