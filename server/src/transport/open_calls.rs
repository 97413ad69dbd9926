//! How many calls may be open at a time.
//!
//! What bounds connections and their streams lets one address open tens of thousands of calls, each of which takes some
//! kilobytes for as long as it lasts.

use std::{
    pin::Pin,
    sync::Arc,
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
    metrics::Metrics,
    places::{Place, Places},
};

/// When whoever found no place may come again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Calls at a time that last as long as their callers wish.
const MAX_LASTING: usize = 1_024;

/// The network that a call comes from: found in the extensions of every call that has its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Network(pub(super) String);

/// Places for calls.
#[derive(Clone, Debug)]
pub struct OpenCalls {
    places: Arc<Places>,
    lasting: Arc<Places>,
    paths: &'static [&'static str],
    proxies: Proxies,
    metrics: Metrics,
}

impl OpenCalls {
    /// For `all` calls; those of these paths, `/package.Service/Method`, have a few of their own, since anybody may open
    /// them for ever.
    pub fn new(
        all: usize,
        lasting: &'static [&'static str],
        proxies: Proxies,
        metrics: Metrics,
    ) -> Self {
        Self {
            places: Arc::new(Places::new(all)),
            lasting: Arc::new(Places::new(MAX_LASTING)),
            paths: lasting,
            proxies,
            metrics,
        }
    }

    /// The answer to a call for which there is no place.
    pub(super) fn overloaded(&self, path: &str) -> Response {
        self.metrics.call_refused();
        tracing::debug!(path, "too many calls at a time");
        let retry_after = RETRY_AFTER;
        Error::Overloaded { retry_after }
            .into_status(Locale::En)
            .into_http()
    }
}

/// Refuses a call that finds no place. It keeps its place until its answer is sent whole.
pub(super) async fn bound(
    State(calls): State<OpenCalls>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>();
    let client = client_address::of(peer, request.headers(), &calls.proxies);
    let network = peer::network(client);
    let path = request.uri().path();
    let places = if calls.paths.contains(&path) {
        &calls.lasting
    } else {
        &calls.places
    };
    let Some(place) = places.take(&network) else {
        return calls.overloaded(path);
    };
    request.extensions_mut().insert(Network(network));
    let answer = next.run(request).await;
    answer.map(|body| {
        Body::new(Answer {
            body,
            _place: place,
        })
    })
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
