//! Everybody signs in at once, beside clients that read slowly and connections that do nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use guichet_client::proto::{IntrospectRequest, LoginRequest};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Extent;
use crate::report::Row;
use crate::world::store;

/// Most memory beyond the idle server and its hashes, in MiB (the goal of the design).
const BEYOND: f64 = 64.0;

/// What two hashes at a time take, in MiB.
const HASHES: f64 = 2.0 * 19.0;

/// Connections that ask for a page and never read it.
const SLOW_READERS: usize = 50;

pub(crate) async fn overload(extent: Extent) -> Vec<Row> {
    let people_at_once = extent.of(100, 1_000);
    let idle_connections = extent.of(500, 10_000);
    let lasts = Duration::from_secs(extent.of(3, 30));
    let server = Server::builder()
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
        .env("GUICHET_HASH_THREADS", "2")
        .start()
        .await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let before = resident(&server);
    let idle = connect(&server, idle_connections).await;
    let slow = read_slowly(&server).await;

    let storm = Storm::default();
    let mut logins = JoinSet::new();
    let end = Instant::now() + lasts;
    for _ in 0..people_at_once {
        let guichet = server.anyone().await;
        logins.spawn(sign_in_until(end, guichet, storm.clone()));
    }
    let cheap = introspect_until(end, &server, &tokens.access_token).await;
    logins.join_all().await;
    let most = resident(&server);
    drop((idle, slow));

    let mut broken = storm.broken();
    let (p99, refused) = cheap;
    if refused > 0 {
        broken.push(format!("{refused} cheap calls refused"));
    }
    if extent == Extent::Full && most > before + HASHES + BEYOND {
        broken.push(format!("{most:.0} MiB, from {before:.0}"));
    }
    vec![Row::new(
        format!(
            "{people_at_once} sign-ins at once for {} s, {idle_connections} idle connections, {SLOW_READERS} slow readers, {}",
            lasts.as_secs(),
            store(&server)
        ),
        format!(
            "{} signed in, {} told OVERLOADED; Introspect p99 {:.1} ms; {before:.0} to {most:.0} MiB",
            storm.signed_in.load(Ordering::Relaxed),
            storm.overloaded.load(Ordering::Relaxed),
            p99.as_secs_f64() * 1_000.0
        ),
        "nothing but OVERLOADED with RetryInfo; cheap calls go on; memory at most idle + hashes + 64 MiB",
        broken,
    )]
}

#[derive(Clone, Default)]
struct Storm {
    signed_in: Arc<AtomicUsize>,
    overloaded: Arc<AtomicUsize>,
    other: Arc<AtomicUsize>,
}

impl Storm {
    fn broken(&self) -> Vec<String> {
        let other = self.other.load(Ordering::Relaxed);
        let mut broken = Vec::new();
        if other > 0 {
            broken.push(format!("{other} sign-ins refused in another way"));
        }
        if self.signed_in.load(Ordering::Relaxed) == 0 {
            broken.push("nobody signed in".to_owned());
        }
        broken
    }
}

async fn sign_in_until(end: Instant, guichet: Guichet, storm: Storm) {
    while Instant::now() < end {
        let request = LoginRequest {
            username: "lea".to_owned(),
            password: GOOD_PASSWORD.to_owned(),
            device_name: String::new(),
        };
        let Err(status) = guichet.auth().login(request).await else {
            storm.signed_in.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        match (error::reason(&status), error::retry_after(&status)) {
            (Some(Reason::Overloaded), Some(wait)) => {
                storm.overloaded.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(wait.min(Duration::from_secs(1))).await;
            }
            _ => {
                storm.other.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The 99th percentile of a cheap call, and how many of them failed.
async fn introspect_until(end: Instant, server: &Server, token: &str) -> (Duration, usize) {
    let admin = server.admin().await;
    let mut took = Vec::new();
    let mut refused = 0;
    while Instant::now() < end {
        let request = IntrospectRequest {
            token: token.to_owned(),
        };
        let start = Instant::now();
        match admin.auth().introspect(request).await {
            Ok(_) => took.push(start.elapsed()),
            Err(_) => refused += 1,
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took.sort_unstable();
    let rank = took.len() * 99 / 100;
    (took.get(rank).copied().unwrap_or_default(), refused)
}

/// As many as are let in: the server bounds them.
async fn connect(server: &Server, count: usize) -> Vec<TcpStream> {
    let address = address(server);
    let mut open = Vec::new();
    for _ in 0..count {
        open.extend(TcpStream::connect(&address).await.ok());
    }
    open
}

async fn read_slowly(server: &Server) -> Vec<TcpStream> {
    let mut open = connect(server, SLOW_READERS).await;
    for stream in &mut open {
        let request = b"GET /Account/Login HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(50);
        drop(stream.write_all(&request).await);
    }
    open
}

fn address(server: &Server) -> String {
    server.url().trim_start_matches("http://").to_owned()
}

fn resident(server: &Server) -> f64 {
    let pid = server.pid().expect("a running server");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<f64>().ok())
        .expect("a number of kB")
        / 1_024.0
}
