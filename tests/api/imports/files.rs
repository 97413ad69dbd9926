//! `guichet import`.

use std::fmt::Write as _;
use std::fs;
use std::process::Output;

use guichet_client::proto::ListImportsRequest;
use guichet_tests::Server;
use serde_json::Value;

use super::{cut_off, lookup};

/// Runs the command on a file of this content.
fn import(server: &Server, name: &str, content: &[u8], options: &[&str]) -> (Output, Vec<Value>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join(name);
    fs::write(&path, content).expect("a file");
    let path = path.to_str().expect("a readable path");
    let arguments = [&["import", path, "--json"], options].concat();
    let output = server.cli(&arguments);
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lines = lines.collect();
    (output, lines)
}

fn counts(lines: &[Value]) -> [u64; 4] {
    let last = lines.last().expect("a last line");
    ["created", "updated", "unchanged", "refused"].map(|key| last[key].as_u64().expect("a number"))
}

#[tokio::test]
async fn a_file_is_tried_imported_and_taken_back() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let file = b"\xef\xbb\xbf{\"username\":\"lea\",\"email\":\"lea@ecole.example\"}\n{\"username\":\"leo\"}\n";

    let (output, lines) = import(&server, "a.jsonl", file, &["--dry-run"]);
    assert_eq!(
        (output.status.code(), counts(&lines)),
        (Some(0), [2, 0, 0, 0])
    );
    assert!(lookup(&admin, "lea").await.is_none());
    let (output, lines) = import(&server, "a.jsonl", file, &[]);
    assert_eq!(
        (output.status.code(), counts(&lines)),
        (Some(0), [2, 0, 0, 0])
    );
    assert!(lookup(&admin, "lea").await.is_some());
    let (_, again) = import(&server, "b.jsonl", file, &[]);
    assert_eq!(counts(&again), [0, 0, 2, 0]);

    let id = lines[0]["import_id"].as_str().expect("an id");
    let output = server.cli(&["import", "--undo", id]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(lookup(&admin, "lea").await.is_none());
}

#[tokio::test]
async fn refused_rows_are_told_and_the_command_says_so_by_its_end() {
    let server = Server::start().await;
    let file = b"username;email;attributes.class\nlea;lea@ecole.example;6A\nl\xe9o;;\n=cmd();;\nlou;nobody;\n";

    let (output, lines) = import(&server, "a.csv", file, &[]);
    let told: Vec<_> = lines[..lines.len() - 1]
        .iter()
        .map(|line| {
            (
                line["row"].as_u64().expect("a number"),
                line["column"].as_str(),
                line["reason"].as_str(),
            )
        })
        .collect();
    let expected = [
        (3, Some("username"), Some("INVALID_ENCODING")),
        (4, Some("username"), Some("FORBIDDEN_CHARACTER")),
        (5, Some("email"), Some("INVALID_EMAIL")),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        (output.status.code(), counts(&lines)),
        (Some(1), [1, 0, 0, 3])
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.trim(), "guichet: 3 of 4 rows were refused");
}

#[tokio::test]
async fn what_a_file_says_does_not_steer_the_terminal() {
    const ESCAPED: &str = r"attributes.\u{1b}[2J";
    let server = Server::start().await;
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, content, told) in [
        (
            "a.csv",
            b"username,attributes.\x1b[2J\nlea,\xe9\n".as_slice(),
            ESCAPED,
        ),
        (
            "b.csv",
            b"username,attributes.\x1b[2J,attributes.\x1b[2J\n",
            ESCAPED,
        ),
        (
            "c.jsonl",
            br#"{"username":"lea","attributes":{"a\u001b[2J":"6A"}}"#,
            "line 1: attributes: ",
        ),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, content).expect("a file");

        let output = server.cli(&["import", path.to_str().expect("a readable path")]);

        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said:?}");
        assert!(!output.stderr.contains(&0x1b), "{said:?}");
        assert!(said.contains(told), "{said:?}");
    }
}

#[tokio::test]
async fn files_that_can_only_be_misread_change_nothing() {
    let server = Server::start().await;
    for (name, content, said) in [
        ("a.csv", b"username,username\nlea,leo\n".as_slice(), "twice"),
        ("a.csv", b"email\nlea@ecole.example\n", "no column username"),
        ("a.jsonl", b"\xff\xfe{\0}\0", "UTF-16"),
        ("a.txt", b"lea\n", "neither .jsonl nor .csv"),
    ] {
        let (output, lines) = import(&server, name, content, &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), lines.len()), (Some(1), 0), "{error}");
        assert!(error.contains(said), "{error}");
    }
    let jobs = server
        .admin()
        .await
        .import()
        .list_imports(ListImportsRequest::default())
        .await;
    assert_eq!(jobs.expect("jobs").into_inner().imports, []);
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_and_no_row_counts_twice() {
    const ROWS: usize = 3_000;
    let server = Server::start().await;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("a.jsonl");
    let mut file = String::new();
    for number in 0..ROWS {
        writeln!(
            file,
            "{{\"username\":\"p{number}\",\"external_id\":\"{number}\"}}"
        )
        .expect("memory");
    }
    fs::write(&path, file).expect("a file");
    let path = path.to_str().expect("a readable path");

    let admin = server.admin().await;
    cut_off(&server, path, ROWS).await;

    let output = server.cli(&["import", path, "--resume", "--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8_lossy(&output.stdout);
    let last: Value = serde_json::from_str(said.trim()).expect("JSON");
    assert_eq!(last["created"], ROWS, "each row once, over both runs");
    let jobs = admin
        .import()
        .list_imports(ListImportsRequest::default())
        .await;
    assert_eq!(jobs.expect("jobs").into_inner().imports.len(), 1);
}
