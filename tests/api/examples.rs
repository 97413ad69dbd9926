//! The examples of the Rust client, as the README has people run them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use guichet_tests::Server;

const EMAIL: &str = "lea@ecole.example";

/// Runs an example with a line on its standard input.
fn example(name: &str, arguments: &[&str], typed: &str) -> Output {
    let mut process = Command::new(built(name))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example runs");
    let mut input = process.stdin.take().expect("a pipe");
    writeln!(input, "{typed}").expect("the example reads");
    drop(input);
    process.wait_with_output().expect("the example ends")
}

/// `target/{profile}/examples/{name}`.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of the running test");
    let profile = test.ancestors().nth(2).expect("target/{profile}/deps");
    let example = profile.join("examples").join(name);
    assert!(
        example.exists(),
        "build it first with `cargo build -p guichet-client --examples`"
    );
    example
}

fn said(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_five_minutes_work() {
    let server = Server::start().await;
    let url = server.url();

    let create = ["admin", "create", "--username", "lea", "--email", EMAIL];
    let printed = said(&server.cli(&create));
    let mailed = server.mailbox().last(EMAIL, 1).await.link();
    assert!(printed.contains("/Account/ResetPassword?userId="));
    let finish = [&url, EMAIL, &mailed.user_id, &mailed.code];
    assert!(said(&example("reset_password", &finish, "Babou45+")).contains("sign in as lea"));
    said(&example("login", &[&url, "lea"], "Babou45+"));

    said(&example("reset_password", &[&url, EMAIL], ""));
    let again = server.mailbox().last(EMAIL, 3).await.link();
    let finish = [&url, EMAIL, &again.user_id, &again.code];
    said(&example("reset_password", &finish, "Cool72++"));
    said(&example("login", &[&url, "lea"], "Cool72++"));
    let old = example("login", &[&url, "lea"], "Babou45+");
    assert!(!old.status.success(), "the old password is good");
}
