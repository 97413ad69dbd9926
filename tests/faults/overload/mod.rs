//! Everybody signs in at once, beside clients that read slowly and connections that do nothing.

mod apart;
mod bystanders;
mod storm;

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use guichet_client::proto::Tokens;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, memory, web};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::Extent;
use crate::report::Row;
use crate::world::store;
use apart::Apart;
use bystanders::Bystanders;
use storm::Storm;

/// Most memory beyond the server that has hashed before, in MiB (the goal of the design): it keeps what hashes need.
const BEYOND: f64 = 64.0;

/// Longest that 99 of 100 calls may take that hash nothing.
const CHEAP: Duration = Duration::from_millis(10);

/// Longest that 99 of 100 sign-ins from a quiet network may take.
const QUIET: Duration = Duration::from_secs(3);

/// Least part of the sign-ins that are done without a storm that must be done in it.
const DONE: f64 = 0.95;

/// Least part of those from the quiet network that must be let in.
const LET_IN: f64 = 0.99;

/// As many sign in at once where it is found out how many can: enough that no thread waits, and everybody finds room.
const TOGETHER: usize = 16;

/// Where callers have processors of their own, so many times as many sign in as can. Each that finds no room comes again after
/// a second.
const TIMES: f64 = 10.0;

/// Connections that ask for a page and never read it.
const SLOW_READERS: usize = 50;

/// 99 of 100 tasks of the server that are due must run within so many seconds: one of the bounds of the histogram.
const DUE: &str = "0.005";

/// Within this time after the storm calls take as long as before it.
const RECOVERS: Duration = Duration::from_secs(5);

const PROMISE: &str = "nothing but OVERLOADED with RetryInfo; as many sign in as without a storm, but for 5 %; \
    from a quiet network 99 % do, within 3 s; p99 of cheap calls at most 10 ms; 99 % of what is due begun within 5 ms; at most 64 MiB more than before";

pub(crate) async fn overload(extent: Extent) -> Vec<Row> {
    let mut rows = vec![everybody_signs_in(extent, None).await];
    if extent == Extent::Full {
        let apart = Apart::on_this_machine();
        rows.push(everybody_signs_in(extent, Some(&apart)).await);
    }
    rows
}

/// All processors are the server's and its callers', or some those of the one and some those of the others.
async fn everybody_signs_in(extent: Extent, apart: Option<&Apart>) -> Row {
    let mut people_at_once = extent.of(100, 1_000);
    let idle_connections = extent.of(500, 10_000);
    let lasts = Duration::from_secs(extent.of(3, 300));
    let server = start(apart).await;
    let mut tokens = let_in(&server, people_at_once).await;
    let before = resident(&server);

    let a_while = Duration::from_secs(extent.of(1, 10));
    let alone = beside(&server, &mut tokens, None, a_while);
    // Before the storm and after it: within minutes a machine's speed changes by more than what a storm may cost.
    let most = Storm::default();
    let window = Duration::from_secs(extent.of(1, 30));
    beside(&server, &mut tokens, Some((&most, TOGETHER)), window);
    if apart.is_some() {
        people_at_once = people_at_once.min(times(TIMES, most.rate(window)));
    }
    let idle = connect(&server, idle_connections).await;
    let slow = read_slowly(&server).await;
    let storm = Storm::default();
    let begun_before = Begun::read(&server).await;
    let meanwhile = beside(&server, &mut tokens, Some((&storm, people_at_once)), lasts);
    let begun = Begun::read(&server).await.since(begun_before);
    let after = resident(&server);
    drop((idle, slow));
    tokio::time::sleep(RECOVERS).await;
    let afterwards = beside(&server, &mut tokens, None, a_while);
    beside(&server, &mut tokens, Some((&most, TOGETHER)), window);

    let seen = Seen {
        rates: [most.rate(window * 2), storm.rate(lasts)],
        storm,
        alone,
        meanwhile,
        begun,
        afterwards,
        memory: [before, after],
    };
    let mut broken = [most.failures(), seen.failures()].concat();
    if extent == Extent::Full {
        broken.extend(seen.misses());
    }
    let place = apart.map_or("", |_| ", server and callers on processors of their own");
    Row::new(
        format!(
            "{people_at_once} sign-ins at once for {} s, {idle_connections} idle connections, {SLOW_READERS} slow readers, {}{place}",
            lasts.as_secs(),
            store(&server)
        ),
        seen.told(),
        PROMISE,
        broken,
    )
}

/// With a thread for hashes on each of its processors; with two where it shares them.
async fn start(apart: Option<&Apart>) -> Server {
    let threads = apart.map_or(2, Apart::of_server);
    if let Some(apart) = apart {
        apart.for_server();
    }
    let server = Server::builder()
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
        .env("GUICHET_HASH_THREADS", threads.to_string())
        // The tests' own reads a file each time.
        .env("GUICHET_CLOCK", "system")
        .start()
        .await;
    if let Some(apart) = apart {
        apart.for_callers();
    }
    server
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few hundred"
)]
fn times(factor: f64, rate: f64) -> usize {
    (factor * rate).ceil() as usize
}

/// What was seen.
struct Seen {
    storm: Storm,
    /// Sign-ins a second without the storm and in it.
    rates: [f64; 2],
    alone: Bystanders,
    meanwhile: Bystanders,
    begun: Begun,
    afterwards: Bystanders,
    /// MiB before the storm, and at its end.
    memory: [f64; 2],
}

impl Seen {
    fn told(&self) -> String {
        let [without, within] = self.rates;
        let [before, after] = self.memory;
        let quiet = &self.meanwhile.quiet;
        format!(
            "{within:.0} signed in a second, {without:.0} without the storm, {} told OVERLOADED; \
            from a quiet network {} of {}, p99 {:.1} s; \
            p99 {}; before the storm {}, after it {}; {:.1} % of what was due begun within {DUE} s; \
            {before:.0} to {after:.0} MiB",
            self.storm.overloaded(),
            quiet.all() - quiet.failed,
            quiet.all(),
            quiet.p99().as_secs_f64(),
            self.meanwhile.cheap_p99(),
            self.alone.cheap_p99(),
            self.afterwards.cheap_p99(),
            self.begun.in_time() * 100.0,
        )
    }

    /// What must not happen, however short the storm.
    fn failures(&self) -> Vec<String> {
        let mut failures = self.storm.failures();
        let all = [&self.alone, &self.meanwhile, &self.afterwards];
        for (name, times) in all.into_iter().flat_map(Bystanders::cheap) {
            if times.failed > 0 {
                failures.push(format!("{} {name} failed", times.failed));
            }
        }
        failures
    }

    /// Which figures are not reached.
    fn misses(&self) -> Vec<String> {
        let slow = self.meanwhile.cheap().into_iter();
        let slow = slow.filter(|(_, times)| times.p99() > CHEAP);
        let mut misses: Vec<_> = slow
            .map(|(name, _)| format!("{name} took longer"))
            .collect();
        let [without, within] = self.rates;
        if within < DONE * without {
            misses.push(format!("{within:.0} sign-ins a second, of {without:.0}"));
        }
        let quiet = &self.meanwhile.quiet;
        let most_refused = (1.0 - LET_IN) * f64::from(quiet.all());
        if f64::from(quiet.failed) > most_refused || quiet.p99() > QUIET {
            misses.push("the quiet network was held up".to_owned());
        }
        if self.begun.in_time() < 0.99 {
            misses.push("the server's threads were late".to_owned());
        }
        let [before, after] = self.memory;
        if after > before + BEYOND {
            misses.push(format!("{after:.0} MiB, from {before:.0}"));
        }
        misses
    }
}

/// Tasks that the server looked at, to see how late they ran.
#[derive(Clone, Copy)]
struct Begun {
    soon: f64,
    all: f64,
}

impl Begun {
    async fn read(server: &Server) -> Self {
        let series = "guichet_task_delay_seconds_bucket";
        let within = async |bound: &str| {
            let bucket = format!("{series}{{le=\"{bound}\"}}");
            web::metric(server, &bucket).await.expect("a bucket")
        };
        Self {
            soon: within(DUE).await,
            all: within("+Inf").await,
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            soon: self.soon - before.soon,
            all: self.all - before.all,
        }
    }

    fn in_time(self) -> f64 {
        self.soon / self.all
    }
}

/// Everybody who will sign in, and a session.
async fn let_in(server: &Server, people_at_once: usize) -> Tokens {
    let names = (0..people_at_once).map(storm::name);
    let quiet_names = (0..bystanders::QUIET_PEOPLE).map(bystanders::quiet_name);
    for name in names.chain(quiet_names).chain(["anne".to_owned()]) {
        people::active(server, &name, &format!("{name}@ecole.example")).await;
    }
    people::tokens(server, "anne", GOOD_PASSWORD).await
}

/// What bystanders see for so long, while so many people sign in or nobody does.
fn beside(
    server: &Server,
    tokens: &mut Tokens,
    storm: Option<(&Storm, usize)>,
    lasts: Duration,
) -> Bystanders {
    let all_are_here = &Barrier::new(2);
    tokio::task::block_in_place(|| {
        thread::scope(|scope| {
            if let Some((storm, people)) = storm {
                scope.spawn(move || storm.rage(lasts, server, people, all_are_here));
                all_are_here.wait();
            }
            Bystanders::look(server, tokens, lasts)
        })
    })
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
