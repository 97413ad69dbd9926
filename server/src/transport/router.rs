//! One router for gRPC, grpc-web and the HTTP pages.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{StatusCode, Version};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tonic::service::Routes;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use super::calls::Calls;
use super::guarded::Connection;
use super::policy::Policy;
use super::{content_type, deadline, open_calls, origin, panics};

/// Puts `calls` and `pages` behind their rules and on one port.
///
/// The two stay apart because each needs a fallback of its own, `UNIMPLEMENTED` or a 404 page, and
/// because the grpc-web layer refuses every plain HTTP/1.1 request it sees.
pub fn combine(calls: Routes, pages: Router, policy: &Policy) -> Routes {
    let calls = Arc::new(Calls::new(calls.into_axum_router(), policy));
    let pages = behind_page_rules(pages, policy);
    // Boxed here, since it is large, and what is around it would move it several times.
    let both =
        service_fn(move |request| Box::pin(dispatch(Arc::clone(&calls), pages.clone(), request)));

    Router::new().fallback_service(both).into()
}

fn behind_page_rules(pages: Router, policy: &Policy) -> Router {
    let rules = ServiceBuilder::new()
        .layer(from_fn_with_state(
            policy.origins.clone(),
            origin::refuse_foreign_forms,
        ))
        .layer(from_fn_with_state(
            Arc::clone(&policy.open),
            open_calls::bound_page,
        ))
        .layer(from_fn_with_state(
            policy.calls.clone(),
            deadline::limit_page,
        ))
        .layer(panics::of_pages());

    pages.layer(rules)
}

async fn dispatch(
    calls: Arc<Calls>,
    pages: Router,
    mut request: Request,
) -> Result<Response, Infallible> {
    if !names_its_host(&request) {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    }

    let connection = request.extensions().get::<Connection>();
    if let Some(peer) = connection.map(|connection| connection.peer) {
        request.extensions_mut().insert(peer);
    }

    if is_call(&request) {
        Ok(calls.answer(request).await)
    } else {
        pages.oneshot(request).await
    }
}

/// HTTP/1.1 wants exactly one `host` (RFC 9112 section 3.2); of two, a proxy in front may believe the other.
fn names_its_host(request: &Request) -> bool {
    request.version() != Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}

/// Whether a request is a call, real or pretended: by its content type or by the shape of its path.
fn is_call(request: &Request) -> bool {
    content_type::is_grpc(request.headers()) || names_a_method(request.uri().path())
}

/// `/package.Service/Method`; no page has a dot in its first segment but `/.well-known/`.
fn names_a_method(path: &str) -> bool {
    path.strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(service, _)| service.contains('.') && !service.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transport::deadline::CallLimits;
    use crate::transport::testing::{
        ALLOWED_ORIGIN, EMPTY_MESSAGE, HEALTH, NEVER, Served, Setup, serve,
    };

    const GRPC: (&str, &str) = ("content-type", "application/grpc");
    const EVIL: &str = "https://evil.example";

    async fn served() -> Served {
        serve(Setup::default()).await
    }

    fn assert_starts(answer: &str, status: &str) {
        assert!(
            answer.starts_with(&format!("http/1.1 {status}")),
            "{answer}"
        );
    }

    fn assert_has(answer: &str, line: &str) {
        assert!(answer.contains(line), "{line:?} is not in {answer}");
    }

    #[test]
    fn calls_are_told_from_pages_by_their_path() {
        for (path, expected) in [
            ("/guichet.v1.AuthService/Login", true),
            ("/guichet.v1.Unknown/Login", true),
            ("/guichet.v1.AuthService/Login/", true),
            ("/.well-known/jwks.json", false),
            ("/Account/ResetPassword", false),
            ("/assets/app.js", false),
            ("/favicon.ico", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(names_a_method(path), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn pages_grpc_web_and_grpc_share_a_port() {
        let server = served().await;

        let page = server.http1("GET", "/hello", &[], b"").await;
        assert_starts(&page, "200");
        assert_has(&page, "hello\n");

        let web = server.grpc_web(HEALTH, ALLOWED_ORIGIN, &[]).await;
        assert_starts(&web, "200");
        assert_has(&web, "content-type: application/grpc-web");
        assert_has(&web, "cache-control: no-store");
        assert_has(&web, "grpc-status:0");

        let (head, body, trailers) = server.http2(HEALTH, &[GRPC]).await;
        assert_eq!(head.status(), 200);
        assert_eq!(body, [0, 0, 0, 0, 2, 8, 1]);
        assert_eq!(trailers["grpc-status"], "0");
    }

    #[tokio::test]
    async fn the_peer_is_the_sockets_address() {
        let answer = served()
            .await
            .http1("GET", "/peer", &[("x-forwarded-for", "192.0.2.1")], b"")
            .await;

        assert_has(&answer, "peer { addr: 127.0.0.1:");
        assert_has(&answer, "tls: false");
    }

    #[tokio::test]
    async fn a_frame_that_is_not_declared_as_grpc_is_not_run() {
        let server = served().await;

        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ] {
            let header = ("content-type", content_type);
            let answer = server.http1("POST", HEALTH, &[header], EMPTY_MESSAGE).await;
            assert_starts(&answer, "415");

            let (head, _, trailers) = server.http2(HEALTH, &[header]).await;
            assert_eq!(head.status(), 415, "{content_type}");
            assert!(trailers.is_empty());
        }

        let (head, _, _) = server.http2(HEALTH, &[]).await;
        assert_eq!(head.status(), 415);
    }

    #[tokio::test]
    async fn a_foreign_origin_is_refused() {
        let server = served().await;

        for origin in [
            EVIL,
            "null",
            "https://app.example.org.evil",
            "http://app.example.org",
        ] {
            let answer = server.grpc_web(HEALTH, origin, &[]).await;
            assert_starts(&answer, "403");
            assert!(!answer.contains("access-control-allow-origin"), "{answer}");

            let form = [("origin", origin), ("sec-fetch-site", "cross-site")];
            assert_starts(&server.http1("POST", "/hello", &form, b"").await, "403");
            assert_starts(&server.http1("GET", "/hello", &form, b"").await, "200");
        }
    }

    #[tokio::test]
    async fn an_opaque_form_of_our_own_page_is_taken() {
        let form = [
            ("origin", "null"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = served().await.http1("POST", "/hello", &form, b"").await;

        assert_starts(&answer, "200");
    }

    #[tokio::test]
    async fn a_call_is_a_post() {
        let server = served().await;

        for path in [HEALTH, "/grpc.health.v1.Unknown/Check"] {
            for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"] {
                let answer = server.http1(method, path, &[], b"").await;
                assert_starts(&answer, "405");
                assert_has(&answer, "allow: post");
            }
        }
    }

    #[tokio::test]
    async fn unknown_methods_are_unimplemented_and_unknown_pages_not_found() {
        let server = served().await;

        for path in [
            "/grpc.health.v1.Unknown/Check",
            "/grpc.health.v1.Health/Unknown",
            "//x",
            "/hello",
        ] {
            let (head, body, _) = server.http2(path, &[GRPC]).await;
            assert_eq!(head.status(), 200, "{path}");
            assert_eq!(head.headers()["grpc-status"], "12", "{path}");
            assert!(body.is_empty(), "{path}");
        }

        assert_starts(&server.http1("GET", "/unknown", &[], b"").await, "404");
    }

    #[tokio::test]
    async fn only_allowed_origins_pass_a_preflight() {
        let server = served().await;
        let asks = ("access-control-request-method", "POST");

        let answer = server
            .http1("OPTIONS", HEALTH, &[("origin", ALLOWED_ORIGIN), asks], b"")
            .await;
        assert_starts(&answer, "204");
        assert_has(
            &answer,
            "access-control-allow-origin: https://app.example.org\r\n",
        );
        assert_has(&answer, "access-control-allow-methods: post");
        assert_has(&answer, "x-grpc-web");
        assert!(
            !answer.contains("access-control-allow-credentials"),
            "{answer}"
        );

        let answer = server
            .http1("OPTIONS", HEALTH, &[("origin", EVIL), asks], b"")
            .await;
        assert_starts(&answer, "405");
        assert!(!answer.contains("access-control-"), "{answer}");
    }

    #[tokio::test]
    async fn allowed_pages_can_read_errors_too() {
        let server = served().await;
        let page = ("origin", ALLOWED_ORIGIN);
        let plain = ("content-type", "text/plain");

        for answer in [
            server.grpc_web(HEALTH, ALLOWED_ORIGIN, &[]).await,
            server
                .grpc_web("/grpc.health.v1.Health/Unknown", ALLOWED_ORIGIN, &[])
                .await,
            server
                .http1("POST", HEALTH, &[page, plain], EMPTY_MESSAGE)
                .await,
        ] {
            assert_has(
                &answer,
                "access-control-allow-origin: https://app.example.org\r\n",
            );
            assert_has(
                &answer,
                "expose-headers: grpc-status,grpc-message,grpc-status-details-bin\r\n",
            );
            assert_has(&answer, "vary: origin");
        }
    }

    #[tokio::test]
    async fn who_is_no_page_is_told_nothing_that_is_for_pages() {
        let (head, _, _) = served().await.http2(HEALTH, &[GRPC]).await;

        let told = head.headers().keys().map(axum::http::HeaderName::as_str);
        let for_pages = |name: &&str| *name == "vary" || name.starts_with("access-control-");
        assert_eq!(told.filter(for_pages).count(), 0, "{head:?}");
    }

    #[tokio::test]
    async fn a_passed_deadline_is_answered_in_the_callers_protocol() {
        let server = served().await;

        for timeout in ["1n", "100m"] {
            let header = ("grpc-timeout", timeout);

            let web = server.grpc_web(NEVER, ALLOWED_ORIGIN, &[header]).await;
            assert_starts(&web, "200");
            assert_has(&web, "grpc-status: 4");
            assert_has(&web, "content-type: application/grpc-web+proto");
            assert_has(&web, "access-control-allow-origin: https://app.example.org");

            let (head, _, _) = server.http2(NEVER, &[GRPC, header]).await;
            assert_eq!(head.headers()["grpc-status"], "4");
            assert_eq!(head.headers()["content-type"], "application/grpc");
        }
    }

    #[tokio::test]
    async fn callers_cannot_ask_for_more_than_the_longest_time() {
        let calls = CallLimits {
            longest: Duration::from_millis(100),
            unlimited: &[],
        };
        let server = serve(Setup {
            calls,
            ..Setup::default()
        })
        .await;

        for timeout in [
            ("grpc-timeout", "1H"),
            ("grpc-timeout", "nonsense"),
            ("x-none", ""),
        ] {
            let (head, _, _) = server.http2(NEVER, &[GRPC, timeout]).await;
            assert_eq!(head.headers()["grpc-status"], "4", "{timeout:?}");
        }

        assert_starts(&server.http1("GET", "/slow", &[], b"").await, "408");
    }
}
