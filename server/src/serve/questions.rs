//! Questions to reflection are read as they come, also while nobody reads the answers.
//!
//! tonic's reflection reads the next question when the last answer has found room. What lies unread meanwhile takes up the
//! window of its HTTP/2 connection, and if that is many small parts, h2 closes the connection: behind a proxy it carries other
//! people's calls as well.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::Request,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::{StreamExt as _, wrappers::UnboundedReceiverStream};
use tonic::Status;

/// Bytes that one caller may have asked and not been answered.
const MAX_BYTES: usize = 64 * 1024;

/// What a part counts at least: about what it takes to keep one.
const LEAST_BYTES: usize = 256;

/// A part of what is asked, with the room that it takes until it is read.
type Part = Result<(Bytes, OwnedSemaphorePermit), Status>;

/// Has a request to reflection be read ahead.
pub(super) fn read_ahead(request: Request<tonic::body::Body>) -> Request<tonic::body::Body> {
    request.map(|body| tonic::body::Body::new(ahead(Body::new(body))))
}

fn ahead(body: Body) -> Body {
    let (asked, questions) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::select! {
            () = read(body, &asked) => {}
            () = asked.closed() => {}
        }
    });
    let questions = UnboundedReceiverStream::new(questions);
    Body::from_stream(questions.map(|part| part.map(|(part, _room)| part)))
}

/// Reads to the end. What is asked on and on by somebody who reads no answer is thrown away: left where it is, it would be in
/// the others' way.
async fn read(body: Body, asked: &mpsc::UnboundedSender<Part>) {
    let room = Arc::new(Semaphore::new(MAX_BYTES));
    let mut parts = body.into_data_stream();
    let mut is_heard = true;
    while let Some(Ok(part)) = parts.next().await {
        if !is_heard {
            continue;
        }
        let takes = u32::try_from(part.len().max(LEAST_BYTES)).unwrap_or(u32::MAX);
        let room = Arc::clone(&room).try_acquire_many_owned(takes);
        is_heard = room.is_ok();
        // A copy, since a small part would keep all of what it was received in.
        let part = room.map(|room| (Bytes::copy_from_slice(&part), room));
        let too_much = |_| Status::resource_exhausted("answers first have to be read");
        if asked.send(part.map_err(too_much)).is_err() {
            return;
        }
    }
}
