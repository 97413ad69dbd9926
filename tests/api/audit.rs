//! The journal as evidence: what happened, from where, and whether anybody has changed it since.

use std::process::Output;
use std::time::Duration;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, ConfirmEmailChangeRequest, CreateAccountRequest, DeleteAccountRequest,
    ExportAccountDataRequest, PurgeAccountRequest, RequestEmailChangeRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server};

/// The worker seals every five seconds.
const LIMIT: Duration = Duration::from_secs(20);

/// The chain's end, once everything is sealed.
pub(super) async fn sealed(server: &Server) -> String {
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

pub(super) fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).expect("text")
}

/// Something happens to Léa.
pub(super) async fn journal() -> Server {
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
            "INSERT INTO event (id, type, time, attributes, seal_number)
             VALUES (randomblob(16), 'account.created', 1, '{}', 0)",
            "1 events stand under seals that do not exist",
        ),
        (
            "INSERT INTO event (id, type, time, attributes, seal_number)
             VALUES (randomblob(16), 'account.created', 1, '{}', -1)",
            "1 events stand under seals that do not exist",
        ),
        (
            "INSERT INTO event (id, type, time, attributes, seal_number)
             VALUES (randomblob(16), 'account.created', 1, '{}', 9000000000)",
            "1 events stand under seals that do not exist",
        ),
        (
            "UPDATE event_seal SET digest = x'00'",
            "seal 1 is not what was written",
        ),
        (
            "UPDATE event_seal SET number = number + 1000",
            "seals 1 to 1000 are missing",
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

/// Somebody whose name stands in all that is kept of her.
async fn zoe(server: &Server) -> Account {
    let person = Account {
        username: "zoe.verhaegen".into(),
        email: "zoe.verhaegen@ecole.example".into(),
        display_name: "Zoé Verhaegen".into(),
        external_id: "old-verhaegen".into(),
        attributes: [("nickname".to_owned(), "verhaegentje".to_owned())].into(),
        ..Account::default()
    };
    let request = CreateAccountRequest {
        account: Some(person),
        credential: Some(Credential::Password(GOOD_PASSWORD.into())),
        request_id: "01920000-0000-7000-8000-00000000000f".into(),
        ..CreateAccountRequest::default()
    };
    let created = server.admin().await.account().create_account(request).await;
    let created = created.expect("an account").into_inner().account;
    created.expect("it in the reply")
}

/// Gives her an address and a username without that name.
async fn becomes_another(server: &Server, account_id: &str) {
    const NEW: &str = "zoe@maison.example";
    let admin = server.admin().await;
    let request = RequestEmailChangeRequest {
        account_id: account_id.into(),
        new_email: NEW.into(),
        ..RequestEmailChangeRequest::default()
    };
    let asked = admin.account().request_email_change(request).await;
    asked.expect("a request");
    let mail = server.mailbox().last(NEW, 1).await;
    let link = mail.links_to("ConfirmEmail").remove(0);
    let request = ConfirmEmailChangeRequest {
        user_id: link.user_id,
        code: link.code,
    };
    let confirmed = admin.account().confirm_email_change(request).await;
    confirmed.expect("another address");
    people::rename(server, account_id, "zoe").await;
    // What confirms, and that the one has changed, and the other.
    server.mailbox().wait_for(NEW, 3).await;
}

/// By what she asked for new passwords, as an export tells it.
async fn asked_by(server: &Server, account_id: &str) -> Vec<String> {
    let request = ExportAccountDataRequest {
        account_id: account_id.into(),
    };
    let admin = server.admin().await;
    let exported = admin.account().export_account_data(request).await;
    let mut exported = exported.expect("an export").into_inner();
    let mut asked = Vec::new();
    while let Some(record) = exported.message().await.expect("a record") {
        if record.section == "reset_request" {
            let request: serde_json::Value = serde_json::from_str(&record.json).expect("JSON");
            asked.push(request["identifier"].as_str().expect("a text").to_owned());
        }
    }
    asked
}

#[tokio::test]
async fn who_is_purged_is_gone_from_the_files_and_the_chain_stays() {
    let mut server = Server::builder()
        .env("GUICHET_PASSWORD_HISTORY", "3")
        .start()
        .await;
    let person = zoe(&server).await;
    let account_id = person.id.clone();
    people::tokens(&server, &person.username, GOOD_PASSWORD).await;
    let wrong = people::sign_in(&server, &person.username, "Wrong45+").await;
    wrong.expect_err("a wrong password");
    let link = people::reset_link(&server, &person.email).await;
    let anyone = server.anyone().await;
    let used = people::complete(&anyone, &link, &person.email, people::OTHER_PASSWORD).await;
    used.expect("a reset");
    server.mailbox().wait_for(&person.email, 2).await;
    people::ask_reset(&server, Identifier::Username(person.username.clone())).await;
    server.mailbox().wait_for(&person.email, 3).await;
    becomes_another(&server, &account_id).await;
    // That it was asked for, and that it has changed.
    server.mailbox().wait_for(&person.email, 5).await;
    let asked = asked_by(&server, &account_id).await;
    assert_eq!(asked, [person.email, person.username]);
    sealed(&server).await;
    // Otherwise the search below might look in the wrong place.
    assert!(server.written().place_of("verhaegen").is_some());

    let admin = server.admin().await;
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
