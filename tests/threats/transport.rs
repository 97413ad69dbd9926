//! Connections that take more than their share.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Certificate, Server, memory, people, this_version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;

const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// How long the server may take to end what must not go on.
const PATIENCE: Duration = Duration::from_secs(10);

/// The preface and empty SETTINGS (RFC 9113 section 3.4).
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_HEADERS: u8 = 0x4;
const END_STREAM: u8 = 0x1;

/// More memory than this a misbehaving connection must not take.
const MEMORY: u64 = 16 * 1024 * 1024;

fn address(server: &Server) -> String {
    let url = server.url();
    url.split_once("://").expect("a URL").1.to_owned()
}

async fn assert_serves(server: &Server) {
    let wire = Wire::connect(server).await;
    let answer = wire.post(HEALTH, &[GRPC], &frame(0, b"")).await;
    assert_eq!(answer.expect("an answer").code(), Some(Code::Ok));
}

/// The server's resident memory, in bytes.
fn resident(server: &Server) -> u64 {
    memory::kib(server.pid().expect("a running server"), "VmRSS") * 1_024
}

/// Processor time that the server has used, in hundredths of a second.
fn used(server: &Server) -> u64 {
    let pid = server.pid().expect("a running server");
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |at: usize| fields[at].parse::<u64>().expect("a number");
    field(11) + field(12)
}

fn h2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    [&length, &[kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

/// The head of a call in HPACK, without more fields.
fn call_head() -> Vec<u8> {
    // Of the static table: 0x83 is `:method: POST`, 0x86 `:scheme: http`, 4 names `:path`, 31 `content-type`.
    let mut block = vec![
        0x83,
        0x86,
        0x04,
        u8::try_from(HEALTH.len()).expect("a short path"),
    ];
    block.extend(HEALTH.as_bytes());
    block.extend([0x0f, 0x10, 16]);
    block.extend(b"application/grpc");
    block
}

/// Sends without end until the server hangs up; false if it takes all of it.
async fn hangs_up(server: &Server, opening: &[u8], again: &[u8], times: usize) -> bool {
    let stream = TcpStream::connect(address(server)).await.expect("a port");
    let (mut reader, mut writer) = stream.into_split();
    let reading = tokio::spawn(async move {
        let mut said = Vec::new();
        let _ = reader.read_to_end(&mut said).await;
    });
    let sending = async {
        writer.write_all(OPENING).await?;
        writer.write_all(opening).await?;
        for _ in 0..times {
            writer.write_all(again).await?;
        }
        std::io::Result::Ok(())
    };
    let refused = timeout(PATIENCE, sending).await;
    let hung_up = match refused {
        Ok(Ok(())) => timeout(Duration::from_secs(2), reading).await.is_ok(),
        Ok(Err(_)) => true,
        // Nothing is read any more.
        Err(_) => false,
    };
    drop(writer);
    hung_up
}

/// 4 KiB that stand for 16 MiB: one long field, named again and again by its place in the table.
#[tokio::test]
async fn cve_2023_33953_a_small_head_does_not_become_a_large_one() {
    let server = Server::start().await;
    assert_serves(&server).await;
    let before = resident(&server);
    let mut block = call_head();
    // With indexing, new name `x`, and a value of 4,000 bytes: a length of 127 and the rest in two bytes.
    let rest: u32 = 4_000 - 127;
    let [high, low] = [rest / 128, rest % 128].map(|part| u8::try_from(part).expect("7 bits"));
    block.extend([0x40, 1, b'x', 0x7f, low | 0x80, high]);
    block.extend([b'y'; 4_000]);
    // The newest entry of the dynamic table is 62 (0x3e).
    block.extend([0x80 | 0x3e; 4_096]);
    let head = h2_frame(HEADERS, END_HEADERS | END_STREAM, 1, &block);

    for _ in 0..20 {
        let mut stream = TcpStream::connect(address(&server)).await.expect("a port");
        stream.write_all(OPENING).await.expect("a write");
        let _ = stream.write_all(&head).await;
        let mut said = vec![0; 64 * 1024];
        let _ = timeout(Duration::from_millis(200), stream.read(&mut said)).await;
    }

    let more = resident(&server).saturating_sub(before);
    assert!(more < MEMORY, "{more} bytes more");
    assert_serves(&server).await;
}

#[tokio::test]
async fn rustsec_2026_0258_frames_without_content_come_to_an_end() {
    let server = Server::start().await;
    assert_serves(&server).await;
    let before = resident(&server);
    let open = h2_frame(HEADERS, END_HEADERS, 1, &call_head());
    let nothing = h2_frame(DATA, 0, 1, &[]).repeat(1_000);

    let ended = hangs_up(&server, &open, &nothing, 1_000).await;

    let more = resident(&server).saturating_sub(before);
    assert!(more < MEMORY, "{more} bytes more");
    assert!(ended, "a million frames without content were taken");
    assert_serves(&server).await;
}

/// Also CVE-2024-32650 and CVE-2024-11738: handshakes that break off or make no sense.
#[tokio::test]
async fn cve_2024_47609_broken_handshakes_stop_nobody() {
    let certificate = Certificate::of(&["127.0.0.1", "localhost"]);
    let server = Server::builder().tls(&certificate).start().await;
    // A ClientHello's record and handshake heads, with lengths that are right, too short and too long.
    let hellos: [&[u8]; 8] = [
        b"",
        b"\x16",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03",
        b"\x16\x03\x01\xff\xff\x01\xff\xff\xff\x03\x03",
        b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
        b"\x15\x03\x01\x00\x02\x01\x00",
        b"\x14\x03\x03\x00\x01\x01\x14\x03\x03\x00\x01\x01",
        b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
    ];

    for round in 0..100 {
        for hello in hellos {
            let Ok(mut stream) = TcpStream::connect(address(&server)).await else {
                panic!("no connection in round {round}");
            };
            let _ = stream.write_all(hello).await;
            // Gone with a reset and not with an orderly end.
            stream.set_zero_linger().expect("an option");
        }
    }

    server.anyone().await;
    people::active(&server, "lea", "").await;
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// A process that has no descriptors left waits for some and does not spin.
#[tokio::test]
async fn f6_a_full_table_of_descriptors_costs_no_processor_and_heals() {
    let folder = tempfile::tempdir().expect("a folder");
    let few = folder.path().join("guichet");
    let script = format!(
        "#!/bin/sh\nulimit -n 128\nexec {} \"$@\"\n",
        this_version().display()
    );
    fs::write(&few, script).expect("a script");
    fs::set_permissions(&few, fs::Permissions::from_mode(0o755)).expect("a mode");
    let server = Server::builder().binary(&few).start().await;
    let address = address(&server);

    let mut open = Vec::new();
    for _ in 0..300 {
        // The kernel keeps those in its queue that the server can't take.
        if let Ok(Ok(stream)) =
            timeout(Duration::from_millis(100), TcpStream::connect(&address)).await
        {
            open.push(stream);
        }
    }
    let (start, before) = (Instant::now(), used(&server));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let busy = Duration::from_millis(10 * (used(&server) - before));

    assert!(open.len() > 128, "only {} connections", open.len());
    server.says("connections cannot be accepted").await;
    assert!(busy * 5 < start.elapsed(), "{busy:?} of a processor's time");
    drop(open);
    timeout(PATIENCE, assert_serves(&server))
        .await
        .expect("served again");
}
