//! Mails leave encrypted, to a server that is who it says, or not at all.

use std::time::{Duration, Instant};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::server::{Builder, POLL};
use guichet_tests::smtp::{Mode, Security, SmtpServer};
use guichet_tests::{Certificate, Server, people};

const EMAIL: &str = "lea@ecole.example";

/// This machine too, but not by a loopback address: what holds for every other machine holds for it.
const ELSEWHERE: &str = "0.0.0.0";

/// How long the server may take to fail.
const WAIT: Duration = Duration::from_secs(10);

/// The one way to trust an authority of one's own: what the system trusts, by the variable that OpenSSL knows too.
fn trusting(certificate: &Certificate) -> Builder {
    let file = certificate.file();
    Server::builder().env("SSL_CERT_FILE", file.to_string_lossy())
}

async fn asked_for_a_reset(builder: Builder, mail_url: &str) -> Server {
    let server = builder.env("GUICHET_MAIL_URL", mail_url).start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    server
}

/// Only what a client says before it asks for TLS, or when it leaves.
fn assert_nothing_told(smtp: &SmtpServer) {
    for line in smtp.heard_in_clear() {
        let verb = line.split(' ').next();
        assert!(
            matches!(verb, Some("EHLO" | "STARTTLS" | "QUIT")),
            "{line:?} was sent in clear"
        );
    }
}

#[tokio::test]
async fn mails_leave_over_tls_to_a_server_that_is_trusted() {
    let certificate = Certificate::of(&[ELSEWHERE, "localhost"]);
    let start_tls = || Security::StartTls(certificate.acceptor());
    let tls = || Security::Tls(certificate.acceptor());

    for (security, before_port, after_port) in [
        (start_tls(), format!("smtp://{ELSEWHERE}"), ""),
        (start_tls(), "smtp://localhost".to_owned(), "?tls=required"),
        (
            start_tls(),
            "smtp://localhost".to_owned(),
            "?tls=opportunistic",
        ),
        (tls(), "smtps://localhost".to_owned(), ""),
        (tls(), format!("smtps://{ELSEWHERE}"), ""),
    ] {
        let smtp = SmtpServer::start_with(Mode::Accept, security).await;
        let url = format!("{before_port}:{}{after_port}", smtp.port());

        let server = asked_for_a_reset(trusting(&certificate), &url).await;

        assert!(smtp.receives(&server, EMAIL).await, "{url}");
        assert_nothing_told(&smtp);
    }
}

#[tokio::test]
async fn a_mail_waits_rather_than_leave_in_clear_or_to_a_stranger() {
    let right = Certificate::of(&[ELSEWHERE]);
    let wrong = Certificate::of(&["mail.example"]);
    let wrong_name = "certificate not valid for name";
    let stranger = "invalid peer certificate";

    for (security, scheme, trusted, reason) in [
        (
            Security::Plain,
            "smtp",
            &right,
            "STARTTLS is not supported on this server",
        ),
        (
            Security::StartTls(wrong.acceptor()),
            "smtp",
            &wrong,
            wrong_name,
        ),
        (Security::Tls(wrong.acceptor()), "smtps", &wrong, wrong_name),
        (
            Security::StartTls(right.acceptor()),
            "smtp",
            &wrong,
            stranger,
        ),
        (Security::Tls(right.acceptor()), "smtps", &wrong, stranger),
    ] {
        let smtp = SmtpServer::start_with(Mode::Accept, security).await;
        let url = format!("{scheme}://{ELSEWHERE}:{}", smtp.port());

        let server = asked_for_a_reset(trusting(trusted), &url).await;

        let deadline = Instant::now() + WAIT;
        let is_told = || server.log().contains("mail deferred");
        while server.written().place_of(reason).is_none() || !is_told() {
            assert!(Instant::now() < deadline, "{url}: no {reason:?}");
            tokio::time::sleep(POLL).await;
        }
        assert!(!server.log().contains("mail given up"), "{url}");
        assert!(smtp.messages().is_empty(), "{url}");
        assert_nothing_told(&smtp);
    }
}

/// Whoever stands on the way can't speak under TLS, but before it begins.
#[tokio::test]
async fn what_stands_behind_the_answer_to_starttls_is_not_taken_for_the_servers() {
    let certificate = Certificate::of(&[ELSEWHERE]);
    let security = Security::StartTls(certificate.acceptor());
    let smtp = SmtpServer::start_with(Mode::ForgeAnswer, security).await;
    let url = format!("smtp://{ELSEWHERE}:{}", smtp.port());

    let server = asked_for_a_reset(trusting(&certificate), &url).await;

    server.says("mail deferred").await;
    assert!(smtp.messages().is_empty());
    assert_nothing_told(&smtp);
}
