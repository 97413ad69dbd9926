//! `guichet backup` and `guichet restore`.

use std::fs;
use std::path::{Path, PathBuf};

use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};

const EMAIL: &str = "lea@ecole.example";

/// Runs a command about a file; what it says on stderr if it fails.
fn run(server: &Server, command: &str, file: &Path) -> Result<(), String> {
    let file = file.to_str().expect("a Unicode name");
    let output = server.cli(&[command, file]);
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// A server of `SQLite`, and where its copy may go. None on PostgreSQL, which has tools of its own and says so.
async fn server_with_copy() -> Option<(Server, PathBuf)> {
    let server = Server::start().await;
    let copy = server.data_dir().join("copy.db");
    if server.on_postgres() {
        let refused = run(&server, "backup", &copy).expect_err("no backup");
        assert!(refused.contains("pg_dump"), "{refused}");
        return None;
    }
    people::active(&server, "lea", EMAIL).await;
    run(&server, "backup", &copy).expect("a backup of a running server");
    Some((server, copy))
}

#[tokio::test]
async fn a_copy_taken_while_the_server_runs_brings_that_moment_back() {
    let Some((mut server, copy)) = server_with_copy().await else {
        return;
    };
    people::active(&server, "jean", EMAIL).await;
    server.stop().await;

    run(&server, "restore", &copy).expect("a restored database");

    server.restart().await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let gone = people::sign_in(&server, "jean", GOOD_PASSWORD).await;
    gone.expect_err("an account made later");
    let kept = server.data_dir().join("guichet.db.before-restore-1");
    assert!(kept.exists(), "the former database is kept");
}

#[tokio::test]
async fn a_database_in_use_is_not_replaced() {
    let Some((server, copy)) = server_with_copy().await else {
        return;
    };
    people::active(&server, "jean", EMAIL).await;

    let refused = run(&server, "restore", &copy).expect_err("a refusal");

    assert!(refused.contains("stop the server"), "{refused}");
    people::tokens(&server, "jean", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn a_backup_replaces_no_file_and_a_damaged_one_replaces_no_database() {
    let Some((mut server, copy)) = server_with_copy().await else {
        return;
    };
    let refused = run(&server, "backup", &copy).expect_err("a file that exists");
    assert!(refused.contains("exists"), "{refused}");
    let mut bytes = fs::read(&copy).expect("the copy");
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0x5a);
    fs::write(&copy, bytes).expect("a damaged copy");
    server.stop().await;

    run(&server, "restore", &copy).expect_err("a refusal");

    server.restart().await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}
