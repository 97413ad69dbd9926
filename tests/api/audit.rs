//! The journal as evidence: what happened, from where, and whether anybody has changed it since.

use std::process::Output;
use std::time::Duration;

use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server};

/// The worker seals every five seconds.
const LIMIT: Duration = Duration::from_secs(20);

/// The chain's end, once everything is sealed.
async fn sealed(server: &Server) -> String {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let output = server.cli(&["audit", "verify"]);
        let text = text(&output);
        if output.status.success() && text.contains(" 0 not sealed yet") {
            let head = text.lines().find_map(|line| line.strip_prefix("head "));
            return head.expect("the head").to_owned();
        }
        assert!(tokio::time::Instant::now() < deadline, "{text}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).expect("text")
}

/// Something happens to Léa.
async fn journal() -> Server {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    server
}

/// A copy to tamper with, in a file whatever the original is in. It is as good as the original.
fn copy_of(server: &Server) -> Place {
    let copy = Place::file();
    let copied = server.cli(&["copy", "--to", copy.url()]);
    assert!(copied.status.success(), "{}", text(&copied));
    let verified = verify(server, &copy, &[]);
    assert!(verified.status.success(), "{}", text(&verified));
    copy
}

fn verify(server: &Server, copy: &Place, options: &[&str]) -> Output {
    let mut command = server.command();
    command.env("GUICHET_DATABASE_URL", copy.url());
    command.args(["audit", "verify"]).args(options);
    command.output().expect("it runs")
}

#[tokio::test]
async fn what_happened_is_sealed_and_found_again() {
    let server = journal().await;
    let first = sealed(&server).await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;

    let second = sealed(&server).await;

    assert_ne!(first, second);
    for head in [&first, &second] {
        let output = server.cli(&["audit", "verify", "--head", head]);
        assert!(output.status.success(), "{}", text(&output));
    }
}

#[tokio::test]
async fn an_event_that_is_changed_removed_or_slipped_in_is_noticed() {
    let server = journal().await;
    sealed(&server).await;
    for (statement, told) in [
        (
            "UPDATE event SET actor_id = NULL WHERE type = 'session.opened'",
            "seal",
        ),
        (
            "UPDATE event SET network = '192.0.2.0/24' WHERE type = 'session.opened'",
            "seal",
        ),
        ("DELETE FROM event WHERE type = 'session.opened'", "seal"),
        ("DELETE FROM event", "events are gone"),
        (
            "INSERT INTO event SELECT randomblob(16), type, time, account_id, actor_id, attributes,
             institution_id, network, seal_number FROM event LIMIT 1",
            "seal",
        ),
        (
            "UPDATE event_seal SET digest = x'00'",
            "seal 1 is not what was written",
        ),
        (
            "UPDATE event_seal SET number = number + 1",
            "seals 1 to 1 are missing",
        ),
    ] {
        let copy = copy_of(&server);
        copy.execute(statement).await;

        let output = verify(&server, &copy, &[]);

        assert_eq!(output.status.code(), Some(1), "{statement}");
        let text = text(&output);
        assert!(
            text.contains("broken: ") && text.contains(told),
            "{statement}: {text}"
        );
    }
}

#[tokio::test]
async fn an_end_that_is_cut_off_is_noticed_by_who_knows_it() {
    let server = journal().await;
    sealed(&server).await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let head = sealed(&server).await;
    let copy = copy_of(&server);
    copy.execute(
        "DELETE FROM event WHERE seal_number = (SELECT max(number) FROM event_seal);
             DELETE FROM event_seal WHERE number = (SELECT max(number) FROM event_seal)",
    )
    .await;

    assert!(verify(&server, &copy, &[]).status.success());
    let output = verify(&server, &copy, &["--head", &head]);

    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("the end was cut off"));
}

#[tokio::test]
async fn events_tell_from_where() {
    let server = journal().await;

    let events = copy_of(&server)
        .dump()
        .await
        .remove("event")
        .expect("the journal");

    let opened = events.iter().find(|event| event.contains("session.opened"));
    assert!(
        opened.expect("a sign-in").contains("127.0.0.0/24"),
        "{events:?}"
    );
}

#[tokio::test]
async fn old_events_go_and_the_chain_stays() {
    let server = Server::builder()
        .env("GUICHET_EVENT_RETENTION", "1h")
        .start()
        .await;
    people::active(&server, "lea", "").await;
    let old = sealed(&server).await;
    server.advance(Duration::from_hours(2));
    people::tokens(&server, "lea", GOOD_PASSWORD).await;

    let pruned = server.cli(&["audit", "prune"]);

    assert!(pruned.status.success(), "{}", text(&pruned));
    sealed(&server).await;
    let copy = copy_of(&server);
    let events = copy.dump().await.remove("event").expect("the journal");
    let has = |kind: &str| events.iter().any(|event| event.contains(kind));
    assert!(
        !has("account.created") && has("session.opened") && has("audit.pruned"),
        "{events:?}"
    );
    let known = verify(&server, &copy, &["--head", &old]);
    assert!(known.status.success(), "{}", text(&known));
    assert!(
        !text(&known).contains(" 0 removed by retention"),
        "{}",
        text(&known)
    );

    copy.execute("DELETE FROM event WHERE type = 'audit.pruned'")
        .await;
    let unexcused = verify(&server, &copy, &[]);
    assert_eq!(unexcused.status.code(), Some(1));
}
