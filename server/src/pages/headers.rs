//! What every answer says to browsers, whatever it holds (OWASP ASVS 5.0, 3.4).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::{app::App, transport::session_cookie::Public};

/// No referrer, no guessing of types, no framing, no window of another site.
static ALWAYS: [(HeaderName, &str); 4] = [
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// No copy is kept and nothing is loaded, unless the answer says otherwise itself.
static BY_DEFAULT: [(HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// Two years, as the lists that browsers are shipped with want it.
const TLS_ONLY: &str = "max-age=63072000; includeSubDomains";

/// Adds the headers.
pub(super) async fn protect(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
    for (name, value) in &BY_DEFAULT {
        headers
            .entry(name.clone())
            .or_insert(HeaderValue::from_static(value));
    }
    if Public::of(app.config.listen.public_url.as_url().scheme()) == Public::Https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(TLS_ONLY),
        );
    }
    response
}
