//! HTTP/1.1 written by hand: where a request ends must never be in doubt.

use std::time::Duration;

use guichet_client::proto::RequestResetRequest;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::Server;
use guichet_tests::wire::frame;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long the server may take to answer and hang up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hidden behind each request; whoever answers it has taken a body for a request.
const SECOND: &str = "GET /second HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// Everything that the server says until it hangs up.
async fn said(server: &Server, request: &[u8]) -> String {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.expect("a port");
    // The server may hang up in the middle.
    let _ = stream.write_all(request).await;
    let mut said = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said))
        .await
        .expect("the server hangs up");
    String::from_utf8_lossy(&said).into_owned()
}

/// A call with one more line in its head.
fn call(line: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /guichet.v1.ResetService/RequestReset HTTP/1.1\r\nhost: a\r\n\
         content-type: application/grpc-web+proto\r\n{line}\r\n\r\n"
    );
    [head.as_bytes(), body, SECOND.as_bytes()].concat()
}

fn page(line: &str) -> Vec<u8> {
    format!("GET /.well-known/jwks.json HTTP/1.1\r\nhost: a\r\n{line}\r\n\r\n{SECOND}").into()
}

#[tokio::test]
async fn a_request_whose_end_is_in_doubt_is_refused_and_the_connection_closed() {
    let server = Server::start().await;
    let request = RequestResetRequest {
        identifier: Some(Identifier::Username("lea.martin".to_owned())),
        ..RequestResetRequest::default()
    };
    let frame = frame(0, &request.encode_to_vec());
    let length = frame.len();

    for line in [
        format!("content-length: {length}\r\ncontent-length: 5"),
        format!("content-length: {length}, {length}"),
        format!("content-length: +{length}"),
        "content-length: -1".to_owned(),
        "content-length: 99999999999999999999".to_owned(),
        "transfer-encoding: xchunked".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
        format!("content-length: {length}\r\nx: a\r\n folded"),
        format!("content-length : {length}"),
        format!("content-length: {length}\r\nx: a\0b"),
        format!("content-length: {length}\r\nx: a\rb"),
    ] {
        let said = said(&server, &call(&line, &frame)).await;

        assert!(said.starts_with("HTTP/1.1 400"), "{line:?}: {said}");
        assert_eq!(said.matches("HTTP/1.1").count(), 1, "{line:?}: {said}");
    }
}

/// The chunks win (RFC 9112 section 6.3), and nothing that follows is read.
#[tokio::test]
async fn of_two_lengths_only_the_chunks_count_and_the_connection_is_closed() {
    let server = Server::start().await;
    let frame = frame(0, b"");
    let chunks = [b"5\r\n", frame.as_slice(), b"\r\n0\r\n\r\n"].concat();

    for line in [
        "transfer-encoding: chunked\r\ncontent-length: 4",
        "content-length: 4\r\ntransfer-encoding: chunked",
    ] {
        let said = said(&server, &call(line, &chunks)).await;

        assert_eq!(said.matches("HTTP/1.1").count(), 1, "{line:?}: {said}");
        assert!(said.contains("grpc-status"), "{line:?}: {said}");
    }
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let server = Server::start().await;

    for (hosts, expected) in [
        ("host: a", "HTTP/1.1 200"),
        ("x: no host", "HTTP/1.1 400"),
        ("host: a\r\nhost: b", "HTTP/1.1 400"),
        ("host: a\r\nhost: a", "HTTP/1.1 400"),
    ] {
        let request =
            format!("GET /.well-known/jwks.json HTTP/1.1\r\n{hosts}\r\nconnection: close\r\n\r\n");

        let said = said(&server, request.as_bytes()).await;

        assert!(said.starts_with(expected), "{hosts:?}: {said}");
    }
}

#[tokio::test]
async fn a_head_without_measure_is_refused() {
    let server = Server::start().await;
    let many: Vec<String> = (0..200).map(|number| format!("x-{number}: y")).collect();
    let long = format!("x: {}", "y".repeat(1024 * 1024));

    for line in [many.join("\r\n"), long] {
        let said = said(&server, &page(&line)).await;

        assert!(said.starts_with("HTTP/1.1 431"), "{said}");
        assert_eq!(said.matches("HTTP/1.1").count(), 1, "{said}");
    }
}
