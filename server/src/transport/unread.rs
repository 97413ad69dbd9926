//! Answers that nobody reads.
//!
//! What is handed to HTTP/2 stays there until whoever asked makes room for it, be it for ever: no deadline and no keepalive
//! ends that. So the bytes themselves hold the place of their call. They are not copied for it.
//!
//! Thousands of calls may be open, and a page of a list is a megabyte. So large answers have room together, of which each
//! client gets a share.

use std::{
    collections::BTreeMap,
    mem,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http_body::{Frame, SizeHint};
use tokio_util::sync::CancellationToken;

use crate::places::{Place, Places};

/// An answer of fewer bytes is not large. Of what is larger each so many take a room.
const ROOM_BYTES: usize = 16 * 1024;

/// Rooms for large answers: 128 MiB, of which one address gets half. Their buffers may be twice as long as they are.
const ROOMS: usize = 8 * 1_024;

/// Parts of answers that are handed over and not sent yet.
#[derive(Debug)]
pub(super) struct Unread {
    waiting: Mutex<Waiting>,
    rooms: Arc<Places>,
}

impl Default for Unread {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            rooms: Arc::new(Places::new(ROOMS)),
        }
    }
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
    /// None for what is not large.
    rooms: Option<Arc<Rooms>>,
    unread: Arc<Unread>,
    /// Cuts the connection; none where that would hit others.
    cut: Option<CancellationToken>,
}

/// What a large answer holds besides.
#[derive(Debug)]
struct Rooms {
    _taken: Vec<Place>,
    _wait: Option<Wait>,
}

struct Answer {
    body: Body,
    seat: Seat,
}

/// A body of which the first part has been asked for.
struct Begun {
    first: First,
    rest: Body,
}

type First = Poll<Option<Result<Frame<Bytes>, axum::Error>>>;

/// Part of an answer.
struct Held {
    bytes: Bytes,
    _place: Arc<Place>,
    _rooms: Option<Arc<Rooms>>,
    _wait: Option<Wait>,
}

/// Ends when it is dropped.
#[derive(Debug)]
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
            rooms: None,
            unread: Arc::clone(unread),
            cut,
        }
    }

    /// The answer, with room if it is large; none where this client's answers have their share already.
    ///
    /// It is written at once, so that it can be measured: unread it would be kept in a form that is larger, and not counted.
    pub(super) fn find_room(
        &mut self,
        client: Option<IpAddr>,
        answer: Response,
    ) -> Option<Response> {
        let (head, mut body) = answer.into_parts();
        if http_body::Body::is_end_stream(&body) {
            return Some(Response::from_parts(head, body));
        }
        // Whoever sends it asks again, and is woken then.
        let mut cx = Context::from_waker(Waker::noop());
        let first = http_body::Body::poll_frame(Pin::new(&mut body), &mut cx);
        let length = match &first {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        if length >= ROOM_BYTES {
            let rooms = &self.unread.rooms;
            let taken = (0..length / ROOM_BYTES).map(|_| rooms.take_at(client));
            let taken: Option<Vec<Place>> = taken.collect();
            self.rooms = Some(Arc::new(Rooms {
                _taken: taken?,
                _wait: self.begin_wait(),
            }));
        }
        Some(Response::from_parts(
            head,
            Body::new(Begun { first, rest: body }),
        ))
    }

    fn begin_wait(&self) -> Option<Wait> {
        self.cut.clone().map(|cut| self.unread.begin(cut))
    }

    /// Has this answer keep the place.
    pub(super) fn keep_until_sent(self, answer: Response) -> Response {
        answer.map(|body| Body::new(Answer { body, seat: self }))
    }

    fn hold(&self, bytes: Bytes) -> Bytes {
        if bytes.is_empty() {
            return bytes;
        }
        Bytes::from_owner(Held {
            bytes,
            _place: Arc::clone(&self.place),
            _rooms: self.rooms.clone(),
            _wait: self.begin_wait(),
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

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { first, rest } = self.get_mut();
        match mem::replace(first, Poll::Pending) {
            Poll::Pending => Pin::new(rest).poll_frame(cx),
            first @ Poll::Ready(_) => first,
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.first {
            Poll::Pending => self.rest.is_end_stream(),
            Poll::Ready(first) => first.is_none(),
        }
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
        let place = places.take(None).expect("a place");
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
        assert!(places.take(None).is_none());
        drop(bytes);
        assert!(places.take(None).is_some());
    }

    #[tokio::test]
    async fn large_answers_of_one_address_have_half_the_room_until_they_are_sent() {
        let places = Arc::new(Places::new(999));
        let unread: Arc<Unread> = Arc::default();
        let page = Bytes::from(vec![0; 1024 * 1024]);
        let answer = |address: &str| {
            let mut seat = seat(&places, &unread, &CancellationToken::new());
            let answer = Response::new(Body::from(page.clone()));
            let answer = seat.find_room(address.parse().ok(), answer)?;
            Some(seat.keep_until_sent(answer))
        };

        let mut unsent: Vec<_> = std::iter::from_fn(|| answer("192.0.2.7")).collect();
        assert_eq!(unsent.len(), 64);
        assert!(answer("198.51.100.7").is_some());

        let body = unsent.pop().expect("an answer").into_body();
        let sent = body.collect().await.expect("no error").to_bytes();
        assert!(sent == page, "it is sent as it was");
        assert!(answer("192.0.2.7").is_none(), "its bytes are still there");
        drop(sent);
        assert!(answer("192.0.2.7").is_some());

        unread.cut(Duration::ZERO);
        drop(unsent);
        assert!(unread.lock().by_age.is_empty());
    }

    #[tokio::test]
    async fn small_answers_need_no_room() {
        let places = Arc::new(Places::new(999));
        let unread = Arc::new(Unread {
            rooms: Arc::new(Places::new(1)),
            ..Unread::default()
        });
        let answer = |length: usize| {
            let mut seat = seat(&places, &unread, &CancellationToken::new());
            let answer = Response::new(Body::from(vec![0; length]));
            seat.find_room(None, answer)
                .map(|answer| seat.keep_until_sent(answer))
        };

        let _large = answer(ROOM_BYTES).expect("room");
        assert!(answer(ROOM_BYTES).is_none());
        assert!(answer(ROOM_BYTES - 1).is_some());
        assert!(answer(0).is_some());
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
