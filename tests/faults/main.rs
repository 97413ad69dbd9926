//! What Guichet does while something goes wrong, told in figures.
//!
//! `cargo test -p guichet-tests --test faults` is the short form and part of the test command; `-- --full` takes the
//! figures that the documentation promises, in some hours. Both print a table and fail if a promise is broken.
//! Names after the options choose faults. Beside `tests/postgres` the servers use PostgreSQL, otherwise SQLite.
//! `-- --minutes=60` does nothing but work for so long, with small faults all the while.

mod alike;
mod backup;
mod clock;
mod crowd;
mod disk;
mod drain;
mod failover;
mod families;
mod full_disk;
mod importer;
mod kills;
mod line;
mod log;
mod mail_server;
mod one_code;
mod outage;
mod overload;
mod postman;
mod proxy;
mod races;
mod repeated;
mod report;
mod rotation;
mod soak;
mod steps;
mod upgrade;
mod world;

use std::pin::Pin;
use std::process::ExitCode;
use std::time::Instant;

use report::{Report, Row};

/// How long everything takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Enough to notice that something broke.
    Short,
    /// Enough for a figure.
    Full,
}

impl Extent {
    /// One number or the other.
    pub(crate) const fn of<T: Copy>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, names): (Vec<_>, Vec<_>) = arguments.iter().partition(|it| it.starts_with('-'));
    let full = options.iter().any(|option| *option == "--full");
    let extent = if full { Extent::Full } else { Extent::Short };

    let mut report = Report::default();
    if let Some(minutes) = options
        .iter()
        .find_map(|option| option.strip_prefix("--minutes="))
    {
        let minutes: u32 = minutes.parse().expect("a number of minutes");
        let seen = run(move || Box::pin(soak::for_minutes(minutes)));
        report.add(seen.unwrap_or_else(|| vec![Row::failed("soak")]));
        return finish(&report);
    }
    for (name, fault) in FAULTS {
        if !names.is_empty() && !names.iter().any(|wanted| name.contains(wanted.as_str())) {
            continue;
        }
        println!("{name} …");
        let begun = Instant::now();
        let seen = run(move || fault(extent));
        println!("  {:.0} s", begun.elapsed().as_secs_f64());
        report.add(seen.unwrap_or_else(|| vec![Row::failed(name)]));
    }
    finish(&report)
}

fn finish(report: &Report) -> ExitCode {
    report.print();
    if report.is_kept() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

type Rows = Pin<Box<dyn Future<Output = Vec<Row>>>>;

type Fault = fn(Extent) -> Rows;

/// None if it panics, which is told on stderr: the other faults are still seen.
fn run(fault: impl FnOnce() -> Rows + Send + 'static) -> Option<Vec<Row>> {
    let run = move || {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(fault())
    };
    std::thread::spawn(run).join().ok()
}

/// Every fault, in the order in which they are brought about.
const FAULTS: [(&str, Fault); 31] = [
    ("kill", |extent| Box::pin(kills::kill_at_random(extent))),
    ("import", |extent| Box::pin(kills::import(extent))),
    ("steps", |extent| Box::pin(steps::fail_at_each_step(extent))),
    ("schema", |extent| Box::pin(steps::schema(extent))),
    ("code", |extent| Box::pin(races::complete(extent))),
    ("many", |extent| Box::pin(one_code::used_by_many(extent))),
    ("contested", |extent| Box::pin(one_code::contested(extent))),
    ("refresh", |extent| Box::pin(races::refresh(extent))),
    ("honest", |extent| Box::pin(families::honest(extent))),
    ("stolen", |extent| Box::pin(families::stolen(extent))),
    ("ended", |extent| Box::pin(families::ended(extent))),
    ("lost", |extent| Box::pin(families::answers_lost(extent))),
    ("repeated", |extent| Box::pin(repeated::calls(extent))),
    ("rotation", |extent| {
        Box::pin(rotation::while_verified(extent))
    }),
    ("smtp", |extent| Box::pin(mail_server::misbehaves(extent))),
    ("restart", |extent| Box::pin(outage::restart(extent))),
    ("late", |extent| Box::pin(outage::late(extent))),
    ("cut", |extent| Box::pin(outage::cut(extent))),
    ("silent", |extent| Box::pin(outage::silent(extent))),
    ("failover", |extent| {
        Box::pin(failover::to_a_standby(extent))
    }),
    ("drain", |extent| Box::pin(drain::rolling_restart(extent))),
    ("disk", |extent| Box::pin(full_disk::fills(extent))),
    ("read-only", |extent| Box::pin(full_disk::read_only(extent))),
    ("wal", |extent| Box::pin(log::write_ahead(extent))),
    ("log", |extent| Box::pin(log::not_taken(extent))),
    ("overload", |extent| Box::pin(overload::overload(extent))),
    ("backup", |extent| Box::pin(backup::while_written(extent))),
    ("old", |extent| Box::pin(backup::an_old_one(extent))),
    ("upgrade", |extent| Box::pin(upgrade::rolling(extent))),
    ("clock", |extent| Box::pin(clock::is_wrong(extent))),
    ("alike", |extent| Box::pin(alike::both_stores(extent))),
];
