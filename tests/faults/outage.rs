//! The database goes away while people work, and comes back.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet_client::proto::RequestResetRequest;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::web::fetch;
use guichet_tests::{Postgres, Server};
use http::{Method, StatusCode};
use tokio::task::JoinSet;

use crate::Extent;
use crate::crowd::{Crowd, Seen};
use crate::postman::Postman;
use crate::proxy::Proxy;
use crate::report::Row;
use crate::world::{Door, Random, servers, within};

const PEOPLE: usize = 8;

/// Longest wait for the first call after PostgreSQL accepts connections.
const RECOVERY: Duration = Duration::from_secs(2);

/// Likewise, where what is gone does not say so: calls wait until their deadline, and connections 32 s longer.
const SILENCE: Duration = Duration::from_mins(1);

/// Likewise, until the worker's mails arrive.
const WORKER: Duration = Duration::from_mins(4);

/// How long calls may take there.
const DEADLINE: &str = "3s";

/// As many as a server writes by.
const CONNECTIONS: u32 = 8;

/// How PostgreSQL is stopped.
const MODES: [&str; 2] = ["fast", "immediate"];

pub(crate) async fn restart(extent: Extent) -> Vec<Row> {
    let away = Duration::from_secs(extent.of(2, 10));
    let mut rows = Vec::new();
    for mode in MODES {
        let first = Server::start().await;
        if !first.on_postgres() {
            return Vec::new();
        }
        let servers = servers(first).await;
        let mut random = Random::seeded();
        let door = Door::of(&servers);
        let postman = Arc::new(Postman::of(servers[0].mailbox()));
        let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;

        tokio::time::sleep(Duration::from_secs(1)).await;
        control(&["stop", "--mode", mode]);
        tokio::time::sleep(away).await;
        control(&["restart", "--wait"]);
        let recovery = until_served(&door, &mut random).await;
        tokio::time::sleep(Duration::from_secs(1)).await;

        let seen = crowd.finish().await;
        let fault = format!("PostgreSQL stopped ({mode}) for {} s", away.as_secs());
        rows.push(row(fault, recovery, seen));
    }
    rows
}

/// A server that is started before its database says so, and serves when that is there.
pub(crate) async fn late(_: Extent) -> Vec<Row> {
    let first = Server::start().await;
    if !first.on_postgres() {
        return Vec::new();
    }
    people::active(&first, "lea", "lea@ecole.example").await;
    let operations = free_address();
    let waiting = first.sibling().env("GUICHET_OPS_LISTEN", &operations);

    control(&["stop", "--mode", "fast"]);
    let (server, told) = tokio::join!(waiting.start(), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let told = fetch(Method::GET, &format!("http://{operations}/readyz")).await;
        control(&["restart", "--wait"]);
        told
    });

    let mut broken = Vec::new();
    if told.status != StatusCode::SERVICE_UNAVAILABLE || !told.body.contains("database") {
        broken.push(format!("/readyz said {told:?}"));
    }
    if let Err(status) = people::sign_in(&server, "lea", GOOD_PASSWORD).await {
        broken.push(format!("no sign-in: {status}"));
    }
    vec![Row::new(
        "PostgreSQL starts after Guichet",
        "/readyz 503 with the reason, then a sign-in",
        "it waits, says so, and serves when the database is there",
        broken,
    )]
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound port").to_string()
}

pub(crate) async fn cut(extent: Extent) -> Vec<Row> {
    let cuts = extent.of(10, 200);
    let Some((servers, wire)) = on_a_wire("10s").await else {
        return Vec::new();
    };
    let mut random = Random::seeded();
    let door = Door::of(&servers);
    let postman = Arc::new(Postman::of(servers[0].mailbox()));
    let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;

    for _ in 0..cuts {
        tokio::time::sleep(Duration::from_millis(50 + random.below(300))).await;
        wire.cut_all();
    }
    let recovery = until_served(&door, &mut random).await;

    let seen = crowd.finish().await;
    vec![row(
        format!("connections to PostgreSQL cut, {cuts} times"),
        recovery,
        seen,
    )]
}

/// The database's machine is gone without a word, and another one has its address: nothing that was open is answered, and
/// nothing closed.
pub(crate) async fn silent(extent: Extent) -> Vec<Row> {
    let times = extent.of(1, 10);
    let Some((servers, wire)) = on_a_wire(DEADLINE).await else {
        return Vec::new();
    };
    let mut broken = Vec::new();
    let mut longest = Duration::ZERO;
    for time in 0..times {
        let username = format!("person.{time}");
        people::active(&servers[0], &username, &format!("{username}@ecole.example")).await;

        // So that each has all the connections that it may have, and each of these is missed.
        ask_often(&servers).await;
        wire.silence_all();
        let begun = Instant::now();
        if !within(SILENCE, async || ask_often(&servers).await).await {
            broken.push("no answers".to_owned());
        }
        longest = longest.max(begun.elapsed());
        // What reads has connections of its own.
        for server in &servers {
            let signs_in = async || {
                let tokens = people::sign_in(server, &username, GOOD_PASSWORD).await;
                tokens.is_ok()
            };
            if !within(SILENCE, signs_in).await {
                broken.push("no sign-in".to_owned());
            }
        }
    }
    // The worker waits for a minute before it gives a turn up.
    if extent == Extent::Full {
        let mails = servers[0].mailbox();
        let email = "person.0@ecole.example";
        people::ask_reset(&servers[0], Identifier::Email(email.to_owned())).await;
        let arrived = async || !mails.of(email).is_empty();
        if !within(WORKER, arrived).await {
            broken.push("no mail".to_owned());
        }
    }
    vec![Row::new(
        format!("PostgreSQL's machine falls silent and is replaced, {times} times"),
        format!("back after {:.1} s", longest.as_secs_f64()),
        "every server serves again within a minute; nothing acknowledged is lost",
        broken,
    )]
}

/// As many calls as a server has connections that write, and more, all at once: whether all were answered.
async fn ask_often(servers: &[Server]) -> bool {
    let mut calls = JoinSet::new();
    for server in servers {
        let anyone = server.anyone().await;
        for _ in 0..CONNECTIONS * 2 {
            let anyone = anyone.clone();
            calls.spawn(async move { anyone.reset().request_reset(about_nobody()).await });
        }
    }
    calls.join_all().await.iter().all(Result::is_ok)
}

fn about_nobody() -> RequestResetRequest {
    RequestResetRequest {
        identifier: Some(Identifier::Username("nobody".to_owned())),
        ..RequestResetRequest::default()
    }
}

/// Servers whose database is behind a wire, and how long their calls may take.
async fn on_a_wire(deadline: &str) -> Option<(Vec<Server>, Proxy)> {
    let data = tempfile::tempdir().expect("a temporary directory");
    let postgres = Postgres::of_this_run(data.path())?;
    let wire = Proxy::before(&postgres).await;
    let first = Server::builder()
        .env("GUICHET_DATABASE_URL", wire.url(&postgres))
        .env("GUICHET_MAX_DEADLINE", deadline)
        .sharing(&postgres)
        .start()
        .await;
    Some((servers(first).await, wire))
}

fn row(fault: String, recovery: Duration, mut seen: Seen) -> Row {
    if recovery > RECOVERY {
        seen.broken.push(format!("back after {recovery:?}"));
    }
    Row::new(
        fault,
        format!(
            "{} calls answered, {} UNAVAILABLE, back after {} ms",
            seen.answered,
            seen.unknown,
            recovery.as_millis()
        ),
        "only UNAVAILABLE meanwhile; back within 2 s; nothing acknowledged is lost",
        seen.broken,
    )
}

/// How long it takes until a call that writes is answered.
pub(crate) async fn until_served(door: &Door, random: &mut Random) -> Duration {
    let start = Instant::now();
    loop {
        let asked = door
            .enter(random)
            .reset()
            .request_reset(about_nobody())
            .await;
        if asked.is_ok() || start.elapsed() > RECOVERY * 10 {
            return start.elapsed();
        }
    }
}

/// Runs `pg_ctl` on the cluster of `tests/postgres`. `start` would not know its options; `restart` does.
#[expect(
    clippy::disallowed_methods,
    reason = "the test command says where the cluster is"
)]
fn control(arguments: &[&str]) {
    let dir = std::env::var("TEST_POSTGRES").expect("a cluster");
    let script = "[ \"$(id -u)\" -ne 0 ] || set -- runuser -u postgres -- \"$@\"; cd /; exec \"$@\" >/dev/null";
    let done = Command::new("sh")
        .args(["-c", script, "sh", "pg_ctl", "--silent", "--pgdata"])
        .arg(format!("{dir}/data"))
        .args(arguments)
        .status()
        .expect("a shell");
    assert!(done.success(), "pg_ctl {arguments:?}");
}
