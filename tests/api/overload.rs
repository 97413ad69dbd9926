//! A rush of sign-ins: who finds no room is told so at once, and nobody is locked out by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, BeginTotpEnrollmentRequest, ChangePasswordRequest, CreateAccountRequest, LoginRequest,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::door::Door;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, journal, patience};
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::{Code, Status};

const EMAIL: &str = "lea@ecole.example";

/// Between two tries of whoever takes no refusal for an answer.
const PAUSE: Duration = Duration::from_millis(5);

/// Of bcrypt, so that it is hashed again.
const FOREIGN_HASH: &str = "$2b$04$abcdefghijklmnopqrstuuWGqMlbkDGFLsO/eQAsxDRTJTsmtaB/C";

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
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "1000")
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "2")
        // Longer than it takes to ask, and short enough that those who wait are answered in time on a machine at work,
        // which has little time for threads that hash.
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
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
            let reason = error::reason(&refusal);
            assert_eq!(reason, Some(Reason::Overloaded), "{refusal:?}");
            error::retry_after(&refusal).expect("how long to wait");
            overloaded += 1;
        }
    }
    // Fewer, and a name could have had six failures that count.
    assert!(overloaded > 40, "there was room for all but {overloaded}");
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
    patience::until("a storm that was not over before", async || {
        (overloaded.load(Ordering::Relaxed) > told).then_some(())
    })
    .await;
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

/// Begins a storm of sign-ins, and waits until it has taken all the room that it gets.
async fn storm(server: &Server, from: [u8; 4], names: usize) -> JoinSet<()> {
    let door = Door::from(server, from).await;
    let overloaded = Arc::new(AtomicUsize::new(0));
    let mut storm = JoinSet::new();
    for number in 0..names {
        let (door, overloaded) = (door.clone(), Arc::clone(&overloaded));
        storm.spawn(ask_for_ever(door, format!("nobody{number}"), overloaded));
    }
    patience::until("a storm", async || {
        (overloaded.load(Ordering::Relaxed) >= 20).then_some(())
    })
    .await;
    storm
}

/// Not only of sign-ins: a call that hashed without a place would find the room that is kept for others.
#[tokio::test]
async fn whatever_is_hashed_takes_of_the_room_of_its_network() {
    let server = Server::builder()
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "11")
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let signed_in = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&signed_in.access_token).await;
    let link = people::reset_link(&server, EMAIL).await;
    let (admin, anyone) = (server.admin().await, server.anyone().await);
    let _storm = storm(&server, [127, 0, 0, 1], 40).await;

    until_overloaded("BeginTotpEnrollment", async || begin(&lea).await).await;
    until_overloaded("ChangePassword", async || {
        let request = ChangePasswordRequest {
            current_password: GOOD_PASSWORD.into(),
            new_password: OTHER_PASSWORD.into(),
        };
        lea.account().change_password(request).await.map(drop)
    })
    .await;
    // By a password that no rule lets pass, or the one that finds room would use the link up.
    let complete = async || people::complete(&anyone, &link, EMAIL, "a").await;
    until_overloaded("CompleteReset", async || complete().await.map(drop)).await;
    for credential in [
        Credential::Password(GOOD_PASSWORD.into()),
        Credential::PasswordHash(FOREIGN_HASH.into()),
    ] {
        let mut number = 0;
        until_overloaded("CreateAccount", async || {
            number += 1;
            let request = CreateAccountRequest {
                account: Some(Account {
                    username: format!("noa{number}"),
                    ..Account::default()
                }),
                credential: Some(credential.clone()),
                ..CreateAccountRequest::default()
            };
            admin.account().create_account(request).await.map(drop)
        })
        .await;
    }
}

/// Who is lucky takes a place that has just come free; the next time, or the one after it, there is none.
async fn until_overloaded(what: &str, mut call: impl AsyncFnMut() -> Result<(), Status>) {
    patience::until(what, async || {
        let refusal = call().await.err()?;
        (error::reason(&refusal) == Some(Reason::Overloaded)).then_some(())
    })
    .await;
}

async fn begin(person: &Guichet) -> Result<(), Status> {
    let request = BeginTotpEnrollmentRequest {
        current_password: GOOD_PASSWORD.into(),
    };
    let begun = person.auth().begin_totp_enrollment(request).await;
    begun.map(drop)
}

/// Each password that is right opens the counter to as many more as are free.
#[tokio::test]
async fn who_proves_a_password_again_and_again_leaves_room_and_does_not_fill_the_journal() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "11")
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    people::active(&server, "noa", "noa@ecole.example").await;
    let signed_in = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&signed_in.access_token).await;
    let answered = Arc::new(AtomicUsize::new(0));
    let mut storm = JoinSet::new();
    for _ in 0..24 {
        let (lea, answered) = (lea.clone(), Arc::clone(&answered));
        storm.spawn(async move {
            loop {
                let _ = begin(&lea).await;
                answered.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    patience::until("a storm", async || {
        (answered.load(Ordering::Relaxed) >= 30).then_some(())
    })
    .await;

    let elsewhere = Door::from(&server, [127, 0, 9, 1]).await;
    for _ in 0..5 {
        let signed_in = elsewhere.enter("noa", GOOD_PASSWORD).await;
        signed_in.expect("room for somebody from elsewhere");
    }
    let events = journal::events(&server).await;
    let refusals = events
        .iter()
        .filter(|event| event.kind == "password.throttled");
    assert_eq!(refusals.count(), 0, "right passwords were refused");
}

/// As often as closes the counter, and once more.
#[tokio::test]
async fn a_sign_in_whose_deadline_passes_in_the_line_is_not_charged() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "5")
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "1000")
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "47")
        .env("GUICHET_ARGON2", "m=65536,t=6,p=1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    // Thirty-two of them are looked at before her, which takes longer than she waits.
    let storm = storm(&server, [127, 0, 9, 1], 40).await;

    let request = LoginRequest {
        username: "lea".into(),
        password: GOOD_PASSWORD.into(),
        ..LoginRequest::default()
    };
    let request = frame(0, &request.encode_to_vec());
    // Not by a client that gives up by itself.
    let wire = Wire::connect(&server).await;
    for _ in 0..6 {
        let headers = [GRPC, ("grpc-timeout", "2S")];
        let answer = wire.post("/guichet.v1.AuthService/Login", &headers, &request);
        let answer = answer.await.expect("an answer");
        assert_ne!(answer.code(), Some(Code::Ok), "there was no line");
    }
    drop(storm);

    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}
