//! The journal as evidence: what happened, from where, and whether anybody has changed it since.

use std::process::Output;
use std::time::Duration;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, CreateAccountRequest, DeleteAccountRequest, PurgeAccountRequest,
};
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

/// Likewise, by somebody who owns the database and takes off what guards events there.
async fn unguarded_copy_of(server: &Server) -> Place {
    let copy = copy_of(server);
    for trigger in [
        "event_content_stays",
        "event_seal_number_stays",
        "event_stays",
        "event_seal_stays",
        "event_seal_content_stays",
    ] {
        copy.execute(&format!("DROP TRIGGER {trigger}")).await;
    }
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
        let copy = unguarded_copy_of(&server).await;
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
    let copy = unguarded_copy_of(&server).await;
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
    let copy = unguarded_copy_of(&server).await;
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

#[tokio::test]
async fn the_database_itself_lets_nobody_change_or_remove_an_event() {
    let server = journal().await;
    sealed(&server).await;
    // Where there is a PostgreSQL at hand, that is tried.
    let elsewhere = Place::elsewhere();
    let copied = server.cli(&["copy", "--to", elsewhere.url()]);
    assert!(copied.status.success(), "{}", text(&copied));

    for statement in [
        "UPDATE event SET actor_id = NULL",
        "UPDATE event SET attributes = '{}', seal_number = 9",
        "UPDATE event SET seal_number = NULL",
        "UPDATE event SET seal_number = seal_number + 1",
        "DELETE FROM event",
        "DELETE FROM event WHERE type = 'session.opened'",
        "UPDATE event_seal SET event_count = 0",
        "DELETE FROM event_seal",
    ] {
        assert!(elsewhere.refuses(statement).await, "{statement}");
    }
    if elsewhere.is_postgres() {
        assert!(elsewhere.refuses("TRUNCATE event").await);
    }

    let verified = verify(&server, &elsewhere, &[]);
    assert!(verified.status.success(), "{}", text(&verified));
}

#[tokio::test]
async fn who_is_purged_is_gone_from_the_files_and_the_chain_stays() {
    let mut server = Server::builder()
        .env("GUICHET_PASSWORD_HISTORY", "3")
        .start()
        .await;
    let person = Account {
        username: "zoe.verhaegen".into(),
        email: "zoe.verhaegen@ecole.example".into(),
        display_name: "Zoé Verhaegen".into(),
        external_id: "old-verhaegen".into(),
        attributes: [("nickname".to_owned(), "verhaegentje".to_owned())].into(),
        ..Account::default()
    };
    let admin = server.admin().await;
    let request = CreateAccountRequest {
        account: Some(person.clone()),
        credential: Some(Credential::Password(GOOD_PASSWORD.into())),
        request_id: "01920000-0000-7000-8000-00000000000f".into(),
        ..CreateAccountRequest::default()
    };
    let created = admin.account().create_account(request).await;
    let id = created.expect("an account").into_inner().account;
    let account_id = id.expect("it").id;
    people::tokens(&server, &person.username, GOOD_PASSWORD).await;
    let wrong = people::sign_in(&server, &person.username, "Wrong45+").await;
    wrong.expect_err("a wrong password");
    let link = people::reset_link(&server, &person.email).await;
    let anyone = server.anyone().await;
    let used = people::complete(&anyone, &link, &person.email, people::OTHER_PASSWORD).await;
    used.expect("a reset");
    server.mailbox().wait_for(&person.email, 2).await;
    sealed(&server).await;
    // Otherwise the search below might look in the wrong place.
    assert!(server.written().place_of("verhaegen").is_some());

    let deleted = admin
        .account()
        .delete_account(DeleteAccountRequest {
            account_id: account_id.clone(),
            ..DeleteAccountRequest::default()
        })
        .await;
    deleted.expect("a deletion");
    let request = PurgeAccountRequest { account_id };
    let purged = admin.account().purge_account(request).await;
    purged.expect("a purge");

    let written = server.written();
    for trace in ["verhaegen", "Verhaegen", "VERHAEGEN"] {
        assert_eq!(written.place_of(trace), None, "{trace}");
    }
    sealed(&server).await;
    server.stop().await;
    assert_eq!(server.written().place_of("verhaegen"), None);
}
