//! Everybody signs in at once, beside clients that read slowly and connections that do nothing.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use guichet_client::proto::{IntrospectRequest, LoginRequest, RefreshRequest, Tokens};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, memory};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::Extent;
use crate::report::Row;
use crate::world::store;

/// Most memory beyond the server that has hashed before, in MiB (the goal of the design): it keeps what hashes need.
const BEYOND: f64 = 64.0;

/// Longest that 99 of 100 calls may take that hash nothing.
const CHEAP: Duration = Duration::from_millis(10);

/// What the server gives its hashing threads (`server/src/password/hasher/mod.rs`).
const HASHES_NICENESS: i32 = 10;

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
    people::active(&server, "anne", "anne@ecole.example").await;
    for number in 0..people_at_once {
        let name = name(number);
        people::active(&server, &name, &format!("{name}@ecole.example")).await;
    }
    // Before there is no room for it.
    let tokens = people::tokens(&server, "anne", GOOD_PASSWORD).await;
    let before = resident(&server);
    let idle = connect(&server, idle_connections).await;
    let slow = read_slowly(&server).await;

    let storm = Storm::default();
    let end = Instant::now() + lasts;
    let cheap = tokio::task::block_in_place(|| {
        let all_are_here = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| storm.rage(end, &server, people_at_once, &all_are_here));
            all_are_here.wait();
            Cheap::beside(end, &server, tokens)
        })
    });
    let most = resident(&server);
    drop((idle, slow));

    let mut broken = storm.broken();
    broken.extend(cheap.broken(extent));
    if extent == Extent::Full && most > before + BEYOND {
        broken.push(format!("{most:.0} MiB, from {before:.0}"));
    }
    vec![Row::new(
        format!(
            "{people_at_once} sign-ins at once for {} s, {idle_connections} idle connections, {SLOW_READERS} slow readers, {}",
            lasts.as_secs(),
            store(&server)
        ),
        format!(
            "{} signed in, {} told OVERLOADED; p99 {cheap}; {before:.0} to {most:.0} MiB",
            storm.signed_in.load(Ordering::Relaxed),
            storm.overloaded.load(Ordering::Relaxed),
        ),
        "nothing but OVERLOADED with RetryInfo; p99 of cheap calls at most 10 ms; at most 64 MiB more than before",
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
    /// Everybody signs in, on threads that leave the machine to the server: it shares two cores with people whose machines
    /// would be elsewhere.
    fn rage(&self, end: Instant, server: &Server, people: usize, all_are_here: &Barrier) {
        step_back();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .on_thread_start(step_back)
            .build();
        runtime.expect("threads").block_on(async {
            let mut logins = JoinSet::new();
            for number in 0..people {
                let guichet = server.anyone().await;
                logins.spawn(sign_in_until(end, guichet, name(number), self.clone()));
            }
            all_are_here.wait();
            logins.join_all().await;
        });
    }

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

/// Has this thread run where the server leaves room, beside its hashes.
fn step_back() {
    let niceness = rustix::process::setpriority_process(None, HASHES_NICENESS);
    niceness.expect("a process may always step back");
}

/// Who signs in.
fn name(number: usize) -> String {
    format!("person{number}")
}

async fn sign_in_until(end: Instant, guichet: Guichet, username: String, storm: Storm) {
    while Instant::now() < end {
        let request = LoginRequest {
            username: username.clone(),
            password: GOOD_PASSWORD.to_owned(),
            device_name: String::new(),
            ..LoginRequest::default()
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

/// How long calls took that hash nothing, and how many of them failed.
#[derive(Default)]
struct Cheap {
    introspect: Times,
    refresh: Times,
    health: Times,
}

impl Cheap {
    /// On this thread alone: a call that waits here for the thousand who sign in would tell nothing of the server.
    fn beside(end: Instant, server: &Server, tokens: Tokens) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(Self::until(end, server, tokens))
    }

    /// Each kind has a connection of its own, as its callers would.
    async fn until(end: Instant, server: &Server, tokens: Tokens) -> Self {
        let (admin, anne, anyone) = tokio::join!(server.admin(), server.anyone(), server.anyone());
        let (access, mut refresh_token) = (tokens.access_token, tokens.refresh_token);
        let introspect = times_until(end, async || {
            let token = access.clone();
            let reply = admin.auth().introspect(IntrospectRequest { token }).await;
            reply.is_ok_and(|reply| reply.into_inner().active)
        });
        let refresh = times_until(end, async || {
            let request = RefreshRequest {
                refresh_token: refresh_token.clone(),
            };
            let Ok(reply) = anne.auth().refresh(request).await else {
                return false;
            };
            let tokens = reply.into_inner().tokens.unwrap_or_default();
            refresh_token = tokens.refresh_token;
            true
        });
        let health = times_until(end, async || {
            let mut health = HealthClient::new(anyone.channel());
            health.check(HealthCheckRequest::default()).await.is_ok()
        });
        let (introspect, refresh, health) = tokio::join!(introspect, refresh, health);
        Self {
            introspect,
            refresh,
            health,
        }
    }

    fn broken(&self, extent: Extent) -> Vec<String> {
        let mut broken = Vec::new();
        for (name, times) in self.all() {
            if times.failed > 0 {
                broken.push(format!("{} {name} failed", times.failed));
            }
            if extent == Extent::Full && times.p99() > CHEAP {
                broken.push(format!("{name} took longer"));
            }
        }
        broken
    }

    fn all(&self) -> [(&'static str, &Times); 3] {
        [
            ("Introspect", &self.introspect),
            ("Refresh", &self.refresh),
            ("health", &self.health),
        ]
    }
}

impl fmt::Display for Cheap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.all().map(|(name, times)| {
            let milliseconds = times.p99().as_secs_f64() * 1_000.0;
            format!("{name} {milliseconds:.1} ms")
        });
        f.write_str(&told.join(", "))
    }
}

#[derive(Default)]
struct Times {
    /// In ascending order.
    took: Vec<Duration>,
    failed: usize,
}

impl Times {
    fn p99(&self) -> Duration {
        let rank = self.took.len() * 99 / 100;
        self.took.get(rank).copied().unwrap_or_default()
    }
}

/// Calls again and again, with a pause in between, and times those that succeed.
async fn times_until(end: Instant, mut call: impl AsyncFnMut() -> bool) -> Times {
    let mut times = Times::default();
    while Instant::now() < end {
        let start = Instant::now();
        if call().await {
            times.took.push(start.elapsed());
        } else {
            times.failed += 1;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    times.took.sort_unstable();
    times
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
    memory::mib(server.pid().expect("a running server"), "VmRSS")
}
