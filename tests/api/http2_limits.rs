//! What one HTTP/2 connection may ask for.

use guichet_tests::Server;
use guichet_tests::wire::{Answer, GRPC, Wire, frame};
use h2::Reason;
use http::{Method, StatusCode};
use tonic::Code;

const HEALTH: &str = "/grpc.health.v1.Health/Check";
const LIST_ACCOUNTS: &str = "/guichet.v1.AccountService/ListAccounts";

fn is_refused(answer: &Result<Answer, Option<Reason>>) -> bool {
    match answer {
        Ok(answer) => answer.status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Err(_) => true,
    }
}

async fn assert_serves(server: &Server) {
    let wire = Wire::connect(server).await;
    let answer = wire.post(HEALTH, &[GRPC], &frame(0, b"")).await;
    assert_eq!(answer.expect("an answer").code(), Some(Code::Ok));
}

#[tokio::test]
async fn metadata_of_more_than_16_kib_is_refused() {
    let server = Server::start().await;
    let long = "x".repeat(17 * 1024);
    let bearer = format!("Bearer {}", "x".repeat(64 * 1024));
    let many: Vec<String> = (0..10_000).map(|number| format!("x-{number}")).collect();

    for (what, headers) in [
        ("one long value", vec![("x-long", long.as_str())]),
        ("a long token", vec![("authorization", bearer.as_str())]),
        (
            "10,000 names",
            many.iter().map(|name| (name.as_str(), "x")).collect(),
        ),
    ] {
        let wire = Wire::connect(&server).await;
        let headers = [&[GRPC], headers.as_slice()].concat();

        let answer = wire.post(HEALTH, &headers, &frame(0, b"")).await;

        assert!(is_refused(&answer), "{what}: {answer:?}");
        assert_serves(&server).await;
    }
}

/// Which of two tokens counts must not depend on who reads them.
#[tokio::test]
async fn two_tokens_are_none() {
    let server = Server::start().await;
    let wire = Wire::connect(&server).await;
    let good = format!("Bearer {}", server.api_key());
    let other = "Bearer nobody";

    for [first, second] in [[good.as_str(), other], [other, &good], [&good, &good]] {
        let headers = [GRPC, ("authorization", first), ("authorization", second)];
        let answer = wire.post(LIST_ACCOUNTS, &headers, &frame(0, b"")).await;

        let code = answer.expect("an answer").code();
        assert_eq!(code, Some(Code::Unauthenticated), "{first} {second}");
    }
}

#[tokio::test]
async fn a_body_of_another_length_than_was_said_is_no_call() {
    let server = Server::start().await;
    let wire = Wire::connect(&server).await;

    for length in ["1", "6"] {
        let headers = [GRPC, ("content-length", length)];
        let answer = wire.post(HEALTH, &headers, &frame(0, b"")).await;

        assert_eq!(
            answer.expect_err("a broken stream"),
            Some(Reason::PROTOCOL_ERROR),
            "{length}"
        );
    }
    assert_serves(&server).await;
}

/// RUSTSEC-2024-0003: each broken stream costs the server something.
#[tokio::test]
async fn whoever_breaks_stream_after_stream_is_sent_away() {
    let server = Server::start().await;
    let wire = Wire::connect(&server).await;
    let headers = [GRPC, ("content-length", "1")];

    let mut broken = 0;
    loop {
        let answer = wire.post(HEALTH, &headers, &frame(0, b"")).await;
        if answer.expect_err("a broken stream") == Some(Reason::ENHANCE_YOUR_CALM) {
            break;
        }
        broken += 1;
        assert!(broken < 1_000, "nobody minds");
    }

    assert_serves(&server).await;
}

/// A caller that sends its message byte by byte holds a call no longer than any other.
#[tokio::test]
async fn a_message_that_never_comes_is_not_waited_for() {
    let server = Server::builder()
        .env("GUICHET_MAX_DEADLINE", "1s")
        .start()
        .await;
    let wire = Wire::connect(&server).await;
    let call = wire.open(Method::POST, HEALTH, &[GRPC]).await;
    let mut call = call.expect("an open call");
    call.send(&frame(0, &[0; 100])[..10]);

    let answer = call.answer().await.expect("an answer");

    assert_eq!(answer.code(), Some(Code::DeadlineExceeded));
    assert_serves(&server).await;
}
