//! What browsers may read of an answer: pages of allowed origins only, and never with cookies.

use std::{convert::Infallible, time::Duration};

use axum::extract::Request;
use axum::http::header::{
    ACCEPT_LANGUAGE, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ORIGIN,
};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::Response;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::CorsLayer;

use super::content_type;
use super::origin::AllowedOrigins;

/// What grpc-web clients send beside the headers that need no permission.
const REQUEST_HEADERS: [HeaderName; 8] = [
    ACCEPT_LANGUAGE,
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-user-agent"),
];

/// Without these, a page sees that a call failed but not why.
const STATUS_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
];

/// How long a browser may remember a preflight's answer.
const PREFLIGHT_AGE: Duration = Duration::from_mins(10);

/// Which pages may call, and what they may read.
#[derive(Clone, Debug)]
pub(super) struct Cors {
    allowed: AllowedOrigins,
    headers: CorsLayer,
}

impl Cors {
    pub(super) fn new(allowed: AllowedOrigins) -> Self {
        let headers = CorsLayer::new()
            .allow_origin(allowed.to_vec())
            .allow_methods([Method::POST])
            .allow_headers(REQUEST_HEADERS)
            .expose_headers(STATUS_HEADERS)
            .max_age(PREFLIGHT_AGE);
        Self { allowed, headers }
    }

    /// Adds the CORS headers, also to errors, and answers preflights. Whoever names no origin is no page, and reads all.
    pub(super) async fn apply<F: Future<Output = Response>>(
        &self,
        request: Request,
        mut next: impl FnMut(Request) -> F,
    ) -> Response {
        let is_preflight = request.method() == Method::OPTIONS;
        if is_preflight && !self.allows_preflight(request.headers()) {
            return content_type::method_not_allowed(request.method());
        }
        if !request.headers().contains_key(ORIGIN) {
            return next(request).await;
        }

        let next = service_fn(|request| {
            // Boxed, since every call would have the room for it, browser's or not.
            let answer = Box::pin(next(request));
            async { Ok::<_, Infallible>(answer.await) }
        });
        let Ok(mut response) = self.headers.layer(next).oneshot(request).await;
        if is_preflight {
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        response
    }

    /// The layer would answer any `OPTIONS` with success.
    fn allows_preflight(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            && headers
                .get(ORIGIN)
                .is_some_and(|origin| self.allowed.contains(origin))
    }
}
