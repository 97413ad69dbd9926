//! HTTP/2 frames that break the protocol or flood it, written by hand.

use std::time::Duration;

use guichet_tests::Server;
use guichet_tests::wire::{GRPC, Wire, frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;

const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The preface and empty SETTINGS (RFC 9113 section 3.4).
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

const PROTOCOL_ERROR: u8 = 1;
const ENHANCE_YOUR_CALM: u8 = 11;

/// How the server ends a stream or the connection.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Stream(u8),
    Connection(u8),
}

fn written(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len())
        .expect("a small frame")
        .to_be_bytes();
    [&length, &[kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

/// The head of a call, and behind it one more field.
fn head(name: &[u8], value: &[u8]) -> Vec<u8> {
    // Of HPACK's static table: 0x83 is `:method: POST`, 0x86 `:scheme: http`, 4 names `:path`, 31 `content-type`.
    let mut block = vec![0x83, 0x86];
    literal(&mut block, &[0x04], HEALTH.as_bytes());
    literal(&mut block, &[0x0f, 0x10], b"application/grpc");
    block.extend(field(name, value));
    block
}

/// One field, its name spelt out.
fn field(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut field = vec![0];
    literal(&mut field, &[], name);
    literal(&mut field, &[], value);
    field
}

/// A name by what stands for it, and a value in plain bytes.
fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.extend(name);
    block.push(u8::try_from(value.len()).expect("a short value"));
    block.extend(value);
}

/// Sends all of it and waits until the server ends a stream or the connection.
async fn end_after(server: &Server, frames: &[u8]) -> End {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.expect("a port");
    stream.write_all(OPENING).await.expect("a write");
    // The server may hang up in the middle.
    let _ = stream.write_all(frames).await;

    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.expect("a frame");
        let [a, b, c, kind, ..] = head;
        let length = u32::from_be_bytes([0, a, b, c]);
        let mut payload = vec![0; usize::try_from(length).expect("a frame")];
        stream.read_exact(&mut payload).await.expect("a payload");
        match (kind, payload.as_slice()) {
            (RST_STREAM, [.., code]) => return End::Stream(*code),
            (GOAWAY, [_, _, _, _, _, _, _, code, ..]) => return End::Connection(*code),
            _ => {}
        }
    }
}

async fn assert_serves(server: &Server) {
    let wire = Wire::connect(server).await;
    let answer = wire.post(HEALTH, &[GRPC], &frame(0, b"")).await;
    assert_eq!(answer.expect("an answer").code(), Some(Code::Ok));
}

#[tokio::test]
async fn a_head_that_http_2_forbids_is_no_call() {
    let server = Server::start().await;

    for (name, value) in [
        (&b"X-Upper"[..], &b"x"[..]),
        (b"connection", b"close"),
        (b"transfer-encoding", b"chunked"),
        (b"te", b"gzip"),
        (b"x", b"a\r\nb: c"),
        (b"x", b"a\0b"),
        (b":path", b"/again"),
        (b":unknown", b"x"),
        (b"", b"x"),
    ] {
        let flags = END_HEADERS | END_STREAM;
        let call = written(HEADERS, flags, 1, &head(name, value));

        let end = timeout(PATIENCE, end_after(&server, &call)).await;

        let end = end.expect("the server minds");
        assert!(
            matches!(
                end,
                End::Stream(PROTOCOL_ERROR) | End::Connection(PROTOCOL_ERROR)
            ),
            "{}: {end:?}",
            String::from_utf8_lossy(name)
        );
        assert_serves(&server).await;
    }
}

#[tokio::test]
async fn whoever_floods_is_sent_away() {
    let server = Server::start().await;
    let call = head(b"x", b"y");
    // CVE-2023-44487: each stream is given up as soon as it has begun.
    let rapid_reset = (0..200).flat_map(|number| {
        let stream = 2 * number + 1;
        let begun = written(HEADERS, END_HEADERS, stream, &call);
        [begun, written(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
    });
    // CERT/CC VU#421644: a head that does not end.
    let endless_head = [written(HEADERS, 0, 1, &call)]
        .into_iter()
        .chain((0..10_000).map(|_| written(CONTINUATION, 0, 1, &field(b"x", b"y"))))
        .flatten();

    for (what, frames) in [
        ("rapid reset", rapid_reset.collect::<Vec<u8>>()),
        ("a head without end", endless_head.collect()),
    ] {
        let end = timeout(PATIENCE, end_after(&server, &frames)).await;

        let end = end.expect("the server minds");
        assert_eq!(end, End::Connection(ENHANCE_YOUR_CALM), "{what}");
        assert_serves(&server).await;
    }
}
