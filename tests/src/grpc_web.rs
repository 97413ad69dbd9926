//! grpc-web as the script of a page speaks it: over HTTP/1.1, with an origin, in bytes or in text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use prost::Message;
use tonic::Status;

use crate::wire::frame;
use crate::{Server, web};

/// Marks the frame that holds the trailers, which HTTP/1.1 scripts cannot read.
const TRAILERS: u8 = 0x80;

/// How the frames travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Bytes,
    /// In base64, for scripts that read a stream while it comes.
    Text,
}

/// What came of a call.
pub struct Called<R> {
    /// The headers, which scripts read as far as CORS lets them.
    pub headers: HeaderMap,
    /// The messages, in order.
    pub messages: Vec<R>,
    /// How the call ended.
    pub status: Status,
}

/// Calls from a page of `origin`, with an access token if there is one.
pub async fn call<R: Message + Default>(
    server: &Server,
    origin: &str,
    encoding: Encoding,
    path: &str,
    token: Option<&str>,
    message: &impl Message,
) -> Called<R> {
    let content_type = encoding.content_type();
    let mut request = Request::post(format!("{}{path}", server.url()))
        .header("content-type", content_type)
        .header("accept", content_type)
        .header("x-grpc-web", "1")
        .header("origin", origin)
        .header("sec-fetch-site", "cross-site");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = encoding.encode(frame(0, &message.encode_to_vec()));

    let answer = web::exchange(request.body(body).expect("a request")).await;

    let (head, body) = answer.into_parts();
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.headers["content-type"], content_type);
    let (messages, trailers) = take_apart(&encoding.decode(&body));
    // A call that is refused at once has its status in the headers.
    let status = Status::from_header_map(&trailers)
        .or_else(|| Status::from_header_map(&head.headers))
        .expect("a status");
    Called {
        headers: head.headers,
        messages,
        status,
    }
}

impl Encoding {
    fn content_type(self) -> &'static str {
        match self {
            Self::Bytes => "application/grpc-web+proto",
            Self::Text => "application/grpc-web-text+proto",
        }
    }

    fn encode(self, frames: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Bytes => frames,
            Self::Text => STANDARD.encode(frames).into_bytes(),
        }
    }

    /// Text may be padded in the middle, where the server has flushed.
    fn decode(self, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Bytes => body.to_vec(),
            Self::Text => body
                .chunks(4)
                .flat_map(|four| STANDARD.decode(four).expect("base64"))
                .collect(),
        }
    }
}

fn take_apart<R: Message + Default>(mut frames: &[u8]) -> (Vec<R>, HeaderMap) {
    let mut messages = Vec::new();
    let mut trailers = HeaderMap::new();
    while let Some((&[flag, a, b, c, d], rest)) = frames.split_first_chunk() {
        let length = u32::from_be_bytes([a, b, c, d]);
        let length = usize::try_from(length).expect("a small frame");
        let (content, rest) = rest.split_at(length);
        if flag == TRAILERS {
            trailers = read_trailers(content);
        } else {
            messages.push(R::decode(content).expect("a message"));
        }
        frames = rest;
    }
    assert!(frames.is_empty(), "half a frame: {frames:?}");
    (messages, trailers)
}

fn read_trailers(text: &[u8]) -> HeaderMap {
    let text = std::str::from_utf8(text).expect("trailers are text");
    text.lines()
        .map(|line| {
            let (name, value) = line.split_once(':').expect("a name and a value");
            let name: HeaderName = name.parse().expect("a name");
            let value: HeaderValue = value.trim().parse().expect("a value");
            (name, value)
        })
        .collect()
}
