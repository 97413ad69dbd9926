//! Who may call from a browser.
//!
//! The rule against cross-site requests is that of Go's `net/http.CrossOriginProtection`: browsers say in
//! `Sec-Fetch-Site` where a request comes from; on plain HTTP, where they do not, `Origin` is compared
//! with the host that was asked, if that is no name: a page may have its own name lead here (DNS rebinding), and
//! then both are its own. A request with neither header is not from a browser.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins whose pages may call: the public URL's own and those the operator listed.
#[derive(Clone, Debug)]
pub struct AllowedOrigins(Arc<[HeaderValue]>);

/// A configured origin that no browser could send.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an origin such as https://app.example.org")]
pub struct InvalidOrigin(String);

impl AllowedOrigins {
    /// Takes the origin of each URL; paths are ignored.
    pub fn of_urls<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidOrigin> {
        urls.into_iter()
            .map(origin_of)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether `origin` is listed, byte for byte: browsers send one spelling only.
    pub(super) fn contains(&self, origin: &HeaderValue) -> bool {
        self.0.contains(origin)
    }

    pub(super) fn to_vec(&self) -> Vec<HeaderValue> {
        self.0.to_vec()
    }
}

fn origin_of(url: &str) -> Result<HeaderValue, InvalidOrigin> {
    let invalid = || InvalidOrigin(url.to_owned());
    let origin = Url::parse(url).map_err(|_| invalid())?.origin();

    if !origin.is_tuple() {
        return Err(invalid());
    }

    HeaderValue::from_str(&origin.ascii_serialization()).map_err(|_| invalid())
}

/// Whether a page of an origin that is not allowed made this request.
pub(super) fn is_foreign(request: &Request, allowed: &AllowedOrigins) -> bool {
    let origin = request.headers().get(ORIGIN);

    if origin.is_some_and(|origin| allowed.contains(origin)) {
        return false;
    }

    match fetch_site(request) {
        Some(b"same-origin" | b"none") => false,
        Some(_) => true,
        None => origin.is_some_and(|origin| !is_own_host(origin, request)),
    }
}

/// Refuses forms that another site posts to the pages; following a link stays possible.
pub(super) async fn refuse_foreign_forms(
    State(allowed): State<AllowedOrigins>,
    request: Request,
    next: Next,
) -> Response {
    // A page that sends no referrer posts its own forms with this origin. Only without
    // `Sec-Fetch-Site`, on plain HTTP, does that leave the two cases alike.
    let is_opaque = fetch_site(&request).is_none()
        && request
            .headers()
            .get(ORIGIN)
            .is_some_and(|origin| origin == "null");

    if request.method().is_safe() || is_opaque || !is_foreign(&request, &allowed) {
        return next.run(request).await;
    }

    refusal()
}

pub(super) fn refusal() -> Response {
    let text = "This origin may not call here: GUICHET_PUBLIC_URL and GUICHET_CORS_ORIGINS say which may.\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

fn fetch_site(request: &Request) -> Option<&[u8]> {
    request
        .headers()
        .get(SEC_FETCH_SITE)
        .map(HeaderValue::as_bytes)
}

fn is_own_host(origin: &HeaderValue, request: &Request) -> bool {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str().as_bytes(),
        None => request
            .headers()
            .get(HOST)
            .map_or(&[][..], HeaderValue::as_bytes),
    };
    let origin = origin.as_bytes();

    [&b"http://"[..], b"https://"]
        .into_iter()
        .find_map(|scheme| origin.strip_prefix(scheme))
        .is_some_and(|host| host.eq_ignore_ascii_case(authority) && !is_foreign_name(host))
}

/// Whether somebody else may say where this host is: not of an address, and not of this machine's own name (RFC 6761).
fn is_foreign_name(host: &[u8]) -> bool {
    let host = std::str::from_utf8(host).map(|host| Url::parse(&format!("http://{host}")));
    let host = host.ok().and_then(Result::ok);
    match host.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name != "localhost" && !name.ends_with(".localhost"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => false,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> AllowedOrigins {
        AllowedOrigins::of_urls(["https://id.example.org/guichet", "http://localhost:8080"])
            .unwrap()
    }

    #[test]
    fn only_exact_origins_are_listed() {
        for (origin, expected) in [
            ("https://id.example.org", true),
            ("http://localhost:8080", true),
            ("http://id.example.org", false),
            ("https://id.example.org:444", false),
            ("https://ID.example.org", false),
            ("https://sub.id.example.org", false),
            ("https://id.example.org.evil", false),
            ("https://id.example.orgx", false),
            ("null", false),
        ] {
            let origin = HeaderValue::from_static(origin);
            assert_eq!(allowed().contains(&origin), expected, "{origin:?}");
        }
    }

    #[test]
    fn what_no_browser_sends_as_origin_is_a_configuration_error() {
        for url in ["*", "null", "example.org", "data:text/plain,x", ""] {
            assert!(AllowedOrigins::of_urls([url]).is_err(), "{url}");
        }
    }

    #[test]
    fn foreign_requests_are_told_by_the_browsers_own_headers() {
        for (origin, fetch_site, expected) in [
            (None, None, false),
            (None, Some("same-origin"), false),
            (None, Some("cross-site"), true),
            (Some("https://id.example.org"), Some("cross-site"), false),
            (Some("https://evil.example"), Some("cross-site"), true),
            (Some("https://evil.example"), Some("same-site"), true),
            (Some("https://evil.example"), None, true),
            (Some("null"), Some("cross-site"), true),
            (Some("null"), None, true),
            // The same server by another of its names.
            (Some("http://127.0.0.1:8080"), Some("same-origin"), false),
            (Some("http://127.0.0.1:8080"), None, false),
        ] {
            let mut request = Request::builder().header(HOST, "127.0.0.1:8080");
            if let Some(origin) = origin {
                request = request.header(ORIGIN, origin);
            }
            if let Some(site) = fetch_site {
                request = request.header(SEC_FETCH_SITE, site);
            }
            let request = request.body(axum::body::Body::empty()).unwrap();

            assert_eq!(
                is_foreign(&request, &allowed()),
                expected,
                "{origin:?} {fetch_site:?}"
            );
        }
    }

    #[test]
    fn a_page_that_has_its_own_name_lead_here_is_foreign() {
        for (host, expected) in [
            ("evil.example", true),
            ("evil.example:8080", true),
            ("localhost.evil.example:8080", true),
            ("127.0.0.1.evil.example", true),
            ("localhost:8080", false),
            ("guichet.localhost:8080", false),
            ("192.0.2.1:8080", false),
            ("[2001:db8::1]:8080", false),
        ] {
            let request = Request::builder()
                .header(HOST, host)
                .header(ORIGIN, format!("http://{host}"));
            let request = request.body(axum::body::Body::empty()).unwrap();

            assert_eq!(is_foreign(&request, &allowed()), expected, "{host}");
        }
    }
}
