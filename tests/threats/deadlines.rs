//! Calls that their callers give up.

use std::time::{Duration, Instant};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{CompleteResetRequest, LoginRequest};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Mail, Server, Untouched, expect_error};
use http::Method;
use prost::Message as _;
use tonic::Code;

const LOGIN: &str = "/guichet.v1.AuthService/Login";
const COMPLETE: &str = "/guichet.v1.ResetService/CompleteReset";

/// How long the server may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(10);

fn wrong_sign_in() -> Vec<u8> {
    let request = LoginRequest {
        username: "lea".into(),
        password: OTHER_PASSWORD.into(),
        device_name: String::new(),
        ..Default::default()
    };
    frame(0, &request.encode_to_vec())
}

#[tokio::test]
async fn a_time_limit_is_read_strictly_and_never_longer_than_ours() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let untouched = Untouched::before(&server).await;
    let wire = Wire::connect(&server).await;

    for (limit, expected) in [
        ("0n", Code::DeadlineExceeded),
        ("1n", Code::DeadlineExceeded),
        ("1m", Code::DeadlineExceeded),
        ("99999999H", Code::Unauthenticated),
        // What is no limit is none.
        ("-1S", Code::Unauthenticated),
        ("1x", Code::Unauthenticated),
        ("123456789n", Code::Unauthenticated),
        ("", Code::Unauthenticated),
        ("S", Code::Unauthenticated),
        ("1 S", Code::Unauthenticated),
    ] {
        let headers = [GRPC, ("grpc-timeout", limit)];
        let answer = wire.post(LOGIN, &headers, &wrong_sign_in()).await;
        let code = answer.expect("an answer").code();
        assert_eq!(code, Some(expected), "{limit:?}");
    }

    untouched.assert("a limit").await;
}

/// Whether so many tries are counted for the name, here and everywhere. What a whole network and everybody are charged for
/// comes later, and says nothing of one try.
async fn are_charged(server: &Server, tries: usize) -> bool {
    let failures = if server.on_postgres() {
        format!("\t{tries}\t")
    } else {
        format!("'integer{tries}integer")
    };
    let rows = &server.rows().await["throttle"];
    rows.iter().filter(|row| row.contains(&failures)).count() >= 2
}

/// Otherwise whoever gives up in time could go on guessing.
#[tokio::test]
async fn a_guess_that_is_given_up_counts() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "3")
        .env("GUICHET_ARGON2", "m=65536,t=3,p=1")
        .start()
        .await;
    people::active(&server, "lea", "lea@ecole.example").await;

    for tries in 1..=3 {
        let wire = Wire::connect(&server).await;
        let call = wire.open(Method::POST, LOGIN, &[GRPC]).await;
        let mut call = call.expect("an open call");
        call.finish(&wrong_sign_in());
        let deadline = Instant::now() + PATIENCE;
        while !are_charged(&server, tries).await {
            assert!(Instant::now() < deadline, "it was never charged");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop((call, wire));
    }

    let slowed = people::sign_in(&server, "lea", GOOD_PASSWORD).await;
    expect_error(slowed, Code::ResourceExhausted, "THROTTLED");
}

/// The one who hangs up doesn't learn whether it was done; the account knows.
#[tokio::test]
async fn a_reset_whose_caller_hangs_up_is_done_whole_or_not_at_all() {
    const EMAIL: &str = "lea@ecole.example";
    let server = Server::start().await;
    let user_id = people::active(&server, "lea", EMAIL).await.id;
    let anyone = server.anyone().await;
    let mut current = GOOD_PASSWORD.to_owned();
    let mut used = Vec::new();
    let (mut done, mut mails) = (0, 0);

    // The last one is answered by then, however busy the machine is.
    let waits = [0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 200, 3_000];
    for (round, wait) in waits.into_iter().enumerate() {
        people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
        mails += 1;
        let all = server.mailbox().wait_for(EMAIL, mails).await;
        let mut fresh = all.iter().flat_map(Mail::links);
        let link = fresh
            .find(|link| !used.contains(&link.code))
            .expect("a link");
        used.push(link.code.clone());
        let chosen = format!("Tilou{round}93!");
        server.remember(&chosen);
        let request = CompleteResetRequest {
            user_id: user_id.clone(),
            code: link.code.clone(),
            email: EMAIL.into(),
            new_password: chosen.clone(),
            ..Default::default()
        };

        let wire = Wire::connect(&server).await;
        let call = wire.open(Method::POST, COMPLETE, &[GRPC]).await;
        let mut call = call.expect("an open call");
        call.finish(&frame(0, &request.encode_to_vec()));
        tokio::time::sleep(Duration::from_millis(wait)).await;
        drop((call, wire));

        if opens_soon(&server, &chosen).await {
            let before = people::sign_in(&server, "lea", &current).await;
            assert!(before.is_err(), "round {round}: both passwords open it");
            let again = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
            expect_error(again, Code::FailedPrecondition, "RESET_CODE_INVALID");
            current = chosen;
            done += 1;
        } else {
            people::tokens(&server, "lea", &current).await;
            let used = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
            used.expect("a code that is still good");
            OTHER_PASSWORD.clone_into(&mut current);
        }
        // Either way the password was changed, and told.
        mails += 1;
        server.mailbox().wait_for(EMAIL, mails).await;
    }

    assert!(done > 0, "nothing was ever done");
}

/// Whether a password opens Léa's account, now or as soon as what was begun has ended.
async fn opens_soon(server: &Server, password: &str) -> bool {
    for _ in 0..10 {
        if people::sign_in(server, "lea", password).await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}
