//! A real server on port 0 and small clients, for the tests of this module.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request};
use axum::http::{HeaderMap, Response};
use axum::routing::{any, get, post};
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::deadline::CallLimits;
use super::limits::{Limits, server_builder};
use super::listener::Listener;
use super::open_calls::OpenCalls;
use super::origin::AllowedOrigins;
use super::peer::Peer;
use super::policy::Policy;
use super::router::combine;
use super::shutdown::{Ending, Shutdown};
use super::tls::ServerTls;
use super::whole_request::WholeRequests;
use crate::config::Proxies;
use crate::metrics::{Metrics, Port};

pub(super) const ALLOWED_ORIGIN: &str = "https://app.example.org";
pub(super) const HEALTH: &str = "/grpc.health.v1.Health/Check";
pub(super) const NEVER: &str = "/test.v1.Slow/Never";
pub(super) const PANICS: &str = "/test.v1.Slow/Panics";

/// How long a test waits for what should happen at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// A gRPC frame that holds an empty message.
pub(super) const EMPTY_MESSAGE: &[u8] = &[0; 5];

/// What a test wants otherwise than in production.
pub(super) struct Setup {
    pub(super) limits: Limits,
    pub(super) tls: Option<ServerTls>,
    pub(super) calls: CallLimits,
    pub(super) drain: Duration,
    pub(super) places: usize,
    pub(super) stuck: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            tls: None,
            calls: CallLimits::default(),
            drain: Duration::from_secs(10),
            places: 1_000,
            stuck: Duration::from_mins(1),
        }
    }
}

/// A running server, which ends with the test's runtime.
pub(super) struct Served {
    pub(super) address: SocketAddr,
    pub(super) shutdown: Shutdown,
    pub(super) announced: CancellationToken,
    pub(super) open: Gauge,
    pub(super) ended: JoinHandle<Ending>,
}

pub(super) async fn serve(setup: Setup) -> Served {
    let metrics = Metrics::new("test");
    let shutdown = Shutdown::new();
    let announced = CancellationToken::new();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Port::Public)
        .await
        .unwrap();
    let address = listener.local_addr();

    let open = OpenCalls::new(setup.places, &[], Proxies::default(), metrics.clone());
    let open = Arc::new(open.cutting_after(setup.stuck));
    let policy = Policy {
        origins: AllowedOrigins::of_urls([ALLOWED_ORIGIN]).unwrap(),
        calls: setup.calls,
        requests: WholeRequests::new(64 * 1024, &[], Arc::clone(&open)),
        open,
    };
    let server = server_builder(&setup.limits)
        .add_routes(combine(calls(), pages(), &policy))
        .serve_with_incoming_shutdown(
            listener.incoming(&setup.limits, setup.tls, shutdown.kill_switch(), &metrics),
            shutdown.draining(),
        );

    let stages = shutdown.clone();
    let announcement = announced.clone();
    let ended = tokio::spawn(async move {
        stages
            .supervise(server, async move { announcement.cancel() }, setup.drain)
            .await
            .unwrap()
    });

    Served {
        address,
        shutdown,
        announced,
        open: metrics.connections(Port::Public),
        ended,
    }
}

fn calls() -> Routes {
    let (_reporter, health) = tonic_health::server::health_reporter();
    Routes::new(health)
        .into_axum_router()
        .route(NEVER, post(std::future::pending::<()>))
        .route(PANICS, post(panics))
        .into()
}

fn pages() -> Router {
    Router::new()
        .route("/hello", get("hello\n").post("posted\n"))
        .route(
            "/peer",
            get(async |peer: Extension<Peer>| format!("{:?}", peer.0)),
        )
        .route("/slow", any(std::future::pending::<()>))
        .route("/panics", get(panics))
        .route("/endless", get(async || Response::new(Body::new(Endless))))
}

#[expect(clippy::panic, reason = "it is what is tested")]
async fn panics() {
    panic!("a secret");
}

/// A body without end, for clients that do not read.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let block = Bytes::from_static(&[b'x'; 16 * 1024]);
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(block))))
    }
}

impl Served {
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends one HTTP/1.1 request and returns the whole answer as text.
    pub(super) async fn http1(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        write!(
            head,
            "content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )
        .unwrap();

        let mut stream = self.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();

        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).to_lowercase()
    }

    /// A grpc-web call from a page of `origin`.
    pub(super) async fn grpc_web(
        &self,
        path: &str,
        origin: &str,
        headers: &[(&str, &str)],
    ) -> String {
        let mut all = vec![
            ("content-type", "application/grpc-web+proto"),
            ("x-grpc-web", "1"),
            ("origin", origin),
            ("sec-fetch-site", "cross-site"),
        ];
        all.extend(headers);
        self.http1("POST", path, &all, EMPTY_MESSAGE).await
    }

    /// One request over HTTP/2 without TLS: head, body and trailers of the answer.
    pub(super) async fn http2(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (Response<()>, Vec<u8>, HeaderMap) {
        let (client, connection) = h2::client::handshake(self.connect().await).await.unwrap();
        tokio::spawn(connection);

        let mut request = Request::post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }

        let mut client = client.ready().await.unwrap();
        let (answer, mut upload) = client
            .send_request(request.body(()).unwrap(), false)
            .unwrap();
        // The server may have refused already, without waiting for the body.
        let _ = upload.send_data(Bytes::from_static(EMPTY_MESSAGE), true);

        let (head, mut body) = answer.await.unwrap().into_parts();
        let mut bytes = Vec::new();
        while let Some(chunk) = body.data().await {
            bytes.extend(chunk.unwrap());
        }
        let trailers = body.trailers().await.unwrap().unwrap_or_default();

        (Response::from_parts(head, ()), bytes, trailers)
    }

    /// Waits until the server holds `count` connections; fails when it does not after two seconds.
    pub(super) async fn open_connections(&self, count: i64) {
        let reached = async {
            while self.open.get() != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };

        tokio::time::timeout(PATIENCE, reached)
            .await
            .unwrap_or_else(|_| panic!("{} connections are open", self.open.get()));
    }
}

/// Reads until the server has closed the connection; fails when it has not after two seconds.
pub(super) async fn closed(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut rest = Vec::new();
    // A reset is as good as an orderly end.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest))
        .await
        .expect("the connection is still open");
}

/// A certificate for `localhost` that signs itself, as PEM files: certificate, key.
pub(super) struct Certificate {
    pub(super) folder: tempfile::TempDir,
    pub(super) root: rustls_pki_types::CertificateDer<'static>,
}

impl Certificate {
    pub(super) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed([String::from("localhost")]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(
            folder.path().join("key.pem"),
            made.signing_key.serialize_pem(),
        )
        .unwrap();

        Self {
            folder,
            root: made.cert.der().clone(),
        }
    }

    pub(super) fn load(&self) -> ServerTls {
        let folder = self.folder.path();
        ServerTls::load(&folder.join("cert.pem"), &folder.join("key.pem")).unwrap()
    }

    /// Puts this pair into the files of another.
    pub(super) fn replace(&self, other: &Self) {
        for file in ["cert.pem", "key.pem"] {
            let [from, to] = [self, other].map(|pair| pair.folder.path().join(file));
            std::fs::copy(from, to).unwrap();
        }
    }

    /// A connector that trusts this certificate and offers HTTP/2 first.
    pub(super) fn connector(&self) -> tokio_rustls::TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

        Arc::new(config).into()
    }
}
