//! The last resort (OWASP ASVS 5.0, 16.5.4): a panic ends its own call or page, which is answered, and nothing else.
//!
//! What it was about goes to the log, by the process's panic hook, and never to the caller.

use std::any::Any;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

use crate::error;

type Handler = fn(Box<dyn Any + Send>) -> Response<Body>;

/// Answers a call that panics with `INTERNAL`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Internal;

impl ResponseForPanic for Internal {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send>) -> Response<Body> {
        error::panicked()
            .into_http::<tonic::body::Body>()
            .map(Body::new)
    }
}

/// Answers a page that panics with 500.
pub(super) fn of_pages() -> CatchPanicLayer<Handler> {
    let answer: Handler = |_| StatusCode::INTERNAL_SERVER_ERROR.into_response();
    CatchPanicLayer::custom(answer)
}

#[cfg(test)]
mod tests {
    use crate::transport::testing::{ALLOWED_ORIGIN, HEALTH, PANICS, Setup, serve};

    #[tokio::test]
    async fn a_panic_is_answered_and_the_connection_goes_on() {
        let server = serve(Setup::default()).await;
        let grpc = [("content-type", "application/grpc")];

        let (head, _, _) = server.http2(PANICS, &grpc).await;
        assert_eq!(head.headers()["grpc-status"], "13");
        assert!(head.headers().contains_key("grpc-status-details-bin"));
        let web = server.grpc_web(PANICS, ALLOWED_ORIGIN, &[]).await;
        assert!(web.contains("grpc-status: 13"), "{web}");
        let page = server.http1("GET", "/panics", &[], b"").await;
        assert!(page.starts_with("http/1.1 500"), "{page}");
        assert!(!format!("{head:?}{web}{page}").contains("secret"));

        let (_, _, trailers) = server.http2(HEALTH, &grpc).await;
        assert_eq!(trailers["grpc-status"], "0");
    }
}
