//! Clients that say little, read nothing or never stop, while others are served.

use std::time::{Duration, Instant};

use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Certificate, Server, Untouched, patience, web};
use http::{Method, Request, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;

pub(crate) const HEALTH: &str = "/grpc.health.v1.Health/Check";
const KEYS: &str = "/guichet.v1.AuthService/GetSigningKeys";

/// More than the server waits for a first request, and less than a test should hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The preface and empty SETTINGS (RFC 9113 section 3.4).
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;

pub(crate) fn written(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len())
        .expect("a small frame")
        .to_be_bytes();
    [&length, &[kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

/// The head of a call (see `tests/api/http2_frames.rs`).
pub(crate) fn head(path: &str) -> Vec<u8> {
    head_as(path, "application/grpc")
}

fn head_as(path: &str, content_type: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86, 0x04];
    block.push(u8::try_from(path.len()).expect("a short path"));
    block.extend(path.as_bytes());
    block.extend([0x0f, 0x10]);
    block.extend(text(content_type));
    block
}

/// A field that is not kept in the table (RFC 7541 section 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    [&[0][..], &text(name), &text(value)].concat()
}

fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    [&[length], text.as_bytes()].concat()
}

/// The head of a page. Its path is so long that this takes three bytes to say (RFC 7541 section 5.1).
fn page_head(path: &str) -> Vec<u8> {
    let rest = path.len().checked_sub(127).expect("a long path");
    let [low, high] = [rest % 128, rest / 128].map(|part| u8::try_from(part).expect("a byte"));
    let mut block = vec![0x82, 0x86, 0x04, 0x7f, 0x80 | low, high];
    block.extend(path.as_bytes());
    block
}

/// A hundred requests, of whose answers so many bytes are wanted and no more.
async fn ask_and_not_read(server: &Server, window: u8, request: &[(u8, u8, Vec<u8>)]) -> TcpStream {
    let mut all = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    all.extend(written(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, window]));
    for number in 0..100 {
        for (kind, flags, payload) in request {
            all.extend(written(*kind, *flags, 2 * number + 1, payload));
        }
    }
    let mut stream = connect(server).await;
    stream.write_all(&all).await.expect("a write");
    stream
}

async fn refused(server: &Server, count: f64) {
    patience::until("some too many", async || {
        let refused = web::metric(server, "guichet_calls_refused_total").await;
        (refused == Some(count)).then_some(())
    })
    .await;
}

pub(crate) async fn connect(server: &Server) -> TcpStream {
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
    let call = [
        (HEADERS, END_HEADERS, head(KEYS)),
        (DATA, END_STREAM, frame(0, b"")),
    ];
    let mut hanging = Vec::new();
    for _ in 0..10 {
        hanging.push(ask_and_not_read(&server, 0, &call).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;

    untouched.assert("1,000 answers that nobody reads").await;
}

/// A window of one byte has HTTP/2 take the whole answer, and keep it. A neighbour finds room nevertheless.
#[tokio::test]
async fn an_answer_that_nobody_reads_keeps_the_place_of_its_call() {
    let message = frame(0, b"");
    for (content_type, message) in [
        ("application/grpc", message.as_slice()),
        // The same in base64: this answer is written anew.
        ("application/grpc-web-text", b"AAAAAAA="),
    ] {
        let server = Server::builder()
            .env("GUICHET_MAX_CONNECTIONS", "20")
            .env("GUICHET_TRUSTED_PROXIES", "127.0.0.1")
            .start()
            .await;
        let mut block = head_as(KEYS, content_type);
        block.extend(field("accept", content_type));
        block.extend(field("x-forwarded-for", "198.51.100.7"));
        let call = [
            (HEADERS, END_HEADERS, block),
            (DATA, END_STREAM, message.to_vec()),
        ];
        let mut hanging = Vec::new();
        for _ in 0..4 {
            hanging.push(ask_and_not_read(&server, 1, &call).await);
        }
        let wire = Wire::connect(&server).await;
        let told = async |from: &str| {
            let headers = [GRPC, ("x-forwarded-for", from)];
            let answer = wire.post(KEYS, &headers, &frame(0, b"")).await;
            answer.expect("an answer").code()
        };

        // Of 512 places, one address gets half.
        refused(&server, 400.0 - 256.0).await;
        assert_eq!(told("198.51.100.7").await, Some(Code::ResourceExhausted));
        assert_eq!(told("198.51.100.8").await, Some(Code::Ok));

        drop(hanging);
        patience::until("room again", async || {
            (told("198.51.100.7").await == Some(Code::Ok)).then_some(())
        })
        .await;
    }
}

/// Pages too, and none of them says again all that it was asked with.
#[tokio::test]
async fn whoever_opens_pages_and_reads_nothing_takes_no_memory() {
    let server = Server::builder()
        .env("GUICHET_TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    let untouched = Untouched::before(&server).await;
    // Each `{` is three characters in a link, of which there are four.
    let long = format!("/nothing?x={}", "{".repeat(4_000));
    let page = [(HEADERS, END_HEADERS | END_STREAM, page_head(&long))];
    let mut hanging = Vec::new();
    for _ in 0..6 {
        hanging.push(ask_and_not_read(&server, 1, &page).await);
    }

    // Of 1,024 places, one address gets half.
    refused(&server, 600.0 - 512.0).await;
    let open = async |from: &str| {
        let request = Request::get(format!("{}/Account/Login", server.url()));
        let request = request.header("x-forwarded-for", from);
        web::send(request.body(String::new()).expect("a request")).await
    };
    let too_many = open("127.0.0.1").await;
    assert_eq!(too_many.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(too_many.headers["retry-after"], "1");
    assert_eq!(open("192.0.2.7").await.status, StatusCode::OK);

    untouched.assert("pages that nobody reads").await;
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
