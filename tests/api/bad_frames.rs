//! Messages that no gRPC client would send: each is refused, has done nothing, and the next caller is served.

use guichet_client::Guichet;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ListAccountsRequest, ListResetRequestsRequest, RequestResetRequest, ResetOutcome,
};
use guichet_tests::wire::{Answer, GRPC, Wire, frame};
use guichet_tests::{Server, people};
use http::{Method, StatusCode};
use prost::Message as _;
use tonic::Code;

const REQUEST_RESET: &str = "/guichet.v1.ResetService/RequestReset";
const LOGIN: &str = "/guichet.v1.AuthService/Login";
const CREATE_ACCOUNT: &str = "/guichet.v1.AccountService/CreateAccount";

/// Stands in every text field, and must not come back in a log.
const MARKER: &[u8] = b"marker-9d1f0c";

/// One message: where it goes and what it may be answered with.
struct Row {
    what: String,
    path: &'static str,
    encoding: Option<&'static str>,
    body: Vec<u8>,
    codes: &'static [Code],
}

impl Row {
    fn new(what: impl Into<String>, body: Vec<u8>, codes: &'static [Code]) -> Self {
        Self {
            what: what.into(),
            path: REQUEST_RESET,
            encoding: None,
            body,
            codes,
        }
    }
}

/// Sends every row as an administrator and looks, after each, that nothing has come of it.
async fn assert_refused(rows: Vec<Row>) {
    let server = Server::start().await;
    let admin = server.admin().await;
    let bearer = format!("Bearer {}", server.api_key());
    let wire = Wire::connect(&server).await;

    for row in rows {
        let mut headers = vec![GRPC, ("authorization", bearer.as_str())];
        headers.extend(row.encoding.map(|name| ("grpc-encoding", name)));

        let answer = wire.post(row.path, &headers, &row.body).await;

        let answer = answer.unwrap_or_else(|reason| panic!("{}: {reason:?}", row.what));
        assert_eq!(answer.status, StatusCode::OK, "{}", row.what);
        let code = answer.code().expect("a call's answer");
        assert!(row.codes.contains(&code), "{}: {code:?}", row.what);
        assert!(answer.has_details(), "{}: no reason", row.what);
        assert_tells_nothing(&answer, &row.what);
        assert_nothing_done(&server, &admin, &row.what).await;
    }
}

fn assert_tells_nothing(answer: &Answer, what: &str) {
    for value in answer.headers.values().chain(answer.trailers.values()) {
        let told = value.as_bytes().windows(MARKER.len());
        assert!(!told.into_iter().any(|part| part == MARKER), "{what}");
    }
}

/// These questions also show that the server still answers.
async fn assert_nothing_done(server: &Server, admin: &Guichet, what: &str) {
    let (mut accounts, mut resets) = (admin.account(), admin.reset());
    let accounts = accounts.list_accounts(ListAccountsRequest::default());
    let accounts = accounts.await.expect("a list").into_inner().accounts;
    assert!(accounts.is_empty(), "{what}: {accounts:?}");
    let asked = resets.list_reset_requests(ListResetRequestsRequest::default());
    let asked = asked.await.expect("a list").into_inner().requests;
    assert!(asked.is_empty(), "{what}: {asked:?}");

    let log = server.log();
    let marker = String::from_utf8_lossy(MARKER);
    assert!(!log.contains("\"ERROR\""), "{what}: {log}");
    assert!(!log.contains(&*marker), "{what}: {log}");
}

fn asked(identifier: Identifier) -> Vec<u8> {
    let request = RequestResetRequest {
        identifier: Some(identifier),
        ..RequestResetRequest::default()
    };
    request.encode_to_vec()
}

fn good_message() -> Vec<u8> {
    asked(Identifier::Username("lea.martin".to_owned()))
}

/// A field of bytes, text or a message.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).expect("a short value");
    assert!(number < 16 && length < 128, "one byte each");
    [&[number << 3 | 2, length], value].concat()
}

#[tokio::test]
async fn a_broken_frame_is_no_call() {
    let good = good_message();
    let mut rows: Vec<Row> = (0..=4)
        .map(|length| {
            let what = format!("a frame of {length} bytes");
            Row::new(what, vec![0; length], &[Code::Internal])
        })
        .collect();
    let half = &frame(0, &[0; 100])[..15];
    rows.push(Row::new(
        "10 of 100 bytes",
        half.to_vec(),
        &[Code::Internal],
    ));
    for flag in [1, 2, 127, 255] {
        let what = format!("compression flag {flag}");
        rows.push(Row::new(what, frame(flag, &good), &[Code::Internal]));
    }
    for name in ["br", "gzip", "zstd", "nonsense"] {
        for flag in [0, 1] {
            let what = format!("encoding {name}, flag {flag}");
            rows.push(Row {
                encoding: Some(name),
                ..Row::new(what, frame(flag, &good), &[Code::Unimplemented])
            });
        }
    }

    assert_refused(rows).await;
}

#[tokio::test]
async fn bytes_that_are_no_message_are_not_read_as_an_empty_one() {
    let nested = [vec![0x7b; 10_000], vec![0x7c; 10_000]].concat();
    let unknown = [0xb8, 0x3e, 1].repeat(20_000);
    let broken: [(&str, Vec<u8>); 9] = [
        ("a truncated varint", vec![0x0a, 0xff, 0xff]),
        ("an endless varint", vec![0xff; 32]),
        ("a number where text belongs", vec![0x08, 1]),
        ("the end of no group", vec![0x0c]),
        ("a group without end", vec![0x0b]),
        ("field number 0", vec![0x02, 0]),
        ("a length beyond the end", vec![0x0a, 0x7f, b'x']),
        ("wire type 7", vec![0x0f, 1]),
        ("10,000 groups in each other", nested),
    ];

    let mut rows: Vec<Row> = broken
        .into_iter()
        .map(|(what, message)| Row::new(what, frame(0, &message), &[Code::Internal]))
        .collect();
    let refused = &[Code::Internal, Code::InvalidArgument];
    rows.push(Row::new(
        "20,000 unknown fields",
        frame(0, &unknown),
        refused,
    ));
    for (number, path) in [REQUEST_RESET, LOGIN, CREATE_ACCOUNT]
        .into_iter()
        .cycle()
        .take(60)
        .enumerate()
    {
        let message = noise(u32::try_from(number).expect("a small number"));
        rows.push(Row {
            path,
            // Noise may be a name and a password that nobody has.
            codes: &[Code::Internal, Code::InvalidArgument, Code::Unauthenticated],
            ..Row::new(format!("noise {number}"), frame(0, &message), &[])
        });
    }

    assert_refused(rows).await;
}

/// The same noise at every run (Numerical Recipes' generator).
fn noise(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(48).collect()
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_refused_in_every_field() {
    let mut rows = Vec::new();
    for wrong in [
        &[0xc3, 0x28][..],
        &[0xed, 0xa0, 0x80],
        &[0xc0, 0xaf],
        &[0xf5],
    ] {
        let text = [MARKER, wrong].concat();
        let mut refuse = |path, number: u8, message: Vec<u8>| {
            rows.push(Row {
                path,
                ..Row::new(
                    format!("{wrong:x?} in field {number} of {path}"),
                    frame(0, &message),
                    &[Code::Internal],
                )
            });
        };

        for number in 1..=4 {
            refuse(REQUEST_RESET, number, field(number, &text));
        }
        for number in 1..=3 {
            refuse(LOGIN, number, field(number, &text));
        }
        for number in [2, 3, 5] {
            refuse(CREATE_ACCOUNT, number, field(number, &text));
        }
        // Username, e-mail, display name and locale of the account in field 1.
        for number in [2, 3, 5, 6] {
            refuse(CREATE_ACCOUNT, number, field(1, &field(number, &text)));
        }
    }

    assert_refused(rows).await;
}

#[tokio::test]
async fn a_message_that_says_it_is_too_long_is_refused_before_it_comes() {
    let server = Server::start().await;
    let wire = Wire::connect(&server).await;

    for length in [64 * 1024 + 1, u32::MAX] {
        let call = wire.open(Method::POST, REQUEST_RESET, &[GRPC]).await;
        let mut call = call.expect("an open call");
        call.send(&[&[0][..], &length.to_be_bytes()].concat());

        let answer = call.answer().await.expect("an answer");
        assert_eq!(answer.code(), Some(Code::OutOfRange), "{length}");
    }
}

#[tokio::test]
async fn whoever_compresses_is_told_that_nothing_is_read_compressed() {
    let server = Server::start().await;
    let wire = Wire::connect(&server).await;
    let headers = [GRPC, ("grpc-encoding", "gzip")];

    let answer = wire.post(REQUEST_RESET, &headers, &frame(1, b"")).await;

    let answer = answer.expect("an answer");
    assert_eq!(answer.code(), Some(Code::Unimplemented));
    assert_eq!(answer.headers["grpc-accept-encoding"], "identity");
}

#[tokio::test]
async fn two_messages_in_one_call_are_at_most_one_request() {
    let server = Server::start().await;
    let wire = Wire::connect(&server).await;
    let twice = frame(0, &good_message()).repeat(2);

    let answer = wire.post(REQUEST_RESET, &[GRPC], &twice).await;

    let code = answer.expect("an answer").code().expect("a call's answer");
    let requests = people::reset_outcomes(&server).await.len();
    assert!(
        matches!((code, requests), (Code::Ok, 1) | (Code::Internal, 0)),
        "{code:?}, {requests} requests"
    );
}

/// Whatever a filter in front of Guichet looks at, it sees what Guichet acts on: the last one (proto3).
#[tokio::test]
async fn of_two_members_of_a_choice_only_the_last_one_counts() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", "lea@ecole.example").await;
    people::active(&server, "leo.martin", "leo@ecole.example").await;
    let both = [
        asked(Identifier::Email("leo@ecole.example".to_owned())),
        asked(Identifier::Username("lea.martin".to_owned())),
    ];
    let wire = Wire::connect(&server).await;

    let body = frame(0, &both.concat());
    let answer = wire.post(REQUEST_RESET, &[GRPC], &body).await;

    assert_eq!(answer.expect("an answer").code(), Some(Code::Ok));
    let outcomes = people::reset_outcomes(&server).await;
    assert_eq!(outcomes, [ResetOutcome::Mailed]);
    server.mailbox().wait_for("lea@ecole.example", 1).await;
    assert!(server.mailbox().of("leo@ecole.example").is_empty());
}
