//! What Guichet does while something goes wrong, told in figures.
//!
//! `cargo test -p guichet-tests --test faults` is the short form and part of the test command; `-- --full` takes the
//! figures that the documentation promises, in about half an hour. Both print a table and fail if a promise is broken.
//! Names after the options choose faults. Beside `tests/postgres` the servers use PostgreSQL, otherwise SQLite.

mod backup;
mod clock;
mod crowd;
mod disk;
mod full_disk;
mod importer;
mod kills;
mod mail_server;
mod outage;
mod overload;
mod postman;
mod proxy;
mod races;
mod report;
mod steps;
mod upgrade;
mod world;

use std::pin::Pin;
use std::process::ExitCode;

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
    for (name, fault) in FAULTS {
        if !names.is_empty() && !names.iter().any(|wanted| name.contains(wanted.as_str())) {
            continue;
        }
        println!("{name} …");
        report.add(bring_about(fault, extent).unwrap_or_else(|| vec![Row::failed(name)]));
    }
    report.print();
    if report.is_kept() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

type Fault = fn(Extent) -> Pin<Box<dyn Future<Output = Vec<Row>>>>;

/// None if it panics, which is told on stderr: the other faults are still seen.
fn bring_about(fault: Fault, extent: Extent) -> Option<Vec<Row>> {
    let run = move || {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(fault(extent))
    };
    std::thread::spawn(run).join().ok()
}

/// Every fault, in the order in which they are brought about.
const FAULTS: [(&str, Fault); 15] = [
    ("kill", |extent| Box::pin(kills::kill_at_random(extent))),
    ("steps", |extent| Box::pin(steps::fail_at_each_step(extent))),
    ("schema", |extent| Box::pin(steps::schema(extent))),
    ("code", |extent| Box::pin(races::complete(extent))),
    ("refresh", |extent| Box::pin(races::refresh(extent))),
    ("smtp", |extent| Box::pin(mail_server::misbehaves(extent))),
    ("restart", |extent| Box::pin(outage::restart(extent))),
    ("late", |extent| Box::pin(outage::late(extent))),
    ("cut", |extent| Box::pin(outage::cut(extent))),
    ("disk", |extent| Box::pin(full_disk::fills(extent))),
    ("read-only", |extent| Box::pin(full_disk::read_only(extent))),
    ("overload", |extent| Box::pin(overload::overload(extent))),
    ("backup", |extent| Box::pin(backup::while_written(extent))),
    ("upgrade", |extent| Box::pin(upgrade::rolling(extent))),
    ("clock", |extent| Box::pin(clock::is_wrong(extent))),
];
