//! What browsers may read of an answer: pages of allowed origins only, and never with cookies.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ORIGIN,
};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
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

/// Adds the CORS headers, also to errors, and answers preflights.
pub(super) fn layer(allowed: &AllowedOrigins) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(allowed.to_vec())
        .allow_methods([Method::POST])
        .allow_headers(REQUEST_HEADERS)
        .expose_headers(STATUS_HEADERS)
        .max_age(PREFLIGHT_AGE)
}

/// Lets only preflights of allowed origins reach [`layer`], which would answer any `OPTIONS` with success.
pub(super) async fn check_preflight(
    State(allowed): State<AllowedOrigins>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::OPTIONS {
        return next.run(request).await;
    }

    let headers = request.headers();
    let is_allowed = headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && headers
            .get(ORIGIN)
            .is_some_and(|origin| allowed.contains(origin));

    if !is_allowed {
        return content_type::method_not_allowed();
    }

    let mut response = next.run(request).await;
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
