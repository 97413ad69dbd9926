//! How much callers can have a server keep for calls that they don't go on with.

use std::time::Duration;

use guichet_client::proto::WatchEventsRequest;
use guichet_client::{Guichet, error};
use guichet_tests::wire::{GRPC, Open, Wire, frame};
use guichet_tests::{Server, expect_error, memory, patience, web};
use http::Method;
use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::institutions::network::{self, Network};

const HEALTH: &str = "/grpc.health.v1.Health/Check";
const REQUEST_RESET: &str = "/guichet.v1.ResetService/RequestReset";
const GET_IMPORT: &str = "/guichet.v1.ImportService/GetImport";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// How long an answer may take, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What stands before a message of this length.
fn promise(length: u32) -> Vec<u8> {
    [&[0][..], &length.to_be_bytes()].concat()
}

/// Calls that stay open on a connection of their own.
async fn open(server: &Server, path: &str, count: usize) -> Vec<Open> {
    let wire = Wire::connect(server).await;
    let mut calls = Vec::new();
    for _ in 0..count {
        let call = wire.open(Method::POST, path, &[GRPC]).await;
        calls.push(call.expect("an open call"));
    }
    calls
}

async fn codes(calls: Vec<Open>) -> Vec<Option<Code>> {
    let mut codes = Vec::new();
    for call in calls {
        let answer = timeout(PATIENCE, call.answer()).await;
        codes.push(answer.expect("an end").expect("an answer").code());
    }
    codes
}

/// Memory is set aside for what has come, not for what somebody says will come.
#[tokio::test]
async fn a_message_that_is_only_promised_takes_no_memory() {
    let server = Server::builder()
        .env("GUICHET_MAX_DEADLINE", "3s")
        .start()
        .await;
    let pid = server.pid().expect("a running server");
    let before = memory::mib(pid, "VmHWM");

    let mut calls = Vec::new();
    for _ in 0..20 {
        let mut some = open(&server, REQUEST_RESET, 100).await;
        for call in &mut some {
            call.send(&promise(64 * 1024));
        }
        calls.extend(some);
    }

    let codes = codes(calls).await;
    let told = |code| codes.iter().filter(|told| **told == Some(code)).count();
    // Of 1,024 places for those that are slow, one address gets half.
    assert_eq!(told(Code::DeadlineExceeded), 512, "{codes:?}");
    assert_eq!(told(Code::ResourceExhausted), 1_488, "{codes:?}");
    let more = memory::mib(pid, "VmHWM") - before;
    assert!(more < 48.0, "{more} MiB more");
}

#[tokio::test]
async fn only_uploads_may_be_longer_than_other_messages() {
    let server = Server::start().await;

    let mut import = open(&server, GET_IMPORT, 1).await;
    import[0].send(&promise(64 * 1024 + 1));
    let mut reflection = open(&server, REFLECTION, 1).await;
    reflection[0].send(&promise(4 * 1024 + 1));

    assert_eq!(codes(import).await, [Some(Code::OutOfRange)]);
    // Its stream ends without a word.
    assert_eq!(codes(reflection).await, [Some(Code::Ok)]);
}

/// A message in pieces is the same message.
#[tokio::test]
async fn a_message_may_come_slowly() {
    let server = Server::start().await;
    let mut calls = open(&server, HEALTH, 1).await;

    for byte in frame(0, &[]) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        calls[0].send(&[byte]);
    }
    calls[0].finish(&[]);

    assert_eq!(codes(calls).await, [Some(Code::Ok)]);
}

/// One address gets half of the places and its network two thirds, and somebody from elsewhere finds one.
#[tokio::test]
async fn no_network_takes_all_places_of_calls() {
    let server = Server::builder()
        .env("GUICHET_MAX_CONNECTIONS", "20")
        .env("GUICHET_TRUSTED_PROXIES", "127.0.0.1")
        .env("GUICHET_MAX_DEADLINE", "1h")
        .start()
        .await;
    let ask = async |wire: &Wire, from: &str| {
        let headers = [GRPC, ("x-forwarded-for", from)];
        let call = wire.open(Method::POST, HEALTH, &headers).await;
        call.expect("an open call")
    };
    let fill = async |from: &str, connections: usize| {
        let mut held = Vec::new();
        for _ in 0..connections {
            let wire = Wire::connect(&server).await;
            for _ in 0..90 {
                held.push(ask(&wire, from).await);
            }
        }
        held
    };
    let refused = async |count: f64| {
        patience::until("some too many", async || {
            let refused = web::metric(&server, "guichet_calls_refused_total").await;
            (refused == Some(count)).then_some(())
        })
        .await;
    };
    let told = async |from: &str| {
        let wire = Wire::connect(&server).await;
        let mut call = ask(&wire, from).await;
        call.finish(&frame(0, &[]));
        codes(vec![call]).await.pop().flatten()
    };

    let mut held = fill("198.51.100.7", 4).await;
    // Of 512, that is.
    refused(360.0 - 256.0).await;
    assert_eq!(told("198.51.100.7").await, Some(Code::ResourceExhausted));
    assert_eq!(told("198.51.100.8").await, Some(Code::Ok));

    held.extend(fill("198.51.100.8", 1).await);
    refused(360.0 - 256.0 + 1.0 + 90.0 - 86.0).await;
    assert_eq!(told("198.51.100.9").await, Some(Code::ResourceExhausted));
    assert_eq!(told("192.0.2.7").await, Some(Code::Ok));

    drop(held);
    patience::until("room again", async || {
        (told("198.51.100.7").await == Some(Code::Ok)).then_some(())
    })
    .await;
}

/// Whoever watches for ever takes no place from whoever asks something.
#[tokio::test]
async fn those_who_watch_health_have_places_of_their_own() {
    let server = Server::builder()
        .env("GUICHET_MAX_CONNECTIONS", "20")
        .start()
        .await;
    let guichet = server.anyone().await;
    let mut watching = Vec::new();
    for _ in 0..60 {
        let mut health = HealthClient::new(guichet.channel());
        let watch = health.watch(HealthCheckRequest::default()).await;
        watching.push(watch.expect("a place"));
    }

    let mut health = HealthClient::new(guichet.channel());
    let checked = health.check(HealthCheckRequest::default()).await;
    checked.expect("a place beside them");
}

/// However many a director opens, applications find room.
#[tokio::test]
async fn a_director_has_a_few_streams_only() {
    let network = Network::start().await;
    let director = network::director(&network.server, "dora", &network.school).await;
    let watch = async |guichet: &Guichet| {
        let request = WatchEventsRequest::default();
        guichet.event().watch_events(request).await
    };
    let mut watching = Vec::new();
    for _ in 0..4 {
        watching.push(watch(&director).await.expect("a stream"));
    }

    let refused = watch(&director).await;

    let status = expect_error(refused, Code::ResourceExhausted, "OVERLOADED");
    assert!(error::retry_after(&status).is_some());
    let admin = network.server.admin().await;
    watch(&admin).await.expect("a stream");
}
