//! `guichet check` looks and changes nothing: before an upgrade it is run beside servers of the version before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use guichet_tests::{Place, Server};

fn told(checked: &Output) -> String {
    String::from_utf8_lossy(&checked.stdout).into_owned()
}

/// Each change of the schema, and whether it is applied.
fn schema(server: &Server) -> String {
    let status = server.cli(&["migrate", "status"]);
    assert!(status.status.success(), "{status:?}");
    told(&status)
}

/// The reason of a check that fails.
fn refused(server: &Server) -> String {
    let checked = server.cli(&["check"]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    String::from_utf8_lossy(&checked.stderr).into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn where_nothing_is_yet_nothing_is_made() {
    let server = Server::builder().prepare();
    let folder = server.data_dir();

    let without_folder = server.cli(&["check"]);
    assert!(without_folder.status.success(), "{without_folder:?}");
    assert!(!folder.exists(), "the data directory was made");
    fs::create_dir(&folder).expect("a folder");
    let checked = server.cli(&["check"]);

    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(files(&folder), Vec::<PathBuf>::new());
    let told = told(&checked);
    let mut missing = vec!["master key", "mail"];
    if server.on_postgres() {
        assert!(told.contains("changes are pending"), "{told}");
    } else {
        missing.push("database");
    }
    for part in missing {
        let line = told.lines().find(|line| line.starts_with(part));
        let line = line.unwrap_or_else(|| panic!("no word about {part}: {told}"));
        assert!(line.contains("not there yet"), "{line}");
    }
    let schema = schema(&server);
    assert!(!schema.contains("Applied"), "{schema}");
}

#[tokio::test]
async fn an_older_schema_is_told_and_stays() {
    let server = Server::builder().prepare();
    for action in ["up", "down"] {
        let done = server.cli(&["migrate", action]);
        assert!(done.status.success(), "{done:?}");
    }
    let before = schema(&server);
    assert_eq!(before.matches("Pending").count(), 1, "{before}");

    let checked = server.cli(&["check"]);

    assert!(checked.status.success(), "{checked:?}");
    let told = told(&checked);
    assert!(told.contains("database       ok"), "{told}");
    assert!(told.contains("1 changes are pending"), "{told}");
    assert_eq!(schema(&server), before);
    for name in ["master.key", "mail"] {
        assert!(!server.data_dir().join(name).exists(), "{name} was made");
    }
    let keys = &server.rows().await["signing_key"];
    assert!(keys.is_empty(), "a signing key was made");
}

#[tokio::test]
async fn a_server_at_work_is_in_order_and_a_newer_schema_is_not() {
    let server = Server::start().await;

    let checked = server.cli(&["check"]);

    assert!(checked.status.success(), "{checked:?}");
    let told = told(&checked);
    for part in [
        "configuration  ok",
        "database       ok",
        "clock          ",
        "throttles      0 ",
        "mail           ok",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for other in ["pending", "not there yet"] {
        assert!(!told.contains(other), "{told}");
    }

    let later = "INSERT INTO seaql_migrations VALUES ('m9999_later', 0)";
    Place::behind(&server).execute(later).await;
    let reason = refused(&server);
    assert!(reason.contains("newer Guichet"), "{reason}");
}

/// A start would make another one, which opens nothing, and hide that the right one is missing.
#[tokio::test]
async fn a_lost_master_key_is_found_missing_and_not_made_anew() {
    let mut server = Server::start().await;
    server.stop().await;
    let key = server.data_dir().join("master.key");
    fs::remove_file(&key).expect("a key");

    let reason = refused(&server);

    assert!(reason.contains("there is no master key"), "{reason}");
    assert!(!key.exists(), "a key was made");
}

#[tokio::test]
async fn a_file_that_is_no_database_and_a_folder_that_is_not_there_are_faults() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("other.db");
    fs::write(
        &file,
        "no database at all, but long enough for a header".repeat(99),
    )
    .expect("a file");
    let nowhere = folder.path().join("nowhere/guichet.db");

    for (database, reason) in [(&file, "not a database"), (&nowhere, "no folder")] {
        let url = format!("sqlite:{}", database.display());
        let checked = Server::builder().env("GUICHET_DATABASE_URL", url).check();

        assert_eq!(checked.status.code(), Some(1), "{checked:?}");
        let told = String::from_utf8_lossy(&checked.stderr);
        assert!(told.contains(reason), "{told}");
    }
    assert_eq!(files(folder.path()), [file]);
}
