//! `guichet copy`, from one kind of database to the other and back.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader};
use std::process::{Output, Stdio};

use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Place, Server};
use serde_json::Value;

const EMAIL: &str = "lea@ecole.example";

/// Values that one database or the other is known to bend: letters that sort or fold differently, control characters,
/// numbers at their limits, bytes that look like an end, nothing and none, and texts of some length.
const ODD_ROWS: &str = include_str!("copy.sql");

/// An authority that is younger than its schools, which are more than are written together.
const MOVED_ROWS: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
    INSERT INTO institution
    SELECT CAST(printf('%016d', i) AS BLOB), NULL, NULL, '', '', NULL, '{}', NULL, NULL, 1, 1, 1, NULL, NULL, NULL FROM n;
    UPDATE institution SET parent_id = (SELECT max(id) FROM institution)
    WHERE id <> (SELECT max(id) FROM institution)";

/// A server on an `SQLite` file, whatever the other tests of this run use.
async fn on_sqlite() -> Server {
    let builder = Server::builder().env("GUICHET_DATABASE_URL", "sqlite:");
    builder.start().await
}

/// Carries the database of `place` over, as the operator of `server` does it.
fn copy(server: &Server, from: &Place, to: &Place) -> Output {
    server.cli(&["copy", "--json", "--from", from.url(), "--to", to.url()])
}

fn expect_copied(output: &Output) -> Value {
    assert!(output.status.success(), "{}", told(output));
    serde_json::from_slice(&output.stdout).expect("JSON on stdout")
}

fn expect_refused(output: &Output, code: i32, reason: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
    assert!(told(output).contains(reason), "{}", told(output));
    assert!(output.stdout.is_empty(), "an answer beside the refusal");
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An empty database at this version's schema.
fn prepared(server: &Server, place: Place) -> Place {
    let mut migrate = server.command();
    migrate.args(["migrate", "up"]);
    let output = migrate.env("GUICHET_DATABASE_URL", place.url()).output();
    let output = output.expect("the binary runs");
    assert!(output.status.success(), "{}", told(&output));
    place
}

#[tokio::test]
async fn people_go_on_where_they_were_on_the_copy_and_on_the_copy_of_that() {
    let mut original = on_sqlite().await;
    people::active(&original, "lea", EMAIL).await;
    let tokens = people::tokens(&original, "lea", GOOD_PASSWORD).await;
    let link = people::reset_link(&original, EMAIL).await;

    let elsewhere = Place::elsewhere();
    let answer = expect_copied(&copy(&original, &Place::of(&original), &elsewhere));
    assert_eq!(answer["master_key"], "FITS");
    original.stop().await;

    let mut moved = elsewhere.serve(&original).await;
    people::tokens(&moved, "lea", GOOD_PASSWORD).await;
    let renewed = people::refresh(&moved, &tokens.refresh_token).await;
    renewed.expect("the session goes on");
    let anyone = moved.anyone().await;
    let completed = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    completed.expect("a link mailed before");
    let tokens = people::tokens(&moved, "lea", OTHER_PASSWORD).await;

    let back = Place::file();
    expect_copied(&copy(&moved, &elsewhere, &back));
    moved.stop().await;

    let returned = back.serve(&original).await;
    let renewed = people::refresh(&returned, &tokens.refresh_token).await;
    renewed.expect("the session goes on");
    people::sign_in(&returned, "lea", GOOD_PASSWORD)
        .await
        .expect_err("the former password");
}

#[tokio::test]
async fn every_value_of_every_table_is_the_same_after_the_way_there_and_back() {
    let server = on_sqlite().await;
    let (there, back) = (Place::elsewhere(), Place::file());
    let original = prepared(&server, Place::file());
    original.execute(ODD_ROWS).await;

    let first = expect_copied(&copy(&server, &original, &there));
    let second = expect_copied(&copy(&server, &there, &back));

    assert_eq!(first["tables"], second["tables"]);
    let dump = original.dump().await;
    assert_eq!(dump, back.dump().await);
    let tables: Vec<&str> = dump.keys().map(String::as_str).collect();
    let mut carried: Vec<&str> = first["tables"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|table| table["table"].as_str().expect("a name"))
        .collect();
    carried.sort_unstable();
    assert_eq!(carried, tables);
    for (table, rows) in &dump {
        assert!(!rows.is_empty(), "copy.sql has no row for {table}");
    }
}

#[tokio::test]
async fn institutions_below_younger_ones_are_carried_there_and_back() {
    let server = on_sqlite().await;
    let (there, back) = (Place::elsewhere(), Place::file());
    let original = prepared(&server, Place::file());
    original.execute(MOVED_ROWS).await;

    expect_copied(&copy(&server, &original, &there));
    expect_copied(&copy(&server, &there, &back));

    assert_eq!(original.dump().await, back.dump().await);
}

#[tokio::test]
async fn a_text_that_postgres_cannot_keep_is_told_and_nothing_is_kept() {
    let server = on_sqlite().await;
    let original = prepared(&server, Place::file());
    original.execute(ODD_ROWS).await;
    let nul = "UPDATE account SET display_name = 'a' || char(0) || 'b' WHERE username = 'odd'";
    original.execute(nul).await;

    let elsewhere = Place::elsewhere();
    let output = copy(&server, &original, &elsewhere);

    if elsewhere.is_postgres() {
        expect_refused(&output, 1, "display_name holds a NUL character");
        expect_empty(&server, &elsewhere);
    } else {
        expect_copied(&output);
        assert_eq!(original.dump().await, elsewhere.dump().await);
    }
}

#[tokio::test]
async fn a_copy_is_of_one_instant_though_people_come_and_go() {
    let server = Server::start().await;
    let all_came = Cell::new(false);
    let coming = async {
        for index in 0..60 {
            let username = format!("lea{index}");
            people::active(&server, &username, EMAIL).await;
            people::tokens(&server, &username, GOOD_PASSWORD).await;
        }
        all_came.set(true);
    };
    // A session that is read later than the accounts would have none, and be refused.
    let copying = async {
        while !all_came.get() {
            let place = Place::file();
            // Without `--from` it is the configured database.
            let mut command = tokio::process::Command::from(server.command());
            command.args(["copy", "--json", "--to", place.url()]);
            expect_copied(&command.output().await.expect("the binary runs"));
        }
    };
    tokio::join!(coming, copying);
}

#[tokio::test]
async fn what_is_changed_on_the_way_is_noticed_and_nothing_is_kept() {
    let server = on_sqlite().await;
    people::active(&server, "lea", EMAIL).await;
    let elsewhere = prepared(&server, Place::elsewhere());
    elsewhere.spoil("account", "display_name").await;

    let output = copy(&server, &Place::of(&server), &elsewhere);

    expect_refused(&output, 1, "account: what was written is not what was read");
    elsewhere.remove_trigger("account").await;
    expect_empty(&server, &elsewhere);
}

#[tokio::test]
async fn a_copy_that_is_killed_leaves_an_empty_database_that_takes_the_next() {
    let server = on_sqlite().await;
    people::active(&server, "lea", EMAIL).await;
    people::reset_link(&server, EMAIL).await;
    let elsewhere = prepared(&server, Place::elsewhere());
    elsewhere.stall("outbox").await;

    let mut command = server.command();
    command.args(["copy", "--from", "sqlite:", "--to", elsewhere.url()]);
    let mut process = command.stderr(Stdio::piped()).spawn().expect("the binary");
    let said = BufReader::new(process.stderr.take().expect("a pipe"));
    let written = said
        .lines()
        .map_while(Result::ok)
        .any(|line| line.starts_with("account: 1 rows copied"));
    assert!(written, "it ended before it had written an account");
    process.kill().expect("a child can be killed");
    process.wait().expect("a child can be waited for");

    elsewhere.remove_trigger("outbox").await;
    expect_empty(&server, &elsewhere);
}

/// A place that takes a copy is empty, and usable.
fn expect_empty(server: &Server, place: &Place) {
    let source = prepared(server, Place::file());
    expect_copied(&copy(server, &source, place));
}

#[tokio::test]
async fn a_database_that_holds_anything_is_not_overwritten() {
    let server = on_sqlite().await;
    let elsewhere = Place::elsewhere();
    expect_copied(&copy(&server, &Place::of(&server), &elsewhere));
    people::active(&server, "lea", EMAIL).await;

    let again = copy(&server, &Place::of(&server), &elsewhere);

    expect_refused(&again, 1, "not empty: it has rows in ");
}

#[tokio::test]
async fn what_is_not_of_this_version_or_not_guichets_is_not_copied() {
    let server = on_sqlite().await;
    for (change, reason) in [
        (
            "DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)",
            "an older Guichet",
        ),
        (
            "INSERT INTO seaql_migrations VALUES ('m9999_later', 0)",
            "a newer Guichet",
        ),
        ("DELETE FROM seaql_migrations", "nothing of Guichet's"),
        (
            "CREATE TABLE stranger (id bigint PRIMARY KEY)",
            "stranger is not a table of Guichet's",
        ),
        (
            "ALTER TABLE account ADD COLUMN more text",
            "account is not a table of Guichet's at this version",
        ),
        (
            "CREATE TABLE stranger (id json PRIMARY KEY)",
            "stranger.id is of a type that can't be copied",
        ),
    ] {
        let original = prepared(&server, Place::file());
        original.execute(change).await;

        let output = copy(&server, &original, &Place::file());

        expect_refused(&output, 1, reason);
    }
}

#[tokio::test]
async fn a_password_in_a_url_is_never_shown() {
    let server = on_sqlite().await;
    let there = "--from=sqlite:";
    for (arguments, code, reason) in [
        (
            &["--from=postgres://me:hunter2@db/g?sslmod=disable"][..],
            2,
            "--from",
        ),
        (&[there, "--to=postgres://me:hunter2@db/"], 2, "--to"),
        (&[there, "--to=hunter2"], 2, "--to"),
        (
            &[there, "--to=postgres://me:hunter2@127.0.0.1:1/g"],
            1,
            "can't reach",
        ),
        (&[], 2, "--from"),
    ] {
        let arguments: Vec<&str> = ["copy"].iter().chain(arguments).copied().collect();
        let output = server.cli(&arguments);

        expect_refused(&output, code, reason);
        assert!(!told(&output).contains("hunter2"), "{}", told(&output));
    }
}
