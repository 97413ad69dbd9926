//! The mail server refuses, defers, hangs up, says nothing and loses its answers, one after the other.

use std::collections::HashMap;
use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::web::metric;
use guichet_tests::{Server, people};

use crate::Extent;
use crate::report::Row;
use crate::world::{store, within};

/// How the mail server behaves, again and again. A black hole has a worker of the product wait, so there are few.
const MODES: [Mode; 4] = [Mode::Defer, Mode::DropAfterData, Mode::Close, Mode::Accept];

/// Mails that were given up, as the operator sees it.
const GIVEN_UP: &str = "guichet_outbox_messages{state=\"failed\"}";

/// Mails to be sent, as the operator sees it.
const WAITING: &str = "guichet_outbox_messages{state=\"queued\"}";

/// By which the server's clock steps on, time and again. A mail that is being sent is its worker's for 25 seconds, anew every
/// ten: steps that are longer would have another one send it as well.
const STEP: Duration = Duration::from_secs(5);

/// Between two steps.
const PAUSE: Duration = Duration::from_millis(100);

/// People whose mail server knows them no more.
const GONE: usize = 5;

pub(crate) async fn misbehaves(extent: Extent) -> Vec<Row> {
    let requests = extent.of(30, 1_000);
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .env("GUICHET_MAIL_CONFIRM_TIMEOUT", "2s")
        .start()
        .await;
    let mut broken = Vec::new();
    for index in 0..requests {
        smtp.set_mode(MODES[index % MODES.len()]);
        if extent == Extent::Full && index % 100 == 99 {
            smtp.set_mode(Mode::Stall);
        }
        people::active(&server, &name(index), &address(index)).await;
        // Panics if a request fails.
        people::ask_reset(&server, Identifier::Username(name(index))).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    smtp.set_mode(Mode::Accept);
    let all_came = within(Duration::from_mins(2), async || {
        let_time_pass(&server).await;
        deliveries(&smtp).len() == requests
    });
    if !all_came.await {
        let lost = requests - deliveries(&smtp).len();
        broken.push(format!("{lost} mails lost"));
    }
    let copies: usize = deliveries(&smtp).values().map(|count| count - 1).sum();
    if copies > smtp.answers_lost() {
        broken.push(format!(
            "{copies} copies, but {} answers lost",
            smtp.answers_lost()
        ));
    }
    // A mail whose answer was lost is still there, to be sent again.
    let nothing_waits = within(Duration::from_mins(1), async || {
        let_time_pass(&server).await;
        metric(&server, WAITING).await == Some(0.0)
    });
    if !nothing_waits.await {
        broken.push("mails wait for ever".to_owned());
    }
    let dead = dead_letters(&server, &smtp, requests).await;
    if dead != GONE {
        broken.push(format!("{dead} dead letters, not {GONE}"));
    }
    vec![Row::new(
        format!(
            "SMTP misbehaves during {requests} requests, {}",
            store(&server)
        ),
        format!(
            "0 requests refused, {requests} mailed, {copies} twice after a lost answer, {dead} dead letters"
        ),
        "no request fails; all mails arrive; copies only of lost answers; refused for good is a dead letter",
        broken,
    )]
}

async fn let_time_pass(server: &Server) {
    server.advance(STEP);
    tokio::time::sleep(PAUSE).await;
}

fn name(index: usize) -> String {
    format!("person.{index}")
}

fn address(index: usize) -> String {
    format!("person.{index}@ecole.example")
}

/// How often each mail was delivered, by its `Message-ID`.
fn deliveries(smtp: &SmtpServer) -> HashMap<String, usize> {
    let mut known = HashMap::new();
    for message in smtp.messages() {
        let id = message.lines().find(|line| line.starts_with("Message-ID:"));
        *known.entry(id.expect("an id").to_owned()).or_default() += 1;
    }
    known
}

/// Asks for mails to people who are refused for good, and counts what is given up.
async fn dead_letters(server: &Server, smtp: &SmtpServer, first: usize) -> usize {
    smtp.set_mode(Mode::Reject);
    for index in first..first + GONE {
        people::active(server, &name(index), &address(index)).await;
        people::ask_reset(server, Identifier::Username(name(index))).await;
    }
    let all_given_up = within(Duration::from_secs(20), async || {
        let_time_pass(server).await;
        given_up(server).await >= GONE
    });
    all_given_up.await;
    given_up(server).await
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of mails"
)]
async fn given_up(server: &Server) -> usize {
    metric(server, GIVEN_UP).await.unwrap_or_default() as usize
}
