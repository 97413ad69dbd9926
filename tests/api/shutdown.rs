//! Stopping while somebody is still there.

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{GetSigningKeysRequest, RequestResetRequest};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, people, web};
use http::{Method, StatusCode};
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const REQUEST_RESET: &str = "/guichet.v1.ResetService/RequestReset";

/// How long something may take that should happen at once.
const PATIENCE: Duration = Duration::from_secs(5);

async fn refuses_connections(address: &str) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if TcpStream::connect(address).await.is_err() {
            return true;
        }
        tokio::time::sleep(guichet_tests::server::POLL).await;
    }
    false
}

fn address(server: &Server) -> String {
    server.url().replace("http://", "")
}

#[tokio::test]
async fn a_call_that_has_begun_is_answered_and_no_new_one_is_taken() {
    let mut server = Server::start().await;
    let address = address(&server);
    let readiness = format!("{}/readyz", server.ops_url());
    let wire = Wire::connect(&server).await;
    let begun = wire.open(Method::POST, REQUEST_RESET, &[GRPC]).await;
    let mut begun = begun.expect("an open call");
    // An answer on the same connection shows that the call before it has arrived.
    let health = wire
        .post("/grpc.health.v1.Health/Check", &[GRPC], &frame(0, b""))
        .await;
    assert_eq!(health.expect("an answer").code(), Some(Code::Ok));

    server.terminate();
    assert!(refuses_connections(&address).await);
    let ready = web::fetch(Method::GET, &readiness).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let request = RequestResetRequest {
        identifier: Some(Identifier::Username("lea.martin".into())),
        ..RequestResetRequest::default()
    };
    begun.finish(&frame(0, &request.encode_to_vec()));

    assert_eq!(
        begun.answer().await.expect("an answer").code(),
        Some(Code::Ok)
    );
    let status = server.ended().await;
    assert!(status.success(), "{status}");
    server.restart().await;
    assert_eq!(people::reset_outcomes(&server).await.len(), 1);
}

#[tokio::test]
async fn whoever_watches_the_health_is_told_of_the_end_and_let_go() {
    let mut server = Server::start().await;
    let mut health = HealthClient::new(server.anyone().await.channel());
    let request = HealthCheckRequest {
        service: "guichet.v1.AuthService".into(),
    };
    let watched = health.watch(request).await.expect("a stream");
    let mut watched = watched.into_inner();
    let first = watched
        .message()
        .await
        .expect("a message")
        .expect("a state");
    assert_eq!(first.status(), ServingStatus::Serving);

    server.terminate();

    let told = timeout(PATIENCE, watched.message()).await;
    let told = told.expect("at once").expect("a message").expect("a state");
    assert_eq!(told.status(), ServingStatus::NotServing);
    let end = timeout(PATIENCE, watched.message()).await.expect("at once");
    assert_eq!(end.expect("an orderly end"), None);
    assert!(server.ended().await.success());
    assert!(!server.log().contains("connections still open are cut"));
}

/// Each of them would hold tonic's own graceful stop up for ever.
#[tokio::test]
async fn clients_that_never_answer_do_not_hold_the_end_up() {
    let mut server = Server::builder()
        .env("GUICHET_DRAIN_TIMEOUT", "1s")
        .start()
        .await;
    let address = address(&server);
    let mut silent = Vec::new();
    for said in [
        "",
        "PRI * HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /.well-known/jwks.json HTTP/1.1\r\n",
    ] {
        let mut stream = TcpStream::connect(&address).await.expect("a port");
        stream.write_all(said.as_bytes()).await.expect("a write");
        silent.push(stream);
    }
    let wire = Wire::connect(&server).await;
    let unfinished = wire.open(Method::POST, REQUEST_RESET, &[GRPC]).await;
    let health = wire
        .post("/grpc.health.v1.Health/Check", &[GRPC], &frame(0, b""))
        .await;
    assert_eq!(health.expect("an answer").code(), Some(Code::Ok));

    let status = server.stop().await;

    assert!(status.success(), "{status}");
    drop((silent, unfinished));
}

/// Reads frames of HTTP/2 (RFC 9113, section 4.1) up to the first that begins a call.
async fn read_up_to_a_call(stream: &mut TcpStream) {
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    let mut preface = [0; PREFACE];
    stream.read_exact(&mut preface).await.expect("a preface");
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.expect("a frame");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.expect("its payload");
        if head[3] == HEADERS {
            return;
        }
    }
}

#[tokio::test]
async fn a_call_that_a_server_leaves_out_when_it_ends_may_be_made_again() {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    // Up to no call at all, and without an error.
    const GO_AWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let ending = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        stream.write_all(&SETTINGS).await.expect("settings");
        read_up_to_a_call(&mut stream).await;
        stream.write_all(&GO_AWAY).await.expect("a goodbye");
        stream
    });

    let guichet = Guichet::connect(url).await.expect("a connection");
    let mut auth = guichet.auth();
    let asked = auth.get_signing_keys(GetSigningKeysRequest {});
    let left_out = timeout(PATIENCE, asked).await.expect("an answer in time");

    drop(ending.await.expect("no panic"));
    let told = left_out.expect_err("a server that ends").code();
    assert_eq!(told, Code::Unavailable);
}
