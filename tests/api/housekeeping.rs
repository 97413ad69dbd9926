//! What has expired is deleted, at a start as well.

use std::ops::Range;
use std::time::{Duration, Instant};

use guichet_tests::people;
use guichet_tests::server::POLL;
use guichet_tests::{Place, Server};

/// More than are deleted at a time.
const OLD: usize = 1_201;

const KEPT: usize = 3;

/// The server may be busy starting.
const LIMIT: Duration = Duration::from_secs(30);

/// Microseconds; nobody waits for the year 2200.
const LATER: i64 = 7_258_118_400_000_000;

#[tokio::test]
async fn a_start_deletes_all_that_has_expired_and_nothing_else() {
    let mut server = Server::start().await;
    let place = Place::behind(&server);
    let counters = (0..OLD + KEPT).map(|number| {
        let key = if place.is_postgres() {
            format!("'\\x{number:064x}'")
        } else {
            format!("X'{number:064x}'")
        };
        let expires = if number < OLD { 1 } else { LATER };
        format!("({key}, 1, 1, {expires})")
    });
    let rows = counters.collect::<Vec<_>>().join(", ");
    let sql = format!("INSERT INTO throttle (key, failures, open_time, expire_time) VALUES {rows}");
    place.execute(&sql).await;
    assert_eq!(place.dump().await["throttle"].len(), OLD + KEPT);

    server.restart().await;

    let begun = Instant::now();
    while place.dump().await["throttle"].len() > KEPT {
        assert!(begun.elapsed() < LIMIT, "expired counters stay");
        tokio::time::sleep(POLL).await;
    }
    assert_eq!(place.dump().await["throttle"].len(), KEPT);
}

/// Fewer than fill the log, when the start has done what it does to it; and more.
const FEW: usize = 20;
const MANY: usize = 150;

/// Of the log: at this length a commit would move it.
const FULL: u64 = 4_000 * 4_096;

#[tokio::test]
async fn what_is_written_moves_from_sqlites_log_into_its_file_while_the_log_is_short() {
    let server = Server::start().await;
    if server.on_postgres() {
        return;
    }
    let length = |name: &str| {
        let file = std::fs::metadata(server.data_dir().join(name));
        file.expect("a file of SQLite's").len()
    };
    let come = async |numbers: Range<usize>| {
        for number in numbers {
            let name = format!("person{number}");
            people::active(&server, &name, "someone@ecole.example").await;
        }
    };
    come(0..FEW).await;
    let before = length("guichet.db");
    come(FEW..MANY).await;

    let begun = Instant::now();
    while length("guichet.db") == before {
        assert!(begun.elapsed() < LIMIT, "all of it stays in the log");
        tokio::time::sleep(POLL).await;
    }
    assert!(length("guichet.db-wal") < FULL, "a commit has moved it");
}
