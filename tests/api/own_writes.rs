//! How much people write who are signed in: nothing for what is so already, and not without end.

use std::time::{Duration, Instant};

use guichet_client::proto::{
    Account, ChangePasswordRequest, RevokeAllSessionsRequest, RevokeSessionRequest, Tokens,
    UpdateAccountRequest,
};
use guichet_client::{Guichet, error};
use guichet_tests::door::is_throttled;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, expect_error, journal};
use prost_types::FieldMask;
use tokio::task::JoinSet;
use tonic::{Code, Status};

/// Changes that a person makes at once, and the time after which one more is free.
const AT_ONCE: usize = 60;
const INTERVAL: Duration = Duration::from_secs(10);

/// A server that counts.
async fn strict() -> Server {
    let builder = Server::builder().env("GUICHET_THROTTLE", "on");
    builder.start().await
}

/// Somebody who is signed in, and clients that call as they.
async fn person(server: &Server, username: &str) -> (Tokens, Guichet) {
    people::active(server, username, &format!("{username}@ecole.example")).await;
    session(server, username).await
}

async fn session(server: &Server, username: &str) -> (Tokens, Guichet) {
    let tokens = people::tokens(server, username, GOOD_PASSWORD).await;
    let person = server.as_person(&tokens.access_token).await;
    (tokens, person)
}

async fn change(person: &Guichet, account: Account, path: &str) -> Result<Account, Status> {
    let request = UpdateAccountRequest {
        account: Some(account),
        update_mask: Some(FieldMask {
            paths: vec![path.into()],
        }),
    };
    let reply = person.account().update_account(request).await?;
    Ok(reply.into_inner().account.expect("it in the reply"))
}

async fn rename(person: &Guichet, id: &str, name: String) -> Result<Account, Status> {
    let account = Account {
        id: id.into(),
        display_name: name,
        ..Account::default()
    };
    change(person, account, "display_name").await
}

/// As many changes of somebody's own name at once. Returns how many were made, and asserts that the others say when to come
/// again.
async fn rush(person: &Guichet, id: &str, times: usize) -> usize {
    let mut changes = JoinSet::new();
    for number in 0..times {
        let (person, id) = (person.clone(), id.to_owned());
        changes.spawn(async move { rename(&person, &id, format!("Léa {number}")).await });
    }
    let (made, refused): (Vec<_>, Vec<_>) = changes
        .join_all()
        .await
        .into_iter()
        .partition(Result::is_ok);
    for refused in refused.into_iter().filter_map(Result::err) {
        assert!(is_throttled(&refused), "{refused:?}");
        let wait = error::retry_after(&refused).expect("how long to wait");
        assert!(wait <= INTERVAL, "{wait:?}");
    }
    made.len()
}

/// How many events of a type there are.
async fn told(server: &Server, kind: &str) -> usize {
    let events = journal::events(server).await;
    events.iter().filter(|event| event.kind == kind).count()
}

#[tokio::test]
async fn of_two_hundred_changes_at_once_sixty_are_made_and_others_are_not_held_up() {
    let server = strict().await;
    let (tokens, lea) = person(&server, "lea").await;
    let (others, noa) = person(&server, "noa").await;

    let begun = Instant::now();
    let made = rush(&lea, &tokens.account_id, 200).await;

    let leaked = usize::try_from(begun.elapsed().as_secs() / INTERVAL.as_secs());
    let most = AT_ONCE + leaked.expect("a few") + 1;
    assert!((AT_ONCE..=most).contains(&made), "{made} of 200");
    assert_eq!(told(&server, "account.updated").await, made);
    let renamed = rename(&noa, &others.account_id, "Noa".into()).await;
    renamed.expect("another's name");
    server.advance(INTERVAL);
    let renamed = rename(&lea, &tokens.account_id, "Léa".into()).await;
    renamed.expect("room for one more");
}

#[tokio::test]
async fn who_acts_for_others_changes_more_at_once() {
    let server = strict().await;
    let id = people::active(&server, "lea", "lea@ecole.example").await.id;
    let account = Account {
        id: id.clone(),
        roles: vec!["admin".into()],
        ..Account::default()
    };
    let promoted = change(&server.admin().await, account, "roles").await;
    promoted.expect("an administrator");
    let (_, lea) = session(&server, "lea").await;

    assert_eq!(rush(&lea, &id, AT_ONCE + 20).await, AT_ONCE + 20);
}

#[tokio::test]
async fn a_change_to_what_is_so_already_is_answered_and_not_written() {
    let server = Server::start().await;
    let (tokens, lea) = person(&server, "lea").await;
    let id = &tokens.account_id;
    let account = Account {
        id: id.clone(),
        locale: "nl".into(),
        ..Account::default()
    };

    let first = change(&lea, account.clone(), "locale").await;
    let first = first.expect("another language");
    let again = change(&lea, account.clone(), "locale").await;

    assert_eq!(again.expect("the same language"), first);
    assert_eq!(told(&server, "account.updated").await, 1);
    let outdated = Account {
        etag: "outdated".into(),
        ..account
    };
    let refused = change(&lea, outdated, "locale").await;
    let refused = refused.map(tonic::Response::new);
    expect_error(refused, Code::Aborted, "ETAG_MISMATCH");
}

async fn end_others(person: &Guichet) -> Result<i32, Status> {
    let request = RevokeAllSessionsRequest {
        keep_current: true,
        ..RevokeAllSessionsRequest::default()
    };
    let reply = person.auth().revoke_all_sessions(request).await?;
    Ok(reply.into_inner().revoked_count)
}

async fn end(person: &Guichet, session_id: &str) -> Result<(), Status> {
    let request = RevokeSessionRequest {
        session_id: session_id.into(),
    };
    person.auth().revoke_session(request).await.map(drop)
}

#[tokio::test]
async fn sessions_that_have_ended_are_not_told_of_again() {
    let server = Server::start().await;
    let (_, lea) = person(&server, "lea").await;
    let (one, _) = session(&server, "lea").await;
    session(&server, "lea").await;

    for _ in 0..2 {
        end(&lea, &one.session_id).await.expect("it is ended");
    }
    for count in [1, 0, 0] {
        assert_eq!(end_others(&lea).await.expect("an answer"), count);
    }

    assert_eq!(told(&server, "session.closed").await, 1);
    assert_eq!(told(&server, "session.all_closed").await, 1);
}

async fn change_password(person: &Guichet, from: &str, to: &str) -> Result<(), Status> {
    let request = ChangePasswordRequest {
        current_password: from.into(),
        new_password: to.into(),
    };
    person.account().change_password(request).await.map(drop)
}

#[tokio::test]
async fn a_thief_who_has_written_all_that_there_is_room_for_can_still_be_put_out() {
    let server = strict().await;
    let (stolen, thief) = person(&server, "lea").await;
    let (tokens, lea) = session(&server, "lea").await;
    let (elsewhere, _) = session(&server, "lea").await;
    let made = rush(&thief, &stolen.account_id, 200).await;
    assert!(made < 200);

    end(&lea, &elsewhere.session_id).await.expect("one session");
    assert_eq!(end_others(&lea).await.expect("the others"), 1);
    let changed = change_password(&lea, GOOD_PASSWORD, OTHER_PASSWORD).await;
    changed.expect("another password");

    let renamed = rename(&thief, &stolen.account_id, "Léa".into()).await;
    let refused = renamed.map(tonic::Response::new);
    expect_error(refused, Code::Unauthenticated, "TOKEN_INVALID");
    let renewed = people::refresh(&server, &tokens.refresh_token).await;
    renewed.expect("her own session");
}

#[tokio::test]
async fn a_password_that_is_known_is_not_changed_without_end() {
    let server = strict().await;
    let (_, lea) = person(&server, "lea").await;

    let mut changed = 0;
    let (mut from, mut to) = (GOOD_PASSWORD, OTHER_PASSWORD);
    let refused = loop {
        match change_password(&lea, from, to).await {
            Ok(()) => changed += 1,
            Err(refused) => break refused,
        }
        assert!(changed < 2 * AT_ONCE, "without end");
        (from, to) = (to, from);
    };

    assert!(is_throttled(&refused), "{refused:?}");
    assert!(changed >= AT_ONCE, "{changed}");
    assert_eq!(told(&server, "password.changed").await, changed);
}
