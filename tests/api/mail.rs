//! Mails over SMTP, and a mail server that is not always well.

use std::time::{Duration, Instant};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::Server;
use guichet_tests::people;
use guichet_tests::smtp::{Mode, SmtpServer};

const EMAIL: &str = "lea@ecole.example";

async fn server_mailing_to(smtp: &SmtpServer) -> Server {
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    people::active(&server, "lea.martin", EMAIL).await;
    server
}

/// Waits for a mail, letting the server's clock run through its waits between tries.
async fn arrives(server: &Server, smtp: &SmtpServer) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if smtp
            .messages()
            .iter()
            .any(|message| message.contains(EMAIL))
        {
            return true;
        }
        server.advance(Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

#[tokio::test]
async fn a_reset_is_mailed_over_smtp() {
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = server_mailing_to(&smtp).await;

    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;

    assert!(arrives(&server, &smtp).await);
}

#[tokio::test]
async fn a_mail_refused_for_now_arrives_once_the_mail_server_is_well() {
    for trouble in [Mode::Close, Mode::Defer] {
        let smtp = SmtpServer::start(trouble).await;
        let server = server_mailing_to(&smtp).await;
        people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
        people::reset_outcomes(&server).await;

        smtp.set_mode(Mode::Accept);

        assert!(arrives(&server, &smtp).await, "{trouble:?}");
    }
}
