//! A working day: people at work for as long as one likes, with small faults all the while, and one process that must not
//! grow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet_tests::web::metric;
use guichet_tests::{Postgres, Server, memory};

use crate::crowd::Crowd;
use crate::disk::{Disk, EIO, Plan};
use crate::postman::Postman;
use crate::proxy::Proxy;
use crate::report::Row;
use crate::world::{Door, Random, store, within};

const PEOPLE: usize = 8;

/// Between two looks at the process.
const LOOK: Duration = Duration::from_secs(2);

/// Between two faults.
const FAULT: Duration = Duration::from_secs(7);

/// Most memory in MiB and most files that the second half may have beyond the first: what fills up once, not by and by.
const MORE_MEMORY: f64 = 16.0;
const MORE_FILES: usize = 24;

/// Mails to be sent, as the operator sees it.
const WAITING: &str = "guichet_outbox_messages{state=\"queued\"}";

/// What is between the server and its data.
enum Way {
    Disk(Disk),
    Wire(Proxy),
}

/// The process at one moment.
#[derive(Clone, Copy)]
struct Look {
    hours: f64,
    memory: f64,
    files: usize,
}

pub(crate) async fn for_minutes(minutes: u32) -> Vec<Row> {
    let (server, way) = start().await;
    let servers = [server];
    let door = Door::of(&servers);
    let [server] = servers;
    let mut random = Random::seeded();
    let postman = Arc::new(Postman::of(server.mailbox()));
    let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;

    let (looks, faults) = watch(&server, &way, Duration::from_mins(u64::from(minutes))).await;
    let mut seen = crowd.finish().await;
    seen.broken.extend(what_is_left(&server).await);
    let (first, second) = looks.split_at(looks.len() / 2);
    seen.broken.extend(growth(first, second));
    vec![Row::new(
        format!(
            "{minutes} minutes of work with {faults} small faults, {}",
            store(&server)
        ),
        format!(
            "{} calls answered, {} UNAVAILABLE, {} resets; at most {:.1} MiB and {} files, in the second half {:.1} MiB and \
             {} files, {:+.1} MiB an hour",
            seen.answered,
            seen.unknown,
            seen.resets,
            memory(first),
            files(first),
            memory(second),
            files(second),
            slope(second)
        ),
        "nothing acknowledged is lost; memory and files level off; the journal verifies; every mail has left",
        seen.broken,
    )]
}

/// Looks at the process all the while, and hurts it now and then.
async fn watch(server: &Server, way: &Way, lasts: Duration) -> (Vec<Look>, u32) {
    let begun = Instant::now();
    let mut next_fault = begun + FAULT;
    let (mut looks, mut faults) = (Vec::new(), 0);
    while begun.elapsed() < lasts {
        looks.push(look(server, begun));
        if Instant::now() >= next_fault {
            hurt(way).await;
            faults += 1;
            next_fault += FAULT;
        }
        tokio::time::sleep(LOOK).await;
    }
    (looks, faults)
}

/// What should not be there at the end of the day.
async fn what_is_left(server: &Server) -> Vec<String> {
    let mut left = Vec::new();
    let is_empty = async || metric(server, WAITING).await == Some(0.0);
    if !within(Duration::from_mins(1), is_empty).await {
        left.push("the outbox is not empty".to_owned());
    }
    let verified = server.cli(&["audit", "verify"]);
    if !verified.status.success() {
        left.push(String::from_utf8_lossy(&verified.stderr).into_owned());
    }
    if server.log().contains("panicked") {
        left.push("something panicked: see the log".to_owned());
    }
    left
}

/// By how much the second half is more than the first, if that is too much.
fn growth(first: &[Look], second: &[Look]) -> Vec<String> {
    let mut grown = Vec::new();
    if memory(second) > memory(first) + MORE_MEMORY {
        grown.push(format!(
            "{:.1} MiB, and then {:.1}",
            memory(first),
            memory(second)
        ));
    }
    if files(second) > files(first) + MORE_FILES {
        grown.push(format!(
            "{} files, and then {}",
            files(first),
            files(second)
        ));
    }
    grown
}

fn memory(looks: &[Look]) -> f64 {
    looks.iter().map(|look| look.memory).fold(0.0, f64::max)
}

fn files(looks: &[Look]) -> usize {
    looks
        .iter()
        .map(|look| look.files)
        .max()
        .unwrap_or_default()
}

async fn start() -> (Server, Way) {
    let data = tempfile::tempdir().expect("a temporary directory");
    let Some(postgres) = Postgres::of_this_run(data.path()) else {
        let disk = Disk::new();
        let server = disk.under(Server::builder()).start().await;
        return (server, Way::Disk(disk));
    };
    let wire = Proxy::before(&postgres).await;
    let server = Server::builder()
        .env("GUICHET_DATABASE_URL", wire.url(&postgres))
        .sharing(&postgres);
    (server.start().await, Way::Wire(wire))
}

async fn hurt(way: &Way) {
    match way {
        Way::Disk(disk) => {
            disk.arm(1, Plan::Fill(EIO));
            tokio::time::sleep(Duration::from_millis(200)).await;
            disk.disarm();
        }
        Way::Wire(wire) => wire.cut_all(),
    }
}

fn look(server: &Server, begun: Instant) -> Look {
    let pid = server.pid().expect("a running server");
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("Linux")
        .count();
    Look {
        hours: begun.elapsed().as_secs_f64() / 3_600.0,
        memory: memory::mib(pid, "VmRSS"),
        files,
    }
}

/// MiB an hour, by least squares.
fn slope(looks: &[Look]) -> f64 {
    let count: f64 = looks.iter().map(|_| 1.0).sum();
    let mean = |value: fn(&Look) -> f64| looks.iter().map(value).sum::<f64>() / count;
    let (hours, memory) = (mean(|look| look.hours), mean(|look| look.memory));
    let both = looks
        .iter()
        .map(|look| (look.hours - hours) * (look.memory - memory));
    let square = looks.iter().map(|look| (look.hours - hours).powi(2));
    both.sum::<f64>() / square.sum::<f64>()
}
