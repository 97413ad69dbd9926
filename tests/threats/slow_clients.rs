//! Clients that say little, read nothing or never stop, while others are served.

use std::time::{Duration, Instant};

use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Certificate, Server, Untouched};
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const HEALTH: &str = "/grpc.health.v1.Health/Check";
const KEYS: &str = "/guichet.v1.AuthService/GetSigningKeys";

/// More than the server waits for a first request, and less than a test should hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// The preface and empty SETTINGS (RFC 9113 section 3.4).
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

const END_HEADERS: u8 = 0x4;

fn written(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len())
        .expect("a small frame")
        .to_be_bytes();
    [&length, &[kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

/// The head of a call (see `tests/api/http2_frames.rs`).
fn head(path: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86, 0x04];
    block.push(u8::try_from(path.len()).expect("a short path"));
    block.extend(path.as_bytes());
    block.extend([0x0f, 0x10, 16]);
    block.extend(b"application/grpc");
    block
}

async fn connect(server: &Server) -> TcpStream {
    let url = server.url();
    let address = url.rsplit('/').next().expect("an address");
    TcpStream::connect(address).await.expect("a port")
}

#[tokio::test]
async fn whoever_connects_and_says_nothing_is_closed_and_holds_nobody_up() {
    let server = Server::start().await;
    let untouched = Untouched::before(&server).await;
    let begun = Instant::now();
    let mut silent = Vec::new();
    for number in 0..300 {
        let mut stream = connect(&server).await;
        let said: &[u8] = match number % 3 {
            0 => b"",
            1 => &OPENING[..7],
            _ => b"POST / HTTP/1.1\r\nhost: a\r\n",
        };
        stream.write_all(said).await.expect("a write");
        silent.push(stream);
    }

    server.admin().await;

    let all = async {
        for stream in &mut silent {
            let mut said = Vec::new();
            // A reset is as good as an orderly end.
            let _ = stream.read_to_end(&mut said).await;
        }
    };
    timeout(PATIENCE, all).await.expect("they are closed");
    assert!(
        begun.elapsed() > Duration::from_secs(5),
        "too soon for a slow network"
    );
    untouched.assert("silence").await;
}

/// As long as the call may take, and not as long as its body does.
#[tokio::test]
async fn a_page_that_sends_its_call_byte_by_byte_is_not_waited_for() {
    let server = Server::builder()
        .env("GUICHET_MAX_DEADLINE", "1s")
        .start()
        .await;
    let untouched = Untouched::before(&server).await;
    let mut stream = connect(&server).await;
    let head = format!(
        "POST {KEYS} HTTP/1.1\r\nhost: a\r\ncontent-type: application/grpc-web+proto\r\n\
         content-length: 500\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a write");

    let (mut reader, mut writer) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while writer.write_all(&[0]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut said = [0; 4096];
    let read = timeout(Duration::from_secs(5), reader.read(&mut said)).await;

    let read = read.expect("an answer in time").expect("an answer");
    let said = String::from_utf8_lossy(&said[..read]).into_owned();
    // 4 is DEADLINE_EXCEEDED.
    assert!(said.contains("grpc-status: 4"), "{said}");
    trickle.abort();
    untouched.assert("a trickle").await;
}

/// CVE-2019-9512 and its kin: each frame asks for an answer, or for nothing, and nobody reads the answers.
#[tokio::test]
async fn whoever_floods_and_reads_nothing_takes_no_memory() {
    let server = Server::start().await;
    let untouched = Untouched::before(&server).await;

    let call = written(HEADERS, END_HEADERS, 1, &head(HEALTH));
    let ping = written(PING, 0, 0, &[7; 8]);
    let settings = written(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let update = written(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]);
    let priority = written(PRIORITY, 0, 1, &[0, 0, 0, 0, 1]);
    let empty = written(DATA, 0, 1, &[]);
    for (what, frame) in [
        ("PING", ping),
        ("SETTINGS", settings),
        ("WINDOW_UPDATE", update),
        ("PRIORITY", priority),
        ("empty DATA", empty),
    ] {
        let mut stream = connect(&server).await;
        let begun = [OPENING, &call].concat();
        stream.write_all(&begun).await.expect("a write");
        let block = frame.repeat(1 + 60_000 / frame.len());
        // Until the server hangs up, reads no more, or has been busy with it for some time.
        let flood = async { while stream.write_all(&block).await.is_ok() {} };
        let _ = timeout(Duration::from_secs(2), flood).await;

        untouched.assert(what).await;
    }
}

#[tokio::test]
async fn whoever_asks_on_every_stream_and_reads_nothing_takes_no_memory() {
    let server = Server::start().await;
    let untouched = Untouched::before(&server).await;
    let mut hanging = Vec::new();
    for _ in 0..10 {
        let mut stream = connect(&server).await;
        // No window for any answer.
        let settings = written(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let mut all = [preface.as_slice(), &settings].concat();
        for number in 0..100 {
            let id = 2 * number + 1;
            all.extend(written(HEADERS, END_HEADERS, id, &head(KEYS)));
            all.extend(written(DATA, 1, id, &frame(0, b"")));
        }
        stream.write_all(&all).await.expect("a write");
        hanging.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;

    untouched.assert("1,000 answers that nobody reads").await;
}

/// CVE-2023-33953's kin: a kept header of 4 KiB that is named thousands of times.
#[tokio::test]
async fn a_head_that_unpacks_to_megabytes_is_refused() {
    let server = Server::start().await;
    let untouched = Untouched::before(&server).await;
    let mut stream = connect(&server).await;
    let mut block = head(HEALTH);
    // A field that is kept in the table (RFC 7541 section 6.2.1); its value's length takes three bytes.
    block.extend([0x40, 1, b'x', 0x7f, 0x81, 0x1e]);
    block.extend([b'y'; 127 + 1 + (0x1e << 7)]);
    // 0x3e is the entry that came last.
    block.extend([0x80 | 0x3e; 8_000]);

    stream.write_all(OPENING).await.expect("a write");
    let call = written(HEADERS, END_HEADERS | 1, 1, &block);
    // The server may hang up in the middle.
    let _ = stream.write_all(&call).await;
    let mut said = Vec::new();
    let _ = timeout(Duration::from_secs(1), stream.read_to_end(&mut said)).await;

    assert!(
        !said.windows(7).any(|part| part == [0, 0, 0, 0, 2, 8, 1]),
        "it was carried out"
    );
    untouched.assert("a head").await;
}

#[tokio::test]
async fn a_stream_that_is_left_open_does_not_outlive_its_connection() {
    let server = Server::start().await;
    let untouched = Untouched::before(&server).await;

    for _ in 0..50 {
        let wire = Wire::connect(&server).await;
        for _ in 0..20 {
            let call = wire.open(Method::POST, HEALTH, &[GRPC]).await;
            call.expect("an open call").send(&[0]);
        }
    }

    untouched.assert("1,000 calls that were given up").await;
}

/// A `ClientHello` of an older TLS: no extension names a newer one.
fn hello(version: u8) -> Vec<u8> {
    let suites = [0xc0, 0x13, 0xc0, 0x14, 0x00, 0x2f, 0x00, 0x35];
    let mut body = vec![3, version];
    body.extend([7; 32]);
    body.push(0);
    body.extend([0, 8]);
    body.extend(suites);
    body.extend([1, 0]);
    let length = u8::try_from(body.len()).expect("a short hello");
    let handshake = [&[1, 0, 0, length][..], &body].concat();
    [&[0x16, 3, 1, 0, length + 4][..], &handshake].concat()
}

#[tokio::test]
async fn tls_1_0_and_1_1_and_ciphers_of_their_time_are_not_spoken() {
    let certificate = Certificate::of(&["127.0.0.1", "localhost"]);
    let server = Server::builder().tls(&certificate).start().await;

    // 1.2 with suites that hold no AEAD, last.
    for version in [1, 2, 3] {
        let mut stream = connect(&server).await;
        stream.write_all(&hello(version)).await.expect("a write");
        let mut said = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await;

        // A fatal alert.
        assert!(
            matches!(said.as_slice(), [0x15, _, _, _, 2, 2, _]),
            "{said:x?}"
        );
    }
    server.anyone().await;
}
