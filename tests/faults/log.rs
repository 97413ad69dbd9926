//! What is written beside the database: its write-ahead log, which must not grow, and the program's own log, which may have
//! no room or no reader.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use guichet_client::Guichet;
use guichet_client::proto::ListAccountsRequest;
use guichet_tests::web::metric;
use guichet_tests::{Server, this_version};

use crate::Extent;
use crate::crowd::Crowd;
use crate::importer::Importer;
use crate::postman::Postman;
use crate::report::Row;
use crate::world::{Door, Random, store};

const PEOPLE: usize = 8;

/// Longest write-ahead log.
const LONGEST: u64 = 64 << 20;

/// Lines that nobody took, as the operator sees it.
const LOST: &str = "guichet_log_lines_lost_total";

/// Reads that follow each other without a gap, which keep a log from beginning anew.
const READERS: usize = 4;

/// The write-ahead log, while people and an import write and others read without a gap.
pub(crate) async fn write_ahead(extent: Extent) -> Vec<Row> {
    let lasts = Duration::from_secs(extent.of(4, 120));
    let server = Server::start().await;
    if server.on_postgres() {
        return Vec::new();
    }
    let servers = [server];
    let door = Door::of(&servers);
    let mut random = Random::seeded();
    let postman = Arc::new(Postman::of(servers[0].mailbox()));
    let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;
    let importer = Importer::start(&door, &mut random);
    let stop = Arc::new(AtomicBool::new(false));
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(tokio::spawn(read(
            door.enter_as_admin(&mut random),
            stop.clone(),
        )));
    }

    let longest = longest_within(lasts, servers[0].data_dir().join("guichet.db-wal")).await;
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.expect("no panic");
    }
    let seen = crowd.finish().await;
    let imported = importer.finish().await;
    let mut broken = [seen.broken, imported.broken].concat();
    if longest > LONGEST {
        broken.push(format!("the log grew to {longest} bytes"));
    }
    vec![Row::new(
        format!(
            "written for {} s while {READERS} read without a gap, SQLite",
            lasts.as_secs()
        ),
        format!(
            "{} calls answered, {} imports; write-ahead log at most {} KiB",
            seen.answered,
            imported.imports,
            longest / 1_024
        ),
        "the write-ahead log stays below 64 MiB",
        broken,
    )]
}

/// The length that a file reaches meanwhile.
async fn longest_within(time: Duration, file: PathBuf) -> u64 {
    let mut longest = 0;
    let end = Instant::now() + time;
    while Instant::now() < end {
        let length = fs::metadata(&file).map_or(0, |file| file.len());
        longest = longest.max(length);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    longest
}

async fn read(admin: Guichet, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let request = ListAccountsRequest {
            page_size: 1_000,
            ..Default::default()
        };
        let listed = admin.account().list_accounts(request).await;
        listed.expect("a page");
    }
}

/// Where everything goes that the program says about itself.
#[derive(Clone, Copy, Debug)]
enum Reader {
    /// To a device that is full.
    Full,
    /// Into a pipe that nobody empties.
    Asleep,
}

/// A log that can't be written must keep nobody waiting.
pub(crate) async fn not_taken(extent: Extent) -> Vec<Row> {
    vec![
        beside_a_log(Reader::Full, extent).await,
        beside_a_log(Reader::Asleep, extent).await,
    ]
}

async fn beside_a_log(reader: Reader, extent: Extent) -> Row {
    let lasts = Duration::from_secs(extent.of(2, 30));
    let folder = tempfile::tempdir().expect("a temporary directory");
    let server = Server::builder().binary(saying_it_to(reader, folder.path()));
    // Enough to fill the pipe, and all room for lines that wait.
    let server = server.env("GUICHET_LOG_LEVEL", "trace");
    let servers = [server.start().await];
    let door = Door::of(&servers);
    let mut random = Random::seeded();
    let postman = Arc::new(Postman::of(servers[0].mailbox()));
    let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;
    tokio::time::sleep(lasts).await;
    let mut seen = crowd.finish().await;
    if seen.unknown > 0 || seen.resets == 0 {
        seen.broken.push(format!("{} calls failed", seen.unknown));
    }
    let lost = metric(&servers[0], LOST).await.unwrap_or_default();
    let (name, told) = match reader {
        Reader::Full => ("the log's disk is full", String::new()),
        Reader::Asleep => {
            if lost == 0.0 {
                seen.broken
                    .push("no line was lost: the pipe was not full".to_owned());
            }
            (
                "nobody takes the log",
                format!(", {lost} lines of the log lost"),
            )
        }
    };
    Row::new(
        format!("{name} for {} s, {}", lasts.as_secs(), store(&servers[0])),
        format!(
            "{} calls answered, {} failed{told}",
            seen.answered, seen.unknown
        ),
        "no call fails or waits",
        seen.broken,
    )
}

/// The binary, whose log goes there.
fn saying_it_to(reader: Reader, folder: &Path) -> PathBuf {
    let binary = this_version();
    let log = match reader {
        Reader::Full => "2>/dev/full".to_owned(),
        Reader::Asleep => {
            let pipe = folder.join("pipe");
            let made = Command::new("mkfifo").arg(&pipe).status();
            assert!(made.expect("mkfifo").success(), "a pipe");
            // For reading as well: else the program would wait for a reader before it starts.
            format!("2<>'{}'", pipe.display())
        }
    };
    let script = folder.join("guichet");
    let text = format!(
        "#!/bin/sh\ncase $# in 0) exec '{0}' {log} ;; *) exec '{0}' \"$@\" ;; esac\n",
        binary.display()
    );
    fs::write(&script, text).expect("a writable directory");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("a file of ours");
    script
}
