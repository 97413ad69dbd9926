//! Measures Guichet against the limits of the machine that it runs on: `cargo bench -p guichet-tests --bench load`.
//!
//! Machines differ and other programs disturb, so a figure alone says little: each is printed beside a limit that the
//! same run took, and what counts is the ratio. `-- --short` takes a few seconds and shows only that it works;
//! `-- --binary FILE` measures another build, to compare.

mod calls;
mod closed_loop;
mod limits;
mod product;
mod report;

use std::time::Duration;

use closed_loop::run;
use guichet_tests::{memory, release_binary};
use limits::BareServer;
use product::Product;
use report::{Goal, Report};

/// Callers that keep the hashing threads busy and still fit into the queue in front of them.
const SIGNING_IN: usize = 64;

/// Callers of everything else.
const CALLERS: usize = 64;

/// Longer than a server keeps the memory of its last hash.
const REST: Duration = Duration::from_secs(15);

/// Sign-ins at once in the storm that the memory is measured in.
const STORM: usize = 1_000;

/// How long the measurements take.
struct Pace {
    each: Duration,
    storm: Duration,
    starts: usize,
}

const USUAL: Pace = Pace {
    each: Duration::from_secs(4),
    storm: Duration::from_secs(10),
    starts: 10,
};

const SHORT: Pace = Pace {
    each: Duration::from_millis(300),
    storm: Duration::from_millis(600),
    starts: 2,
};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let is_given = |wanted: &str| arguments.iter().position(|argument| argument == wanted);
    let pace = is_given("--short").map_or(USUAL, |_| SHORT);
    let binary =
        is_given("--binary").map_or_else(release_binary, |at| arguments[at + 1].clone().into());
    let mut report = Report::default();
    let mut product = Product::start(&binary).await;

    sign_in(&pace, &product, &mut report).await;
    cheap_calls(&pace, &mut product, &mut report).await;
    introspect(&pace, &product, &mut report).await;
    commits(&pace, &mut product, &mut report).await;
    start(&pace, &mut product, &mut report).await;
    storm(&pace, &mut product, &mut report).await;
    report.size(&binary);

    report.print();
}

async fn sign_in(pace: &Pace, product: &Product, report: &mut Report) {
    // Before and after, because what else the machine does comes and goes.
    let before = limits::argon2(pace.each).await;
    let done = run(pace.storm, product.people(SIGNING_IN), calls::sign_in).await;
    let after = limits::argon2(pace.each).await;

    let limit = f64::midpoint(before, after);
    let goal = Goal::Share(0.95);
    report.rate("`Login` / raw argon2", limit, done.rate(), goal);
}

/// How long calls that hash nothing take while every hashing thread is busy.
async fn cheap_calls(pace: &Pace, product: &mut Product, report: &mut Report) {
    let (logins, introspect, refresh, health) = tokio::join!(
        run(pace.storm, product.people(SIGNING_IN), calls::sign_in),
        run(pace.storm, product.services(1), calls::introspect_calmly),
        run(pace.storm, product.sessions(1), calls::refresh_calmly),
        run(pace.storm, product.anyone(1), calls::health_calmly),
    );
    drop(logins);
    for (name, done) in [
        ("`Introspect`", introspect),
        ("`Refresh`", refresh),
        ("health", health),
    ] {
        report.latency(
            &format!("{name} p50 during sign-ins"),
            done.percentile(0.50),
        );
        report.bounded_latency(
            &format!("{name} p99 during sign-ins"),
            done.percentile(0.99),
            10.0,
        );
    }
}

async fn introspect(pace: &Pace, product: &Product, report: &mut Report) {
    let bare = BareServer::start();
    let clients = bare.connections(CALLERS).await;
    let limit = run(pace.each, clients, calls::health).await.rate();

    let health = run(pace.each, product.anyone(CALLERS), calls::health).await;
    report.rate("health / bare tonic call", limit, health.rate(), Goal::None);
    let done = run(pace.each, product.services(CALLERS), calls::introspect).await;
    report.rate(
        "`Introspect` / bare tonic call",
        limit,
        done.rate(),
        Goal::Share(0.5),
    );
}

async fn commits(pace: &Pace, product: &mut Product, report: &mut Report) {
    let limit = limits::commits(pace.each, CALLERS).await;

    let refresh = run(pace.each, product.sessions(CALLERS), calls::refresh).await;
    report.rate(
        "`Refresh` / durable commits",
        limit,
        refresh.rate(),
        Goal::Share(0.8),
    );
    let reset = run(pace.each, product.anyone(CALLERS), calls::request_reset).await;
    report.rate(
        "`RequestReset` / durable commits",
        limit,
        reset.rate(),
        Goal::Share(0.8),
    );
}

async fn start(pace: &Pace, product: &mut Product, report: &mut Report) {
    let mut times = Vec::new();
    for _ in 0..pace.starts {
        times.push(product.restart().await);
    }
    times.sort_unstable();
    report.bounded_latency(
        "start to first answer, median",
        times[times.len() / 2],
        100.0,
    );
}

/// The memory of a server at rest, and the most it took while far more sign in than it can hash for.
async fn storm(pace: &Pace, product: &mut Product, report: &mut Report) {
    product.restart().await;
    // It has hashed to learn how long that takes, and gives the memory back.
    tokio::time::sleep(REST).await;
    let idle = memory::mib(product.pid(), "VmRSS");
    report.mebibytes("idle RSS", idle, 25.0);

    product.reconnect(STORM).await;
    run(pace.storm, product.people(STORM), calls::sign_in_or_wait).await;
    let goal = idle + limits::hashing_mebibytes() + 16.0;
    report.mebibytes(
        "most RSS, 1,000 signing in",
        memory::mib(product.pid(), "VmHWM"),
        goal,
    );
}
