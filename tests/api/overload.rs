//! A rush of sign-ins: who finds no room is told so at once, and nobody is locked out by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use guichet_client::proto::LoginRequest;
use guichet_client::{Reason, error};
use guichet_tests::door::Door;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, patience};
use tokio::task::JoinSet;
use tonic::Status;

const EMAIL: &str = "lea@ecole.example";

/// Between two tries of whoever takes no refusal for an answer.
const PAUSE: Duration = Duration::from_millis(5);

/// Signs in with each of these names at once; the refusals.
async fn rush(
    server: &Server,
    usernames: impl IntoIterator<Item = String>,
    password: &str,
) -> Vec<Status> {
    let guichet = server.anyone().await;
    let mut calls = JoinSet::new();
    for username in usernames {
        let guichet = guichet.clone();
        let request = LoginRequest {
            username,
            password: password.into(),
            device_name: String::new(),
            ..LoginRequest::default()
        };
        calls.spawn(async move { guichet.auth().login(request).await });
    }
    let answers = calls.join_all().await;
    answers.into_iter().filter_map(Result::err).collect()
}

/// More rushes than a name may have failures: a try that found no room must not count. Tries for one name wait for each
/// other, so it takes many names.
#[tokio::test]
async fn who_finds_no_room_is_told_when_to_come_back_and_is_not_charged() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "5")
        .env("GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES", "5")
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "2")
        .env("GUICHET_ARGON2", "m=65536,t=3,p=1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    let mut overloaded = 0;
    for round in 0..7 {
        // Not the same first ones each time: they find room.
        let names = (0..40).map(|number| format!("lea{}", (number + round * 5) % 40));
        for refusal in rush(&server, names, OTHER_PASSWORD).await {
            if error::reason(&refusal) == Some(Reason::BadCredentials) {
                continue;
            }
            assert_eq!(error::reason(&refusal), Some(Reason::Overloaded));
            error::retry_after(&refusal).expect("how long to wait");
            overloaded += 1;
        }
    }
    assert!(overloaded > 140, "there was room for all but {overloaded}");
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

/// Whoever asks again at once takes each place that comes free: so many, that somebody who asks once would find none.
#[tokio::test]
async fn a_storm_from_one_network_leaves_room_for_the_others() {
    let server = Server::builder()
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "11")
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let here = Door::from(&server, [127, 0, 0, 1]).await;
    let overloaded = Arc::new(AtomicUsize::new(0));
    let mut storm = JoinSet::new();
    for number in 0..40 {
        storm.spawn(ask_for_ever(
            here.clone(),
            format!("nobody{number}"),
            Arc::clone(&overloaded),
        ));
    }
    patience::until("a storm", async || {
        (overloaded.load(Ordering::Relaxed) >= 100).then_some(())
    })
    .await;

    let elsewhere = Door::from(&server, [127, 0, 9, 1]).await;
    for _ in 0..5 {
        let signed_in = elsewhere.enter("lea", GOOD_PASSWORD).await;
        signed_in.expect("room for somebody from elsewhere");
    }
    let told = overloaded.load(Ordering::Relaxed);
    tokio::time::sleep(PAUSE * 20).await;
    let goes_on = overloaded.load(Ordering::Relaxed) > told;
    assert!(goes_on, "the storm was over before");
}

async fn ask_for_ever(door: Door, username: String, overloaded: Arc<AtomicUsize>) {
    loop {
        let refused = door.refusal(&username, OTHER_PASSWORD, "").await;
        if error::reason(&refused) == Some(Reason::Overloaded) {
            overloaded.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[tokio::test]
async fn all_who_sign_in_at_once_get_in_while_their_hash_is_renewed() {
    let old = Server::builder()
        .env("GUICHET_ARGON2", "m=8,t=2,p=1")
        .start()
        .await;
    people::active(&old, "lea", EMAIL).await;
    let stronger = old.restart_with("GUICHET_ARGON2", "m=64,t=2,p=1").await;

    let names = std::iter::repeat_n("lea".to_owned(), 20);
    let refusals = rush(&stronger, names, GOOD_PASSWORD).await;

    assert!(refusals.is_empty(), "{refusals:?}");
    people::tokens(&stronger, "lea", GOOD_PASSWORD).await;
}
