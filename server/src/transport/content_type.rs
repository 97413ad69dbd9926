//! What a gRPC call must look like over HTTP.
//!
//! tonic runs a call whatever its content type. A page of another site could thus send a gRPC frame as
//! `text/plain`, which browsers send without asking first.

use axum::extract::Request;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::origin::{self, AllowedOrigins};

const GRPC: &[u8] = b"application/grpc";
const GRPC_WEB: &[u8] = b"application/grpc-web";

/// Lets only `POST` with a gRPC content type through, not from a foreign origin, and forbids to store
/// the answer.
pub(super) async fn admit_calls<F: Future<Output = Response>>(
    allowed: &AllowedOrigins,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let mut response = if request.method() != Method::POST {
        method_not_allowed(request.method())
    } else if origin::is_foreign(&request, allowed) {
        origin::refusal()
    } else if !is_grpc(request.headers()) {
        unsupported_media_type()
    } else {
        next(request).await
    };

    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether the body is gRPC or grpc-web: `application/grpc`, alone or with `+codec`, `-web…` or a
/// parameter behind it.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    after(GRPC, headers)
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b'-' | b';' | b' ')))
}

/// Whether the body is grpc-web.
pub(super) fn is_grpc_web(headers: &HeaderMap) -> bool {
    after(GRPC_WEB, headers).is_some()
}

/// What is behind `start` in the content type, if that begins so.
fn after<'h>(start: &[u8], headers: &'h HeaderMap) -> Option<&'h [u8]> {
    let value = headers.get(CONTENT_TYPE)?.as_bytes();
    let (essence, rest) = value.split_at_checked(start.len())?;
    essence.eq_ignore_ascii_case(start).then_some(rest)
}

/// The answer to any method but `POST` on the path of a call.
pub(super) fn method_not_allowed(method: &Method) -> Response {
    let allow = [(ALLOW, "POST")];
    // RFC 9110 section 9.3.2.
    let text = if method == Method::HEAD {
        ""
    } else {
        "A call is a POST.\n"
    };
    (StatusCode::METHOD_NOT_ALLOWED, allow, text).into_response()
}

fn unsupported_media_type() -> Response {
    let text = "The content type of a call is application/grpc or application/grpc-web.\n";
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_grpc_content_types_are_calls() {
        for (value, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc-web", true),
            ("application/grpc-web-text+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("Application/gRPC", true),
            ("application/grpcx", false),
            ("application/grp", false),
            ("text/plain", false),
            ("text/plain; application/grpc", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(is_grpc(&headers), expected, "{value}");
        }

        assert!(!is_grpc(&HeaderMap::new()));
    }
}
