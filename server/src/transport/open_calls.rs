//! How many calls may be open at a time, from one network and in all.
//!
//! What bounds connections and their streams lets one address open tens of thousands of calls, each of which takes some
//! kilobytes for as long as it lasts.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};

use super::{
    client_address,
    peer::{self, Peer},
};
use crate::{
    config::Proxies,
    error::Error,
    i18n::Locale,
    shares::{self, Shares},
};

/// When whoever found no place may come again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One network gets this part of all places.
const SHARE: usize = 4;

/// Whose call it is: found in the extensions of every call that has its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Source {
    network: String,
    /// This machine's own programs, such as a proxy that is not told of, may take all places.
    is_own: bool,
}

impl Source {
    fn of(request: &Request, proxies: &Proxies) -> Self {
        let peer = request.extensions().get::<Peer>();
        let client = client_address::of(peer, request.headers(), proxies);
        Self {
            network: peer::network(client),
            is_own: client.is_some_and(|client| client.is_loopback()),
        }
    }
}

/// Places that networks share.
#[derive(Clone, Debug)]
pub(super) struct Places {
    all: usize,
    shares: Shares<Source>,
}

pub(super) type Place = shares::Place<Source>;

impl Places {
    pub(super) fn new(all: usize) -> Self {
        Self {
            all,
            shares: Shares::new(all),
        }
    }

    pub(super) fn take(&self, source: Source) -> Option<Place> {
        let most = if source.is_own {
            self.all
        } else {
            self.all.div_ceil(SHARE)
        };
        self.shares.take(source, most)
    }
}

/// Places for calls.
#[derive(Clone, Debug)]
pub struct OpenCalls {
    places: Places,
    proxies: Proxies,
}

impl OpenCalls {
    /// For `all` calls, a quarter of them from one network.
    pub fn new(all: usize, proxies: Proxies) -> Self {
        Self {
            places: Places::new(all),
            proxies,
        }
    }
}

/// Refuses a call that finds no place. It keeps its place until its answer is sent whole.
pub(super) async fn bound(
    State(calls): State<OpenCalls>,
    mut request: Request,
    next: Next,
) -> Response {
    let source = Source::of(&request, &calls.proxies);
    let Some(place) = calls.places.take(source.clone()) else {
        return overloaded(request.uri().path());
    };
    request.extensions_mut().insert(source);
    let answer = next.run(request).await;
    answer.map(|body| {
        Body::new(Answer {
            body,
            _place: place,
        })
    })
}

/// The answer to a call for which there is no place.
pub(super) fn overloaded(path: &str) -> Response {
    tracing::info!(path, "too many calls at a time");
    let retry_after = RETRY_AFTER;
    Error::Overloaded { retry_after }
        .into_status(Locale::En)
        .into_http()
}

struct Answer {
    body: Body,
    _place: Place,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
