//! A call begins when its message is there.
//!
//! tonic sets aside room for a message as soon as its length is told, before a byte of it has come: whoever tells lengths
//! and sends nothing would take a thousand times what he sends. Here a call takes what has come of it, and those that are
//! slow about it are bounded.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::Response,
};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tonic::{Code, Status};

use super::open_calls::{Client, OpenCalls};
use crate::places::Places;

/// A message is nearly always sent together with its call; whoever takes longer is slow.
const SLOW: Duration = Duration::from_millis(100);

/// Slow calls at a time.
const MAX_SLOW: usize = 1_024;

/// What stands before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// What is waited for, and by how many.
#[derive(Clone, Debug)]
pub struct WholeRequests {
    longest: usize,
    /// The paths of calls that send more than one message: `/package.Service/Method`.
    streams: &'static [&'static str],
    slow: Arc<Places>,
    calls: Arc<OpenCalls>,
}

impl WholeRequests {
    /// Messages of up to `longest` bytes, of all `calls` but those of these paths.
    pub fn new(longest: usize, streams: &'static [&'static str], calls: Arc<OpenCalls>) -> Self {
        Self {
            longest,
            streams,
            slow: Arc::new(Places::new(MAX_SLOW)),
            calls,
        }
    }
}

/// Waits until all that a caller sends is there.
pub(super) async fn wait<F: Future<Output = Response>>(
    requests: &WholeRequests,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    if requests.streams.contains(&request.uri().path()) {
        return next(request.map(|body| Body::new(Stream(body)))).await;
    }
    let (parts, body) = request.into_parts();
    let mut incoming = Incoming {
        body,
        held: Vec::new(),
        last: None,
    };
    let soon = tokio::time::timeout(SLOW, incoming.read(requests.longest)).await;
    if soon.is_err() {
        let Client(client) = parts.extensions.get().copied().unwrap_or_default();
        let Some(_place) = requests.slow.take_at(client) else {
            return requests.calls.overloaded(parts.uri.path());
        };
        incoming.read(requests.longest).await;
    }
    if incoming.is_longer_than(requests.longest) {
        let longest = requests.longest;
        return Status::out_of_range(format!("a message has up to {longest} bytes")).into_http();
    }
    next(Request::from_parts(parts, Body::new(incoming))).await
}

/// What is sent to a call that takes more than one message. Whoever is cut off has not sent all: a stream that is reset
/// would look as if it had come to its end, since hyper ends what is reset with `NO_ERROR`, and tonic what is cancelled.
struct Stream(Body);

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let cut_off = || Some(Err(axum::Error::new(Status::unavailable("cut off"))));
        let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
        Poll::Ready(
            match frame.map(|frame| frame.map_err(|cause| Status::from_error(Box::new(cause)))) {
                None if !self.0.is_end_stream() => cut_off(),
                Some(Err(status)) if status.code() == Code::Cancelled => cut_off(),
                Some(Err(status)) => Some(Err(axum::Error::new(status))),
                Some(Ok(frame)) => Some(Ok(frame)),
                None => None,
            },
        )
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

/// What has come of a request.
struct Incoming {
    body: Body,
    held: Vec<u8>,
    /// What came instead of more.
    last: Option<Result<Frame<Bytes>, axum::Error>>,
}

impl Incoming {
    /// Reads to the end, or until there is too much. Whoever stops waiting may wait again.
    async fn read(&mut self, longest: usize) {
        while !self.is_longer_than(longest) {
            match self
                .body
                .frame()
                .await
                .map(|frame| frame.map(Frame::into_data))
            {
                Some(Ok(Ok(data))) => self.held.extend_from_slice(&data),
                Some(Ok(Err(frame))) => {
                    self.last = Some(Ok(frame));
                    return;
                }
                Some(Err(cause)) => {
                    self.last = Some(Err(cause));
                    return;
                }
                None => return,
            }
        }
    }

    /// By what is there, or by what the first message says of itself.
    fn is_longer_than(&self, longest: usize) -> bool {
        let told = self
            .held
            .get(1..PREFIX)
            .and_then(|told| told.try_into().ok());
        let told = told.map_or(0, |told| u64::from(u32::from_be_bytes(told)));
        told > longest as u64 || self.held.len() > PREFIX + longest
    }
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.held.is_empty() {
            return Poll::Ready(self.last.take());
        }
        let held = std::mem::take(&mut self.held);
        Poll::Ready(Some(Ok(Frame::data(held.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.last.is_none()
    }
}
