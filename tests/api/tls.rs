//! The public port with a certificate of its own.

use std::net::SocketAddr;
use std::time::Duration;

use guichet_client::{ConnectError, Guichet};
use guichet_tests::{Certificate, Server, people};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than the server gives a handshake, and less than a test should hang.
const PATIENCE: Duration = Duration::from_secs(20);

const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

async fn server_with(certificate: &Certificate) -> Server {
    Server::builder().tls(certificate).start().await
}

fn address(server: &Server) -> SocketAddr {
    let url = server.url();
    let address = url.strip_prefix("https://").expect("an https URL");
    address.parse().expect("an address")
}

/// Reads until the server hangs up; what it reads is all the server said.
async fn rest(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset is as good as an orderly end.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said))
        .await
        .expect("the server hangs up");
    said
}

#[tokio::test]
async fn a_person_signs_in_over_tls() {
    let certificate = Certificate::of(&NAMES);
    let server = server_with(&certificate).await;

    people::active(&server, "lea.martin", "").await;

    people::tokens(&server, "lea.martin", people::GOOD_PASSWORD).await;
}

#[tokio::test]
async fn a_client_that_does_not_know_the_certificate_does_not_speak() {
    let server = server_with(&Certificate::of(&NAMES)).await;

    let refused = Guichet::connect(server.url()).await;

    let refused = refused.expect_err("a certificate that nobody vouches for");
    assert!(matches!(refused, ConnectError::Transport(_)), "{refused:?}");
}

#[tokio::test]
async fn plain_text_is_not_answered_where_tls_is_spoken() {
    let server = server_with(&Certificate::of(&NAMES)).await;

    for plain in [
        "GET /.well-known/jwks.json HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address(&server)).await.expect("a port");
        stream.write_all(plain.as_bytes()).await.expect("a write");
        let said = rest(&mut stream).await;
        // At most a TLS alert.
        assert!(said.is_empty() || said[0] == 0x15, "{said:?}");
    }
    server.anyone().await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_cut_and_holds_nobody_up() {
    let server = server_with(&Certificate::of(&NAMES)).await;
    let mut half = Vec::new();
    for begun in [&[][..], &[0x16, 3, 1, 2, 0]] {
        let mut stream = TcpStream::connect(address(&server)).await.expect("a port");
        stream.write_all(begun).await.expect("a write");
        half.push(stream);
    }

    server.anyone().await;

    for mut stream in half {
        assert!(rest(&mut stream).await.is_empty());
    }
}

#[tokio::test]
async fn the_key_set_is_served_over_https() {
    let certificate = Certificate::of(&NAMES);
    let server = server_with(&certificate).await;
    let stream = TcpStream::connect(address(&server)).await.expect("a port");
    let name = "localhost".try_into().expect("a name");
    let stream = certificate.connector().connect(name, stream).await;
    let mut stream = stream.expect("a handshake");

    let request =
        "GET /.well-known/jwks.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("a write");

    let answer = String::from_utf8(rest(&mut stream).await).expect("text");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""keys":["#), "{answer}");
}

#[tokio::test]
async fn a_key_of_another_certificate_is_found_before_a_restart() {
    let certificate = Certificate::of(&NAMES);
    let server = server_with(&certificate).await;
    assert!(server.cli(&["check"]).status.success());
    let other = Certificate::of(&NAMES);
    std::fs::copy(other.key_file(), certificate.key_file()).expect("a copy");

    let checked = server.cli(&["check"]);

    assert_eq!(checked.status.code(), Some(1));
    let told = String::from_utf8(checked.stderr).expect("text");
    assert!(told.contains("cannot be used together"), "{told}");
    assert_eq!(told.matches("KeyMismatch").count(), 1, "{told}");
}
