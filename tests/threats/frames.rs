//! Bodies that are no message, by the ways that `tests/api/bad_frames.rs` doesn't go: as the script of a page sends them, and
//! to every call there is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{RequestResetRequest, ResetOutcome};
use guichet_tests::protos::{self, text};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, Untouched, people, raw, web};
use http::Request;
use memchr::memmem;
use prost::Message as _;
use tonic::Code;

const REQUEST_RESET: &str = "/guichet.v1.ResetService/RequestReset";

const BYTES: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text+proto";

/// A message that would be carried out, if its frame were one.
fn good() -> Vec<u8> {
    let request = RequestResetRequest {
        identifier: Some(Identifier::Username("lea".to_owned())),
        ..RequestResetRequest::default()
    };
    request.encode_to_vec()
}

/// Posts a body as a page does and tells whether the call says that it went well.
async fn goes_well(server: &Server, content_type: &str, body: Vec<u8>) -> bool {
    let request = Request::post(format!("{}{REQUEST_RESET}", server.url()))
        .header("content-type", content_type)
        .header("accept", content_type)
        .header("x-grpc-web", "1")
        .body(body);
    let answer = web::exchange(request.expect("a request")).await;

    let (head, body) = answer.into_parts();
    let told = head
        .headers
        .get("grpc-status")
        .is_none_or(|status| status == "0");
    let trailers = match content_type {
        // Padded wherever the server has flushed.
        TEXT => body
            .chunks(4)
            .flat_map(|four| STANDARD.decode(four).unwrap_or_default())
            .collect(),
        _ => body.to_vec(),
    };
    let said = memmem::find(&trailers, b"grpc-status:0").is_some();
    head.status.is_success() && told && said
}

#[tokio::test]
async fn a_broken_frame_from_a_page_is_no_call() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let untouched = Untouched::before(&server).await;
    let good = frame(0, &good());

    let mut bodies: Vec<Vec<u8>> = (0..5).map(|length| vec![0; length]).collect();
    bodies.push(good[..good.len() - 1].to_vec());
    bodies.extend([1, 2, 0x7f, 0x80, 0xff].map(|flag| [&[flag][..], &good[1..]].concat()));
    bodies.push([&[0][..], &u32::MAX.to_be_bytes(), b"x"].concat());
    for wrong in [
        &[0xc3, 0x28][..],
        &[0xed, 0xa0, 0x80],
        &[0xc0, 0xaf],
        &[0xf5],
    ] {
        bodies.push(frame(0, &text(2, [b"lea", wrong].concat())));
    }
    for body in bodies {
        let what = format!("{body:x?}");
        assert!(
            !goes_well(&server, TEXT, STANDARD.encode(&body).into()).await,
            "{what}"
        );
        assert!(!goes_well(&server, BYTES, body).await, "{what}");
    }
    let encoded = STANDARD.encode(&good);
    for body in [
        "!!!!",
        "A",
        "=",
        &encoded[..encoded.len() - 3],
        &format!("\0{encoded}"),
    ] {
        assert!(!goes_well(&server, TEXT, body.into()).await, "{body:?}");
    }

    untouched.assert("a broken frame").await;
    // Otherwise all of them might be refused for the wrong reason.
    assert!(goes_well(&server, BYTES, good).await);
    assert!(goes_well(&server, TEXT, encoded.into()).await);
}

/// The same noise at every run (Numerical Recipes' generator).
fn noise(seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761);
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let length = usize::try_from(seed % 60).expect("a small number");
    std::iter::repeat_with(next).take(1 + length).collect()
}

/// The caller may do anything, so that nothing but the message is in the way.
#[tokio::test]
async fn noise_at_any_call_moves_nothing() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let channel = server.anyone().await.channel();
    let key = server.api_key().to_owned();
    let untouched = Untouched::before(&server).await;

    for (number, rpc) in (0..).zip(protos::rpcs()) {
        let nested = [vec![0x0b; 10_000], vec![0x0c; 10_000]].concat();
        let noise = (0..40).map(|seed| noise(number * 40 + seed));
        for message in noise.chain([nested, vec![0x0a; 60_000], vec![0x0a, 0xff, 0xff]]) {
            let answer = raw::call(&channel, rpc.full_name(), Some(&key), message).await;

            if let Err(status) = answer {
                let ours = [
                    Code::Unknown,
                    Code::Unavailable,
                    Code::DataLoss,
                    Code::Aborted,
                ];
                assert!(!ours.contains(&status.code()), "{}: {status}", rpc.name);
            }
        }
    }

    untouched.assert("noise").await;
}

/// Which of two is meant must not depend on who counts, looks up or mails.
#[tokio::test]
async fn of_a_field_given_twice_only_the_last_is_counted_and_mailed() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_RESET_REQUESTS", "1")
        .start()
        .await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "leo", "leo@ecole.example").await;
    let wire = Wire::connect(&server).await;
    let twice = |first: (u32, &str), last: (u32, &str)| {
        [text(first.0, first.1), text(last.0, last.1)].concat()
    };

    for message in [
        twice((1, "leo@ecole.example"), (2, "lea")),
        twice((2, "leo"), (2, "lea")),
        twice((2, "lea"), (1, "leo@ecole.example")),
    ] {
        let answer = wire.post(REQUEST_RESET, &[GRPC], &frame(0, &message)).await;
        assert_eq!(answer.expect("an answer").code(), Some(Code::Ok));
        people::reset_outcomes(&server).await;
    }

    let newest_first = people::reset_outcomes(&server).await;
    let expected = [
        ResetOutcome::Mailed,
        ResetOutcome::Throttled,
        ResetOutcome::Mailed,
    ];
    assert_eq!(newest_first, expected);
    // The link, and that there is no second one.
    server.mailbox().wait_for("lea@ecole.example", 2).await;
    server.mailbox().wait_for("leo@ecole.example", 1).await;
}

/// Nobody finds out by asking which calls there are.
#[tokio::test]
async fn an_unknown_call_is_told_alike_whatever_is_unknown_of_it() {
    let server = Server::builder()
        .env("GUICHET_REFLECTION", "off")
        .start()
        .await;
    let untouched = Untouched::before(&server).await;
    let wire = Wire::connect(&server).await;

    let mut told = Vec::new();
    for path in [
        "/guichet.v1.ResetService/Unknown",
        "/guichet.v1.Unknown/RequestReset",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/unknown.Service/Unknown",
    ] {
        let answer = wire.post(path, &[GRPC], &frame(0, &good())).await;
        let answer = answer.expect("an answer");
        let names = [
            "grpc-status",
            "grpc-message",
            "grpc-status-details-bin",
            "content-type",
        ];
        told.push(names.map(|name| answer.headers.get(name).cloned()));
        assert_eq!(answer.code(), Some(Code::Unimplemented), "{path}");
    }

    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    untouched.assert("an unknown call").await;
}
