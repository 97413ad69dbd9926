//! How many calls may be open at a time.
//!
//! What bounds connections and their streams lets one address open tens of thousands of calls, each of which takes some
//! kilobytes for as long as it lasts.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{
    client_address,
    guarded::Connection,
    peer::Peer,
    unread::{Seat, Unread},
};
use crate::{config::Proxies, error::Error, i18n::Locale, metrics::Metrics, places::Places};

/// When whoever found no place may come again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Calls at a time that last as long as their callers wish.
const MAX_LASTING: usize = 1_024;

/// Pages and their files at a time: tens of kilobytes each, and gone as soon as they are read.
const MAX_PAGES: usize = 1_024;

/// How long an answer may lie unread before its connection may be cut to make room for others.
const STUCK: Duration = Duration::from_mins(1);

/// Where a call comes from: found in the extensions of every call that has its place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client(pub(super) Option<IpAddr>);

/// Places for calls, and for pages.
#[derive(Debug)]
pub struct OpenCalls {
    places: Arc<Places>,
    lasting: Arc<Places>,
    pages: Arc<Places>,
    unread: Arc<Unread>,
    stuck: Duration,
    paths: &'static [&'static str],
    proxies: Proxies,
    metrics: Metrics,
}

impl OpenCalls {
    /// For `all` calls; those of these paths, `/package.Service/Method`, have a few of their own, since anybody may open
    /// them for ever. So have pages.
    pub fn new(
        all: usize,
        lasting: &'static [&'static str],
        proxies: Proxies,
        metrics: Metrics,
    ) -> Self {
        Self {
            places: Arc::new(Places::new(all)),
            lasting: Arc::new(Places::new(MAX_LASTING)),
            pages: Arc::new(Places::new(MAX_PAGES)),
            unread: Arc::default(),
            stuck: STUCK,
            paths: lasting,
            proxies,
            metrics,
        }
    }

    /// With another time that an answer may lie unread.
    #[cfg(test)]
    pub(super) fn cutting_after(self, stuck: Duration) -> Self {
        Self { stuck, ..self }
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

    fn client(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.extensions().get::<Peer>();
        client_address::of(peer, request.headers(), &self.proxies)
    }

    /// Where there is no place, those go that have long been sending to nobody: the next one may find theirs.
    fn seat(
        &self,
        places: &Arc<Places>,
        client: Option<IpAddr>,
        request: &Request,
    ) -> Option<Seat> {
        let Some(place) = places.take_at(client) else {
            self.unread.cut(self.stuck);
            return None;
        };
        let connection = request.extensions().get::<Connection>();
        // A proxy's connection carries others too, and it has limits of its own.
        let own = connection.filter(|connection| Some(connection.peer.addr.ip()) == client);
        let cut = own.map(|connection| connection.cut.clone());
        Some(Seat::new(place, &self.unread, cut))
    }
}

/// Whether a call changes nothing, by the names of AIP-131 and its kin: it may be refused when it has its answer already.
fn only_reads(path: &str) -> bool {
    let method = path.rsplit('/').next().unwrap_or_default();
    let reads = ["BatchGet", "Get", "List", "Lookup"];
    reads.iter().any(|start| method.starts_with(start))
}

/// Refuses a call that finds no place, or whose large answer finds no room. It keeps its place until it is answered, and
/// [`keep`] until the answer is sent whole.
pub(super) async fn bound<F: Future<Output = Response>>(
    calls: &OpenCalls,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let client = calls.client(&request);
    let path = request.uri().path();
    let places = if calls.paths.contains(&path) {
        &calls.lasting
    } else {
        &calls.places
    };
    let Some(mut seat) = calls.seat(places, client, &request) else {
        return calls.overloaded(path);
    };
    let uri = request.uri().clone();
    request.extensions_mut().insert(Client(client));
    let mut answer = next(request).await;
    if only_reads(uri.path()) {
        let Some(begun) = seat.find_room(client, answer) else {
            calls.unread.cut(calls.stuck);
            return calls.overloaded(uri.path());
        };
        answer = begun;
    }
    answer.extensions_mut().insert(seat);
    answer
}

/// Has the answer keep its call's place. It stands outside of grpc-web, which may write the answer anew.
pub(super) async fn keep<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let mut answer = next(request).await;
    match answer.extensions_mut().remove::<Seat>() {
        Some(seat) => seat.keep_until_sent(answer),
        None => answer,
    }
}

/// Refuses a page that finds no place. It keeps its place until it is sent whole.
pub(super) async fn bound_page(
    State(calls): State<Arc<OpenCalls>>,
    request: Request,
    next: Next,
) -> Response {
    let client = calls.client(&request);
    let Some(seat) = calls.seat(&calls.pages, client, &request) else {
        calls.metrics.call_refused();
        tracing::debug!("too many pages at a time");
        let retry_after = HeaderValue::from(RETRY_AFTER.as_secs());
        let headers = [(header::RETRY_AFTER, retry_after)];
        return (StatusCode::SERVICE_UNAVAILABLE, headers).into_response();
    };
    seat.keep_until_sent(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use tokio::time::timeout;

    use super::*;
    use crate::transport::testing::{EMPTY_MESSAGE, HEALTH, Served, Setup, serve};

    const GRPC: (&str, &str) = ("content-type", "application/grpc");

    /// Longer than anything here takes.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// With two places, of which one caller gets one.
    async fn narrow(stuck: Duration) -> Served {
        let places = 2;
        serve(Setup {
            places,
            stuck,
            ..Setup::default()
        })
        .await
    }

    /// A call whose answer finds no room, until its connection ends.
    async fn unread(server: &Served) -> impl Future<Output = ()> + use<> {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(0);
        let stream = server.connect().await;
        let (client, connection) = builder.handshake::<_, Bytes>(stream).await.unwrap();
        let ended = tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let request = Request::post(format!("http://{}{HEALTH}", server.address))
            .header(GRPC.0, GRPC.1)
            .body(())
            .unwrap();
        let (answer, mut upload) = client.send_request(request, false).unwrap();
        let message = Bytes::from_static(EMPTY_MESSAGE);
        upload.send_data(message, true).unwrap();
        let answer = answer.await.unwrap();

        async move {
            let _ = ended.await;
            drop((client, answer));
        }
    }

    async fn is_refused(server: &Served) -> bool {
        let (head, _, _) = server.http2(HEALTH, &[GRPC]).await;
        // 8 is RESOURCE_EXHAUSTED.
        head.headers()
            .get("grpc-status")
            .is_some_and(|code| code == "8")
    }

    #[tokio::test]
    async fn whoever_has_long_read_nothing_goes_where_others_find_no_place() {
        let server = narrow(Duration::ZERO).await;
        let ended = unread(&server).await;

        assert!(is_refused(&server).await);

        timeout(PATIENCE, ended).await.expect("a cut connection");
        let room_again = async { while is_refused(&server).await {} };
        timeout(PATIENCE, room_again).await.expect("its place");
    }

    #[tokio::test]
    async fn whoever_reads_nothing_for_a_moment_stays() {
        let server = narrow(STUCK).await;
        let _ended = unread(&server).await;

        for _ in 0..3 {
            assert!(is_refused(&server).await);
        }
    }
}
