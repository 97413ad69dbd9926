//! Messages that are well formed and mean more than a machine can hold.

use guichet_tests::protos::{Rpc, number, rpcs, text};
use guichet_tests::{Server, raw};
use tonic::{Code, Status};

/// Seconds and nanoseconds that no clock shows.
const TOO_FAR: [(i64, i32); 9] = [
    (i64::MIN, 0),
    (i64::MAX, 0),
    (i64::MIN, i32::MIN),
    (i64::MAX, i32::MAX),
    (-1, 0),
    (0, -1),
    (0, 1_000_000_000),
    (253_402_300_800, 0),
    (i64::MAX / 1_000_000 + 1, 0),
];

fn moment(seconds: i64, nanos: i32) -> Vec<u8> {
    let varint = |value: i64| u64::from_ne_bytes(value.to_ne_bytes());
    [number(1, varint(seconds)), number(2, varint(nanos.into()))].concat()
}

/// Its fields that are a moment or a span.
fn times(rpc: &Rpc) -> Vec<u32> {
    let fields = rpc.request.field.iter();
    let is_time = |name: &str| name.ends_with(".Timestamp") || name.ends_with(".Duration");
    fields
        .filter(|field| is_time(field.type_name()))
        .filter_map(|field| u32::try_from(field.number()).ok())
        .collect()
}

fn assert_no_accident(what: &str, answer: Result<Vec<u8>, Status>) {
    if let Err(status) = answer {
        let accidents = [Code::Unknown, Code::Unavailable, Code::Cancelled];
        assert!(!accidents.contains(&status.code()), "{what}: {status}");
    }
}

/// Every field of every call that holds a moment or a span.
#[tokio::test]
async fn rustsec_2021_0073_no_moment_and_no_span_is_too_far() {
    let server = Server::start().await;
    let key = server.api_key();
    let channel = server.anyone().await.channel();

    let mut sent = 0;
    for rpc in rpcs() {
        for field in times(&rpc) {
            for (seconds, nanos) in TOO_FAR {
                let message = text(field, moment(seconds, nanos));
                let answer = raw::call(&channel, rpc.full_name(), Some(key), message).await;
                let what = format!("{} with {seconds} s and {nanos} ns", rpc.name);
                let internal = answer.as_ref().is_err_and(|it| it.code() == Code::Internal);
                assert!(!internal, "{what}: {answer:?}");
                assert_no_accident(&what, answer);
                sent += 1;
            }
        }
    }

    assert!(sent >= 4 * TOO_FAR.len(), "only {sent} calls hold a moment");
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// RUSTSEC-2020-0002: every call, with messages and groups in each other without end.
#[tokio::test]
async fn rustsec_2020_0002_no_message_is_too_deep() {
    let server = Server::start().await;
    let key = server.api_key();
    let channel = server.anyone().await.channel();
    let groups = [vec![0x0b; 20_000], vec![0x0c; 20_000]].concat();
    let mut messages = Vec::new();
    for _ in 0..9_000 {
        messages = text(1, &messages);
    }

    for rpc in rpcs() {
        for message in [&groups, &messages] {
            let answer = raw::call(&channel, rpc.full_name(), Some(key), message.clone()).await;
            assert_no_accident(&rpc.name, answer);
        }
    }

    assert!(!server.log().contains("panicked"), "{}", server.log());
    server.admin().await;
}
