//! What has expired is deleted, at a start as well.

mod leap;

use std::ops::Range;
use std::time::{Duration, Instant};

use guichet_tests::patience::until;
use guichet_tests::people;
use guichet_tests::server::POLL;
use guichet_tests::{Place, Server};

use crate::audit::{journal, sealed, text};

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
    // What it deletes at its first start, it may be deleting still.
    server.kill();
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

#[tokio::test]
async fn the_rows_of_an_old_import_go_before_it_does() {
    let mut server = Server::start().await;
    let place = Place::behind(&server);
    server.kill();
    place.execute(&old_import(&place, 1, OLD)).await;
    refuse_imports_with_rows(&place).await;

    server.restart().await;

    until("an import's end", async || {
        let kept = place.dump().await;
        (kept["import"].is_empty() && kept["import_row"].is_empty()).then_some(())
    })
    .await;
}

/// What adds an import that ended long ago, with so many rows.
fn old_import(place: &Place, number: u8, rows: usize) -> String {
    let prefix = if place.is_postgres() { "" } else { "X" };
    let id = format!("{prefix}'{number:032x}'");
    let import = format!(
        "INSERT INTO import VALUES
         ({id}, 'old', '', NULL, 'LEGACY', false, 'COMPLETED', 1, 0, 0, 0, 1, 0, 0, NULL, 1, 1, 1)"
    );
    if rows == 0 {
        return import;
    }
    let rows = (0..rows).map(|row| format!("({id}, {row}, 'REFUSED', '[]')"));
    let rows = rows.collect::<Vec<_>>().join(", ");
    format!("{import}; INSERT INTO import_row (import_id, number, verdict, faults) VALUES {rows}")
}

#[tokio::test]
async fn an_import_that_somebody_goes_on_with_keeps_the_rows_that_it_still_has() {
    let mut server = Server::start().await;
    let place = Place::behind(&server);
    server.kill();
    let add = [old_import(&place, 1, OLD), old_import(&place, 2, 0)];
    go_on_with_imports_that_lose_rows(&place).await;
    place.execute(&add.join("; ")).await;

    server.restart().await;

    // The imports themselves go last, once nothing more of any rows does.
    until("the other import's end", async || {
        (place.dump().await["import"].len() == 1).then_some(())
    })
    .await;
    let left = place.dump().await["import_row"].len();
    assert!(0 < left && left < OLD, "{left}");
}

/// Has the database write to an import as soon as some of its rows are gone, as somebody may who resumes it.
async fn go_on_with_imports_that_lose_rows(place: &Place) {
    let go_on = format!("UPDATE import SET update_time = {LATER} WHERE id = OLD.import_id;");
    let trigger = if place.is_postgres() {
        format!(
            "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN {go_on} RETURN NULL; END';
             CREATE TRIGGER meddle AFTER DELETE ON import_row FOR EACH ROW EXECUTE FUNCTION meddle()"
        )
    } else {
        format!("CREATE TRIGGER meddle AFTER DELETE ON import_row BEGIN {go_on} END")
    };
    place.execute(&trigger).await;
}

/// Has the database keep an import as long as it has rows, which otherwise go with it.
async fn refuse_imports_with_rows(place: &Place) {
    let has_rows = "EXISTS (SELECT 1 FROM import_row WHERE import_id = OLD.id)";
    refuse_to_delete(place, "import", has_rows).await;
}

/// Has the database keep the rows of a table of which this is so.
async fn refuse_to_delete(place: &Place, table: &str, condition: &str) {
    let trigger = if place.is_postgres() {
        format!(
            "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN IF {condition} THEN RAISE EXCEPTION ''stopped''; END IF; RETURN OLD; END';
             CREATE TRIGGER meddle BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()"
        )
    } else {
        format!(
            "CREATE TRIGGER meddle BEFORE DELETE ON {table} WHEN {condition}
             BEGIN SELECT RAISE(ABORT, 'stopped'); END"
        )
    };
    place.execute(&trigger).await;
}

const DAY: i64 = 24 * 60 * 60;

/// How long events are kept.
const KEPT_FOR: i64 = 1_096 * DAY;

/// Longer than that.
const YEARS: i64 = 4 * 365 * DAY;

/// Something happens, and is sealed.
async fn go_on(server: &Server) {
    let output = server.cli(&[
        "api-key", "create", "--name", "another", "--role", "service",
    ]);
    assert!(output.status.success(), "{}", text(&output));
    sealed(server).await;
}

/// Likewise at each of some times.
async fn go_on_at(server: &Server, clocks: &[i64]) {
    for &clock in clocks {
        server.set_clock(clock);
        go_on(server).await;
    }
}

fn prune(server: &Server) {
    let output = server.cli(&["audit", "prune"]);
    assert!(output.status.success(), "{}", text(&output));
}

/// How many events of a type there are.
async fn count(server: &Server, kind: &str) -> usize {
    let rows = server.rows().await;
    rows["event"]
        .iter()
        .filter(|event| event.contains(kind))
        .count()
}

#[tokio::test]
async fn a_clock_that_was_years_behind_for_a_moment_takes_no_event_along() {
    let server = journal().await;
    sealed(&server).await;
    server.set_clock(-YEARS);
    go_on(&server).await;
    server.set_clock(DAY);
    go_on(&server).await;

    prune(&server);

    assert_eq!(count(&server, "account.created").await, 1);
    assert_eq!(count(&server, "audit.pruned").await, 0);
    sealed(&server).await;
}

#[tokio::test]
async fn a_clock_that_jumps_years_ahead_removes_events_only_when_told_to() {
    let mut server = journal().await;
    sealed(&server).await;
    server.set_clock(YEARS);
    go_on(&server).await;

    // A start looks for what is old.
    server.restart().await;

    server.says("has the clock jumped").await;
    assert_eq!(count(&server, "account.created").await, 1);
    assert_eq!(count(&server, "audit.pruned").await, 0);

    prune(&server);

    sealed(&server).await;
    assert_eq!(count(&server, "account.created").await, 0);
    assert_eq!(count(&server, "audit.pruned").await, 1);
}

/// Its seal comes into the time that is kept when all those before and behind it leave that.
#[tokio::test]
async fn a_clock_that_was_years_ahead_for_a_moment_holds_up_no_end() {
    let server = journal().await;
    sealed(&server).await;
    // With a pause that nobody wonders at, and the end of the time that is kept within it.
    go_on_at(&server, &[YEARS / 2, 0, 20 * DAY]).await;
    assert_eq!(count(&server, "account.created").await, 1);
    server.set_clock(KEPT_FOR + 10 * DAY);

    prune(&server);

    sealed(&server).await;
    assert_eq!(count(&server, "account.created").await, 0);
    // All but the last time that something went on.
    assert_eq!(count(&server, "api_key.created").await, 1);
}

#[tokio::test]
async fn a_clock_that_was_years_ahead_twice_holds_up_no_end() {
    let server = journal().await;
    sealed(&server).await;
    let ahead = YEARS / 2;
    go_on_at(&server, &[ahead, 0, 20 * DAY, ahead + DAY]).await;
    // Time gets to where the clock was ahead.
    go_on_at(&server, &[ahead - 10 * DAY, ahead + 10 * DAY]).await;
    server.set_clock(KEPT_FOR + 10 * DAY);

    prune(&server);

    sealed(&server).await;
    assert_eq!(count(&server, "account.created").await, 0);
    assert_eq!(count(&server, "api_key.created").await, 4);
}

/// As that of a host which forgets the time, and begins at one date whenever it is switched on.
#[tokio::test]
async fn a_clock_that_was_years_behind_twice_takes_no_young_event_along_even_when_told_to() {
    let server = journal().await;
    sealed(&server).await;
    go_on_at(&server, &[YEARS, 0, YEARS + DAY]).await;

    prune(&server);

    sealed(&server).await;
    assert_eq!(count(&server, "account.created").await, 0);
    assert_eq!(count(&server, "api_key.created").await, 3);
}

/// The time that is kept begins before it was set again, so that what is dated shortly before is there as well.
#[tokio::test]
async fn a_clock_that_began_twice_at_one_date_and_stayed_behind_takes_no_young_event_along() {
    begin_twice(&[KEPT_FOR / 2], &[HOUR]).await;
}

/// Then the first that is kept is of such a time, too.
#[tokio::test]
async fn a_clock_that_stayed_behind_each_time_takes_no_young_event_along() {
    begin_twice(&[HOUR * 3 / 4, KEPT_FOR / 2], &[HOUR, 2 * HOUR]).await;
}

const HOUR: i64 = 60 * 60;

/// The clock tells some times, begins again, tells others and is set right; then what is older than half an hour after its
/// beginning goes, which nothing of all this is.
async fn begin_twice(first: &[i64], second: &[i64]) {
    let server = journal().await;
    sealed(&server).await;
    let clocks = [first, &[0], second, &[KEPT_FOR - DAY]].concat();
    go_on_at(&server, &clocks).await;
    server.set_clock(KEPT_FOR + HOUR / 2);

    prune(&server);

    sealed(&server).await;
    assert_eq!(count(&server, "account.created").await, 0);
    assert_eq!(count(&server, "api_key.created").await, clocks.len());
}

/// Several seals' worth.
const EVENTS: usize = 4_500;

#[tokio::test]
async fn many_old_events_go_in_steps_and_a_stop_in_between_does_no_harm() {
    let server = Server::builder()
        .env("GUICHET_EVENT_RETENTION", "1h")
        .start()
        .await;
    let place = Place::behind(&server);
    let (random, numbers) = if place.is_postgres() {
        (
            "gen_random_uuid()",
            format!("generate_series(1, {EVENTS}) AS n(i)"),
        )
    } else {
        (
            "randomblob(16)",
            format!(
                "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {EVENTS}) SELECT i FROM n)"
            ),
        )
    };
    let insert = "INSERT INTO event (id, type, time, attributes)";
    place
        .execute(&format!(
            "{insert} SELECT {random}, 'test.many', 1, '{{}}' FROM {numbers}"
        ))
        .await;
    sealed(&server).await;
    server.advance(Duration::from_hours(2));
    go_on(&server).await;

    refuse_the_last_step(&place).await;
    let stopped = server.cli(&["audit", "prune"]);

    assert!(!stopped.status.success());
    let left = count(&server, "test.many").await;
    assert!(0 < left && left < EVENTS, "{left}");
    sealed(&server).await;
    place.remove_trigger("event").await;
    prune(&server);
    assert_eq!(count(&server, "test.many").await, 0);
    assert_eq!(count(&server, "audit.pruned").await, 1);
    sealed(&server).await;
}

/// Has the database keep the events under the newest seal that lets them go.
async fn refuse_the_last_step(place: &Place) {
    let is_last = "OLD.seal_number = (SELECT max(up_to_seal) FROM event_pruned)";
    refuse_to_delete(place, "event", is_last).await;
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
