//! Mails over SMTP, and a mail server that is not always well.

use std::time::{Duration, Instant};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    DisableAccountRequest, EnableAccountRequest, ListMessagesRequest, MailMessage, MessageState,
    ResetOutcome,
};
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::web::metric;
use guichet_tests::{Link, Place, Server, patience};
use mail_parser::MessageParser;
use tokio::net::TcpSocket;

pub(crate) const EMAIL: &str = "lea@ecole.example";

/// Mails that were given up, as the operator sees it.
pub(crate) const GIVEN_UP: &str = "guichet_outbox_messages{state=\"failed\"}";

/// Tries that were put off, once they are written down.
const PUT_OFF: &str = "guichet_mail_sent_total{result=\"deferred\"}";

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
    for trouble in [Mode::Close, Mode::Defer, Mode::RefuseSender] {
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
    server.says("mail given up").await;

    let deadline = Instant::now() + Duration::from_secs(10);
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

/// The links for a password that were delivered, in their order.
pub(crate) fn links(smtp: &SmtpServer) -> Vec<Link> {
    let read = |raw: &String| {
        let mail = MessageParser::default().parse(raw.as_bytes())?;
        let text = mail.body_text(0)?;
        let (_, query) = text.split_once("/Account/ResetPassword?userId=")?;
        let (user_id, rest) = query.split_once("&code=")?;
        Some(Link {
            user_id: user_id.into(),
            code: rest.split_whitespace().next()?.into(),
            url: String::new(),
        })
    };
    smtp.messages().iter().filter_map(read).collect()
}

/// Waits until so many tries in all were put off.
pub(crate) async fn put_off(server: &Server, tries: f64) {
    patience::until("a try that is put off", async || {
        (metric(server, PUT_OFF).await == Some(tries)).then_some(())
    })
    .await;
}

/// Lets a day pass, and sees that the mails that were due by then are dealt with: another one comes after them.
pub(crate) async fn a_day_passes(server: &Server, smtp: &SmtpServer) {
    smtp.set_mode(Mode::Accept);
    for _ in 0..24 {
        server.advance(Duration::from_hours(1));
    }
    people::active(server, "leo", "leo@ecole.example").await;
    people::ask_reset(server, Identifier::Username("leo".into())).await;
    assert!(smtp.receives(server, "leo@ecole.example").await);
}

/// The first mail to Léa, as administrators see it.
pub(crate) async fn first_mail(server: &Server) -> MailMessage {
    let request = ListMessagesRequest {
        recipient: EMAIL.into(),
        ..ListMessagesRequest::default()
    };
    let listed = server.admin().await.mail().list_messages(request).await;
    let mut mails = listed.expect("a list").into_inner().messages;
    mails.pop().expect("a mail")
}

#[tokio::test]
async fn a_mail_that_may_come_again_brings_no_link_after_one_was_used() {
    let smtp = SmtpServer::start(Mode::DropAfterData).await;
    let server = server_mailing_to(&smtp).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    put_off(&server, 1.0).await;
    let [link] = links(&smtp).try_into().expect("one link");
    smtp.set_mode(Mode::Accept);

    let used = people::complete(&server.anyone().await, &link, EMAIL, OTHER_PASSWORD).await;

    used.expect("a reset");
    assert_eq!(first_mail(&server).await.state(), MessageState::Dead);
    a_day_passes(&server, &smtp).await;
    let all = links(&smtp);
    let of_lea = all.iter().filter(|one| one.user_id == link.user_id);
    assert_eq!(of_lea.count(), 1);
}

#[tokio::test]
async fn an_activation_that_waits_brings_no_link_after_its_account_was_stopped() {
    let smtp = SmtpServer::start(Mode::Defer).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    let admin = server.admin().await;
    let account_id = people::invited(&server, "lea.martin", EMAIL).await.id;
    put_off(&server, 1.0).await;

    let disable = DisableAccountRequest {
        account_id: account_id.clone(),
    };
    let disabled = admin.account().disable_account(disable).await;
    disabled.expect("a disabled account");
    let enable = EnableAccountRequest { account_id };
    let enabled = admin.account().enable_account(enable).await;
    enabled.expect("an account");

    assert_eq!(first_mail(&server).await.state(), MessageState::Dead);
    a_day_passes(&server, &smtp).await;
    assert!(!smtp.messages().iter().any(|mail| mail.contains(EMAIL)));
}

#[tokio::test]
async fn a_mail_that_this_version_cannot_read_waits_and_holds_no_other_up() {
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = server_mailing_to(&smtp).await;
    let database = Place::behind(&server);
    database.spoil("outbox", "subject").await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    let waits = async || {
        let mail = first_mail(&server).await;
        mail.answer.contains("can't read").then_some(mail)
    };
    people::reset_outcomes(&server).await;
    let waiting = patience::until("a mail that is put off", waits).await;
    assert_eq!(waiting.state(), MessageState::Queued);
    database.remove_trigger("outbox").await;

    people::active(&server, "leo", "leo@ecole.example").await;
    people::ask_reset(&server, Identifier::Username("leo".into())).await;

    assert!(smtp.receives(&server, "leo@ecole.example").await);
    assert_eq!(first_mail(&server).await.state(), MessageState::Queued);
}

#[tokio::test]
async fn the_link_of_a_new_administrator_is_shown_whatever_becomes_of_the_mails() {
    let server = Server::start().await;
    Place::behind(&server).refuse_updates("outbox").await;
    let who = ["--username", "ana", "--email", "ana@ecole.example"];

    let output = server.cli(&[["admin", "create"].as_slice(), &who].concat());

    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("/Account/ResetPassword?userId="), "{told}");
    assert!(told.contains("warning: no mail sent"), "{told}");
}

fn message_id(message: &str) -> String {
    let line = message.lines().find(|line| line.starts_with("Message-ID:"));
    line.expect("a Message-ID").to_owned()
}
