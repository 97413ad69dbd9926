//! A rush of sign-ins: who finds no room is told so at once, and nobody is locked out by it.

use std::time::Duration;

use guichet_client::proto::LoginRequest;
use guichet_client::{Reason, error};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};
use tokio::task::JoinSet;
use tonic::Status;

const EMAIL: &str = "lea@ecole.example";

/// Signs in so many times at once; the refusals.
async fn rush(server: &Server, username: &str, times: usize) -> Vec<Status> {
    let guichet = server.anyone().await;
    let mut calls = JoinSet::new();
    for _ in 0..times {
        let guichet = guichet.clone();
        let request = LoginRequest {
            username: username.into(),
            password: GOOD_PASSWORD.into(),
            device_name: String::new(),
        };
        calls.spawn(async move { guichet.auth().login(request).await });
    }
    let answers = calls.join_all().await;
    answers.into_iter().filter_map(Result::err).collect()
}

#[tokio::test]
async fn who_finds_no_room_is_told_when_to_come_back_and_is_not_charged() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "2")
        .env("GUICHET_ARGON2", "m=65536,t=3,p=1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    // Fewer than the throttle lets fail: those that find no room must not even count as one try.
    for _ in 0..3 {
        let refusals = rush(&server, "lea", 40).await;

        assert!(!refusals.is_empty(), "there was room for all");
        for refusal in refusals {
            let reason = error::reason(&refusal);
            let expected = [Some(Reason::Overloaded), Some(Reason::Throttled)];
            assert!(expected.contains(&reason), "{refusal}");
            let wait = error::retry_after(&refusal).expect("how long to wait");
            assert!(wait <= Duration::from_secs(31), "{wait:?}");
        }
        server.advance(Duration::from_secs(31));
    }
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn all_who_sign_in_at_once_get_in_while_their_hash_is_renewed() {
    let old = Server::builder()
        .env("GUICHET_ARGON2", "m=8,t=2,p=1")
        .start()
        .await;
    people::active(&old, "lea", EMAIL).await;
    let stronger = old.restart_with("GUICHET_ARGON2", "m=64,t=2,p=1").await;

    let refusals = rush(&stronger, "lea", 20).await;

    assert!(refusals.is_empty(), "{refusals:?}");
    people::tokens(&stronger, "lea", GOOD_PASSWORD).await;
}
