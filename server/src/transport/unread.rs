//! Answers that nobody reads.
//!
//! What is handed to HTTP/2 stays there until whoever asked makes room for it, be it for ever: no deadline and no keepalive
//! ends that. So the bytes themselves hold the place of their call. They are not copied for it.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http_body::{Frame, SizeHint};
use tokio_util::sync::CancellationToken;

use crate::places::Place;

/// Parts of answers that are handed over and not sent yet.
#[derive(Debug, Default)]
pub(super) struct Unread {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// The oldest first, with what cuts their connections.
    by_age: BTreeMap<Age, CancellationToken>,
}

/// Since when, and a number of its own.
type Age = (Instant, u64);

/// What an answer holds until all of it is sent.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    place: Arc<Place>,
    unread: Arc<Unread>,
    /// Cuts the connection; none where that would hit others.
    cut: Option<CancellationToken>,
}

struct Answer {
    body: Body,
    seat: Seat,
}

/// Part of an answer.
struct Held {
    bytes: Bytes,
    _place: Arc<Place>,
    _wait: Option<Wait>,
}

/// Ends when it is dropped.
struct Wait {
    unread: Arc<Unread>,
    age: Age,
}

impl Unread {
    /// Cuts the connections of parts that have waited as long as that.
    pub(super) fn cut(&self, waited: Duration) {
        let now = Instant::now();
        let mut stuck = Vec::new();
        let mut waiting = self.lock();
        while let Some(oldest) = waiting.by_age.first_entry()
            && now.duration_since(oldest.key().0) >= waited
        {
            stuck.push(oldest.remove());
        }
        drop(waiting);
        if !stuck.is_empty() {
            tracing::debug!(answers = stuck.len(), "nobody reads them, they are cut");
        }
        for connection in stuck {
            connection.cancel();
        }
    }

    fn begin(self: &Arc<Self>, cut: CancellationToken) -> Wait {
        let mut waiting = self.lock();
        let age = (Instant::now(), waiting.next);
        waiting.next += 1;
        waiting.by_age.insert(age, cut);
        drop(waiting);
        Wait {
            unread: Arc::clone(self),
            age,
        }
    }

    /// It is whole whenever it is not locked: nothing in between can panic.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    pub(super) fn new(place: Place, unread: &Arc<Unread>, cut: Option<CancellationToken>) -> Self {
        Self {
            place: Arc::new(place),
            unread: Arc::clone(unread),
            cut,
        }
    }

    /// Has this answer keep the place.
    pub(super) fn keep_until_sent(self, answer: Response) -> Response {
        answer.map(|body| Body::new(Answer { body, seat: self }))
    }

    fn hold(&self, bytes: Bytes) -> Bytes {
        if bytes.is_empty() {
            return bytes;
        }
        let cut = self.cut.clone();
        Bytes::from_owner(Held {
            bytes,
            _place: Arc::clone(&self.place),
            _wait: cut.map(|cut| self.unread.begin(cut)),
        })
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, seat } = self.get_mut();
        let polled = Pin::new(body).poll_frame(cx);
        polled.map_ok(|frame| frame.map_data(|bytes| seat.hold(bytes)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.unread.lock().by_age.remove(&self.age);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::places::Places;

    const MINUTE: Duration = Duration::from_mins(1);

    fn seat(places: &Arc<Places>, unread: &Arc<Unread>, cut: &CancellationToken) -> Seat {
        let place = places.take("a").expect("a place");
        Seat::new(place, unread, Some(cut.clone()))
    }

    #[tokio::test]
    async fn a_place_is_held_until_the_last_byte_is_gone() {
        let places = Arc::new(Places::new(1));
        let seat = seat(&places, &Arc::default(), &CancellationToken::new());
        let mut body = seat
            .keep_until_sent(Response::new("answer".into()))
            .into_body();

        let frame = body.frame().await.expect("a frame").expect("no error");
        let mut bytes = frame.into_data().expect("data");
        drop(body);
        let first = bytes.split_to(1);
        assert_eq!((&first[..], &bytes[..]), (&b"a"[..], &b"nswer"[..]));

        drop(first);
        assert!(places.take("a").is_none());
        drop(bytes);
        assert!(places.take("a").is_some());
    }

    #[tokio::test]
    async fn only_what_has_waited_long_is_cut() {
        let places = Arc::new(Places::new(9));
        let unread: Arc<Unread> = Arc::default();
        let [sent, waiting] = [CancellationToken::new(), CancellationToken::new()];
        drop(seat(&places, &unread, &sent).hold("answer".into()));
        let bytes = seat(&places, &unread, &waiting).hold("answer".into());

        unread.cut(MINUTE);
        assert!(!waiting.is_cancelled());

        unread.cut(Duration::ZERO);
        assert!(waiting.is_cancelled());
        assert!(!sent.is_cancelled());
        drop(bytes);
        assert!(unread.lock().by_age.is_empty());
    }
}
