//! Whether anybody can find out who has an account here, told in figures (see `server/UNIFORMITY.md`).
//!
//! `cargo test -p guichet-tests --test uniformity` is the short form and part of the test command; `-- --full` takes the
//! figures that the documentation shows. Both print tables and fail where answers differ, where their times are not
//! proven to be equivalent, and where a leak that is there on purpose is not found. Names after the options choose
//! studies, and those of a question its times; `--rounds N` says how often times are taken, `--binary FILE` which build
//! is measured.

mod bytes;
mod cold;
mod controls;
mod crowd;
mod doors;
mod echo;
mod exchange;
mod load;
mod locked;
mod log;
mod looks;
mod order;
mod overlap;
mod pairs;
mod probe;
mod records;
mod report;
mod statements;
mod timing;
mod work;
mod world;

use std::process::ExitCode;

use guichet_tests::server::Builder;
use guichet_tests::{Postgres, Server};
use probe::Form;
use report::Row;
use world::{SOMEBODY, World};

/// How long everything takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Enough to notice a leak that one could use.
    Short,
    /// Enough for a figure.
    Full,
}

impl Extent {
    /// One or the other.
    pub(crate) fn of<T>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// What was asked for on the command line.
struct Wanted {
    extent: Extent,
    rounds: Option<usize>,
    studies: Vec<String>,
}

impl Wanted {
    fn read() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name)?;
            arguments.get(at + 1).cloned()
        };
        let full = arguments.iter().any(|argument| argument == "--full");
        let values = [value("--rounds"), value("--binary")];
        let studies = arguments.iter().filter(|argument| {
            !argument.starts_with('-') && !values.iter().flatten().any(|value| value == *argument)
        });
        Self {
            extent: if full { Extent::Full } else { Extent::Short },
            rounds: value("--rounds").map(|rounds| rounds.parse().expect("a number")),
            studies: studies.cloned().collect(),
        }
    }

    fn wants(&self, study: &str) -> bool {
        self.studies.is_empty()
            || self
                .studies
                .iter()
                .any(|name| study.contains(name.as_str()))
    }

    /// `time` is every question, `time Login` those whose names begin like that, `time Login$` the one of that name.
    fn wants_time_of(&self, question: &str) -> bool {
        let name = format!("time {question}$");
        let mut studies = self.studies.iter();
        self.studies.is_empty() || studies.any(|study| name.starts_with(study.as_str()))
    }
}

fn main() -> ExitCode {
    let wanted = Wanted::read();
    // One thread, so that nothing of the observer's own gets between an answer and the clock.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let kept = runtime.expect("a runtime").block_on(run(&wanted));
    if kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Carries the studies out that are wanted, prints a table of each, and tells whether all was well.
async fn run(wanted: &Wanted) -> bool {
    let extent = wanted.extent;
    let mut rows = Vec::new();
    if wanted.wants("throttled") {
        rows.push(told(&[
            bytes::compare_while_throttled(&SOMEBODY, extent).await
        ]));
    }
    if wanted.wants("locked") {
        rows.push(told(&locked::tells_nothing(extent).await));
    }
    if wanted.wants("doors") {
        rows.push(told(&doors::are_shut().await));
    }
    if wanted.wants("load") {
        rows.push(told(&load::tells_nothing(extent).await));
    }
    if wanted.wants("cold") {
        rows.push(told(&cold::starts_tell_nothing(extent).await));
    }
    if wanted.wants("looks") {
        rows.push(told(&looks::tell_nothing(extent).await));
    }
    if wanted.wants("overlap") {
        rows.push(told(&overlap::tells_nothing(extent).await));
    }
    if wanted.wants("work") {
        rows.push(told(&work::is_alike(extent).await));
    }
    if extent == Extent::Full && wanted.wants("echo") {
        rows.push(told(&echo::of_a_request().await));
    }
    rows.extend(run_in_one_world(wanted).await);
    rows.into_iter().all(|kept| kept)
}

/// Likewise those that share a world, each with what it tells.
async fn run_in_one_world(wanted: &Wanted) -> Vec<bool> {
    let extent = wanted.extent;
    let mut timed = timing::in_order();
    timed.retain(|probe| wanted.wants_time_of(probe.name()));
    if timed.is_empty() && !ON_ALL.iter().any(|study| wanted.wants(study)) {
        return Vec::new();
    }
    let mut rows = Vec::new();
    let of_each = extent.of(24, 60);
    let world = World::inhabited(wide().start().await, &SOMEBODY, of_each).await;
    let mut world = world.with_measured_hashes().await;
    let form = Form::of(&world.server).await;
    if wanted.wants("bytes") {
        rows.push(told(&bytes::compare(&world, &form, extent).await));
        rows.push(told(&[bytes::control(&world, &form).await]));
    }
    // Asked for by name, it fails where there is no PostgreSQL.
    let can_tell = Postgres::is_at_hand() || !wanted.studies.is_empty();
    if can_tell && wanted.wants("statements") {
        rows.push(told(&statements::compare(&world, &form, extent).await));
    }
    if wanted.wants("order") {
        rows.push(told(&order::is_by_chance(&world, &form, extent).await));
    }
    if wanted.wants("controls") {
        rows.push(told(&controls::are_found(&world, &form, extent).await));
    }
    if !timed.is_empty() {
        let plan = timing::Plan {
            world: &world,
            form: &form,
            extent,
            rounds: wanted.rounds,
        };
        for probe in timed {
            rows.push(told(&plan.measure(probe).await));
        }
    }
    // The last one: from then on the server speaks TLS.
    if wanted.wants("records") {
        rows.push(told(&records::compare(&mut world, &form, extent).await));
    }
    rows
}

/// Studies that share one world with the times.
const ON_ALL: [&str; 5] = ["bytes", "order", "controls", "statements", "records"];

/// Prints rows, and tells whether all of them are kept.
fn told(rows: &[Row]) -> bool {
    report::print(rows);
    rows.iter().all(Row::is_kept)
}

/// The server that is measured.
pub(crate) fn builder() -> Builder {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--binary");
    match arguments.nth(1) {
        Some(binary) => Server::builder().binary(binary),
        None => Server::builder(),
    }
}

/// A server whose limits are on, and so wide that the calls of a measurement stay below them. With the full form's
/// hashes, or with cheap ones.
pub(crate) fn wide() -> Builder {
    let full = std::env::args().any(|argument| argument == "--full");
    let cost = if full {
        "m=19456,t=2,p=1"
    } else {
        "m=8,t=1,p=1"
    };
    builder()
        .env("GUICHET_ARGON2", cost)
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "100")
        .env("GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES", "100")
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "100000")
        .env("GUICHET_THROTTLE_NETWORK_INTERVAL", "1s")
        .env("GUICHET_THROTTLE_NETWORK_REQUESTS", "10000000")
        .env("GUICHET_THROTTLE_NETWORK_REQUEST_INTERVAL", "1s")
        .env("GUICHET_THROTTLE_RESET_REQUESTS", "1")
        .env("GUICHET_THROTTLE_RESET_INTERVAL", "24h")
}
