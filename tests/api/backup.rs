//! `guichet backup` and `guichet restore`.

use std::fs;
use std::path::{Path, PathBuf};

use guichet_client::{Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Place, Server};

const EMAIL: &str = "lea@ecole.example";

/// Runs a command about a file; what it says on stderr if it fails.
fn run(server: &Server, command: &str, file: &Path) -> Result<(), String> {
    run_with(server, &[command], file)
}

fn run_with(server: &Server, command: &[&str], file: &Path) -> Result<(), String> {
    let file = file.to_str().expect("a Unicode name");
    let output = server.cli(&[command, &[file]].concat());
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

/// Files of a copy that took no database's place.
fn left_over(server: &Server) -> Vec<String> {
    let files = fs::read_dir(server.data_dir()).expect("the data");
    let names = files.map(|file| file.expect("a file").file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.contains(".partial"))
        .collect()
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
    assert_eq!(left_over(&server), [""; 0]);
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
    // With a log beside it, as a plain copy of the file is: who opens it makes one.
    bytes[18..20].fill(2);
    fs::write(&copy, bytes).expect("a damaged copy");
    server.stop().await;

    run(&server, "restore", &copy).expect_err("a refusal");

    assert_eq!(left_over(&server), [""; 0]);
    server.restart().await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

/// It holds everybody's hashes, and would be in the way of the next one.
#[tokio::test]
async fn a_restore_that_fails_late_leaves_no_copy_behind() {
    let Some((mut server, good)) = server_with_copy().await else {
        return;
    };
    server.stop().await;
    let database = Place::of(&server);
    let bad = server.data_dir().join("bad.db");
    // Whole, and of this version's schema by its own word; what is ended in a copy is missing.
    database.execute("ALTER TABLE session RENAME TO gone").await;
    run(&server, "backup", &bad).expect("a backup");
    database.execute("ALTER TABLE gone RENAME TO session").await;

    let refused = run(&server, "restore", &bad).expect_err("a refusal");

    assert!(refused.contains("session"), "{refused}");
    assert_eq!(left_over(&server), [""; 0]);
    run(&server, "restore", &good).expect("a restored database");
    server.restart().await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

/// What was used or ended since a copy was made stays so; who asks for it keeps what the copy lets in.
#[tokio::test]
async fn nobody_stays_signed_in_by_a_restore_and_no_link_is_good_after_it() {
    for keep in [false, true] {
        let server = Server::start().await;
        if server.on_postgres() {
            return;
        }
        let mut server = server;
        people::active(&server, "lea", EMAIL).await;
        let stolen = people::tokens(&server, "lea", GOOD_PASSWORD).await;
        let link = people::reset_link(&server, EMAIL).await;
        let copy = server.data_dir().join("copy.db");
        run(&server, "backup", &copy).expect("a backup");
        let anyone = server.anyone().await;
        let used = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
        used.expect("a link that is good");
        server.stop().await;

        let option: &[&str] = if keep {
            &["restore", "--keep-sessions"]
        } else {
            &["restore"]
        };
        run_with(&server, option, &copy).expect("a restored database");
        server.restart().await;

        let session = people::refresh(&server, &stolen.refresh_token).await;
        let anyone = server.anyone().await;
        let again = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
        assert_eq!(session.is_ok(), keep);
        assert_eq!(again.is_ok(), keep);
        if let Err(refused) = again {
            assert_eq!(error::reason(&refused), Some(Reason::ResetCodeInvalid));
        }
        let verified = server.cli(&["audit", "verify"]);
        assert!(verified.status.success(), "{verified:?}");
    }
}

/// Where the database's own tools put it back.
#[tokio::test]
async fn after_a_restore_by_other_means_one_command_ends_what_would_live_again() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let link = people::reset_link(&server, EMAIL).await;

    let done = server.cli(&["restored"]);

    assert!(done.status.success(), "{done:?}");
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(told.starts_with("1 sessions and 1 "), "{told}");
    let session = people::refresh(&server, &tokens.refresh_token).await;
    session.expect_err("a session that has ended");
    let anyone = server.anyone().await;
    let refused = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    refused.expect_err("a link that is dead");
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn the_log_of_a_database_that_is_gone_is_not_played_into_a_restored_one() {
    let Some((mut server, copy)) = server_with_copy().await else {
        return;
    };
    server.kill();
    let database = server.data_dir().join("guichet.db");
    fs::remove_file(&database).expect("a database");
    let log = server.data_dir().join("guichet.db-wal");
    assert!(log.exists(), "a killed server leaves its log");

    let refused = run(&server, "restore", &copy).expect_err("a refusal");

    assert!(refused.contains("guichet.db-wal"), "{refused}");
    assert!(!database.exists(), "nothing is half restored");
    fs::remove_file(log).expect("a log");
    run(&server, "restore", &copy).expect("a restored database");
    server.restart().await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn a_database_with_its_log_beside_it_is_restored_only_once_both_are_one_file() {
    let Some((mut server, _)) = server_with_copy().await else {
        return;
    };
    people::active(&server, "jean", EMAIL).await;
    server.kill();
    let data = server.data_dir();
    for end in ["", "-wal"] {
        let from = data.join(format!("guichet.db{end}"));
        fs::copy(from, data.join(format!("copied.db{end}"))).expect("a file of SQLite's");
    }
    let (copied, whole) = (data.join("copied.db"), data.join("whole.db"));

    let refused = run(&server, "restore", &copied).expect_err("a refusal");

    for told in ["copied.db-wal", "guichet backup"] {
        assert!(refused.contains(told), "{refused}");
    }
    assert_eq!(left_over(&server), [""; 0]);
    let mut command = server.command();
    command.env(
        "GUICHET_DATABASE_URL",
        format!("sqlite:{}", copied.display()),
    );
    let output = command.arg("backup").arg(&whole).output();
    let output = output.expect("it runs");
    assert!(output.status.success(), "{output:?}");
    run(&server, "restore", &whole).expect("a restored database");
    server.restart().await;
    people::tokens(&server, "jean", GOOD_PASSWORD).await;
}
