//! One HTTP/2 connection that carries many people's calls, as that of a proxy does.

use guichet_tests::Server;
use guichet_tests::wire::{GRPC, frame};
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::codegen::Bytes;

use crate::slow_clients::{
    DATA, END_HEADERS, END_STREAM, HEADERS, HEALTH, PATIENCE, PING, SETTINGS, connect, head,
    written,
};

const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// "Which services are there?": its field 7, which is empty.
const QUESTION: &[u8] = &[0x3a, 0];

const ACK: u8 = 0x1;

/// The next frame: its type, its flags, its stream.
async fn next_frame(stream: &mut TcpStream) -> (u8, u8, u32) {
    let mut head = [0; 9];
    let read = stream.read_exact(&mut head).await;
    read.expect("an open connection");
    let [a, b, c, kind, flags, number @ ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    let mut payload = vec![0; usize::try_from(length).expect("a frame")];
    stream.read_exact(&mut payload).await.expect("a payload");
    (kind, flags, u32::from_be_bytes(number))
}

async fn until_frame(stream: &mut TcpStream, wanted: (u8, u8, u32)) {
    let found = async { while next_frame(stream).await != wanted {} };
    timeout(PATIENCE, found).await.expect("a frame");
}

#[tokio::test]
async fn whoever_asks_on_and_on_and_reads_no_answer_holds_nobody_up() {
    let server = Server::start().await;
    let mut builder = h2::client::Builder::new();
    // Enough for the answer to a small call, and not for a list of services.
    builder.initial_window_size(16);
    let handshake = builder.handshake::<_, Bytes>(connect(&server).await).await;
    let (client, connection) = handshake.expect("HTTP/2");
    tokio::spawn(connection);
    let begin = async |path: &str, body: &Bytes, ends: bool| {
        let request = Request::post(format!("{}{path}", server.url())).header(GRPC.0, GRPC.1);
        let request = request.body(()).expect("a request");
        let mut client = client.clone().ready().await.expect("a connection");
        let (answer, mut upload) = client.send_request(request, false).expect("a stream");
        upload
            .send_data(body.clone(), ends)
            .expect("an open stream");
        (answer, upload)
    };

    // More than a stream has room for, on all streams but one.
    let questions = Bytes::from(frame(0, QUESTION).repeat(20_000));
    let mut unread = Vec::new();
    for _ in 0..99 {
        unread.push(begin(REFLECTION, &questions, false).await);
    }
    let (answer, _upload) = begin(HEALTH, &frame(0, b"").into(), true).await;

    let trailers = timeout(PATIENCE, async {
        let mut body = answer.await.expect("an answer").into_body();
        while let Some(part) = body.data().await {
            part.expect("a part");
        }
        body.trailers().await.expect("an end")
    });
    let trailers = trailers.await.expect("room for a call");
    assert_eq!(trailers.expect("trailers")["grpc-status"], "0");
}

/// HTTP/2 closes a connection of which too many small frames lie unread.
#[tokio::test]
async fn whoever_asks_byte_by_byte_and_reads_no_answer_ends_nobodys_connection() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    let opening = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        // No room for answers.
        written(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]),
        written(HEADERS, END_HEADERS, 1, &head(REFLECTION)),
    ];
    stream.write_all(&opening.concat()).await.expect("a write");

    let question = frame(0, QUESTION);
    let bytes = question.iter().map(|byte| written(DATA, 0, 1, &[*byte]));
    let questions = bytes.collect::<Vec<_>>().concat().repeat(150);
    for _ in 0..20 {
        let asked = [questions.clone(), written(PING, 0, 0, &[7; 8])].concat();
        stream.write_all(&asked).await.expect("an open connection");
        until_frame(&mut stream, (PING, ACK, 0)).await;
    }

    let call = [
        written(HEADERS, END_HEADERS, 3, &head(HEALTH)),
        written(DATA, END_STREAM, 3, &frame(0, b"")),
    ];
    stream.write_all(&call.concat()).await.expect("a write");
    until_frame(&mut stream, (HEADERS, END_HEADERS, 3)).await;
}
