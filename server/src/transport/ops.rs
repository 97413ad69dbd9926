//! The operations port: is it alive, is it ready, how is it doing.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::limits::{Limits, server_builder};
use super::listener::Listener;
use crate::metrics::{self, Metrics};

/// A readiness check that takes longer has failed.
const READINESS: Duration = Duration::from_secs(5);

/// Probes and scrapers are few.
const CONNECTIONS: usize = 256;

/// `/livez`, `/readyz` and `/metrics`.
///
/// `readiness` returns a line for each part that is not ready. It is asked at each probe, so it should
/// be cheap.
pub fn router<F, R>(metrics: Metrics, readiness: F) -> Router
where
    F: Fn() -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<(), Vec<String>>> + Send,
{
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(async move || ready(readiness()).await))
        .route("/metrics", get(async move || exposition(&metrics)))
}

/// Serves `router` until `stop` is cancelled, then cuts every connection.
///
/// Give it the kill switch of [`super::shutdown::Shutdown`], so that `/readyz` can say why during a drain.
pub async fn serve(
    listener: Listener,
    router: Router,
    stop: &CancellationToken,
    metrics: &Metrics,
) -> io::Result<()> {
    let limits = Limits {
        connections: CONNECTIONS,
        connections_from_loopback: CONNECTIONS,
        ..Limits::default()
    };
    let connections = listener.incoming(&limits, None, stop, metrics);
    let routes = Routes::from(router).prepare();

    server_builder(&limits)
        .serve_with_incoming_shutdown(routes, connections, stop.cancelled())
        .await
        .map_err(io::Error::other)
}

async fn ready(check: impl Future<Output = Result<(), Vec<String>>>) -> Response {
    let failing = match tokio::time::timeout(READINESS, check).await {
        Ok(Ok(())) => return "ready\n".into_response(),
        Ok(Err(failing)) => failing,
        Err(_) => vec![String::from("readiness: not known in time")],
    };

    (StatusCode::SERVICE_UNAVAILABLE, failing.join("\n") + "\n").into_response()
}

fn exposition(metrics: &Metrics) -> Response {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.encode()).into_response()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::metrics::Port;

    async fn start(failing: &'static [&'static str], stop: &CancellationToken) -> SocketAddr {
        let metrics = Metrics::new("1.2.3");
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Port::Operations)
            .await
            .unwrap();
        let address = listener.local_addr();
        let router = router(metrics.clone(), move || async move {
            match failing {
                [] => Ok(()),
                failing => Err(failing.iter().copied().map(String::from).collect()),
            }
        });

        let stop = stop.clone();
        tokio::spawn(async move { serve(listener, router, &stop, &metrics).await });

        address
    }

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();

        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_ready_process_says_so() {
        let address = start(&[], &CancellationToken::new()).await;

        for path in ["/livez", "/readyz"] {
            let answer = get(address, path).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        }
    }

    #[tokio::test]
    async fn failing_parts_are_listed_and_the_process_stays_alive() {
        let failing = &["database: no answer", "clock: 3 min off"];
        let address = start(failing, &CancellationToken::new()).await;

        let answer = get(address, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(
            answer.ends_with("database: no answer\nclock: 3 min off\n"),
            "{answer}"
        );
        assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn metrics_are_served_as_open_metrics() {
        let address = start(&[], &CancellationToken::new()).await;

        let answer = get(address, "/metrics").await;

        assert!(
            answer.contains("content-type: application/openmetrics-text"),
            "{answer}"
        );
        assert!(
            answer.contains("guichet_build_info{version=\"1.2.3\"} 1"),
            "{answer}"
        );
        assert!(
            answer.contains("guichet_connections{port=\"operations\"} 1"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn the_port_closes_when_it_is_told_to() {
        let stop = CancellationToken::new();
        let address = start(&[], &stop).await;
        let mut idle = TcpStream::connect(address).await.unwrap();

        stop.cancel();

        crate::transport::testing::closed(&mut idle).await;
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
