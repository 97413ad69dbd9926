//! Good messages in requests that are no calls: nothing of them is carried out.

use guichet_client::proto::RequestResetRequest;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, people, web};
use http::{Method, Request, StatusCode};
use prost::Message as _;
use tonic::Code;

const REQUEST_RESET: &str = "/guichet.v1.ResetService/RequestReset";

const EVIL: &str = "https://evil.example";

fn good_frame() -> Vec<u8> {
    let request = RequestResetRequest {
        identifier: Some(Identifier::Username("lea.martin".to_owned())),
        ..RequestResetRequest::default()
    };
    frame(0, &request.encode_to_vec())
}

/// A server with somebody whose password these requests would reset.
async fn server_with_somebody() -> Server {
    let server = Server::start().await;
    people::active(&server, "lea.martin", "lea@ecole.example").await;
    server
}

async fn assert_nothing_asked(server: &Server, what: &str) {
    let outcomes = people::reset_outcomes(server).await;
    assert!(outcomes.is_empty(), "{what}: {outcomes:?}");
}

/// A page of another site can send these without asking first.
#[tokio::test]
async fn a_frame_in_a_body_of_another_type_is_not_carried_out() {
    let server = server_with_somebody().await;
    let wire = Wire::connect(&server).await;
    let body = good_frame();

    for content_type in [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/grpcx"),
        None,
    ] {
        for (origin, expected) in [
            (None, StatusCode::UNSUPPORTED_MEDIA_TYPE),
            (Some(EVIL), StatusCode::FORBIDDEN),
            (Some("null"), StatusCode::FORBIDDEN),
        ] {
            let what = format!("{content_type:?} from {origin:?}");
            let headers: Vec<(&str, &str)> = [("content-type", content_type), ("origin", origin)]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect();

            let answer = wire.post(REQUEST_RESET, &headers, &body).await;
            assert_eq!(answer.expect("an answer").status, expected, "{what}");

            let url = format!("{}{REQUEST_RESET}", server.url());
            let mut request = Request::post(url);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let body = String::from_utf8(body.clone()).expect("a name in ASCII");
            let page = web::send(request.body(body).expect("a request")).await;
            assert_eq!(page.status, expected, "{what} over HTTP/1.1");

            assert_nothing_asked(&server, &what).await;
        }
    }
}

#[tokio::test]
async fn no_method_but_post_is_a_call() {
    let server = server_with_somebody().await;
    let wire = Wire::connect(&server).await;
    let preflight = ("access-control-request-method", "POST");

    for name in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let method: Method = name.parse().expect("a method");
        for headers in [&[GRPC][..], &[GRPC, ("origin", EVIL), preflight]] {
            let answer = wire
                .send(method.clone(), REQUEST_RESET, headers, &good_frame())
                .await;

            let answer = answer.expect("an answer");
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{name}");
            assert!(
                !answer.headers.contains_key("access-control-allow-origin"),
                "{name}"
            );
            assert_nothing_asked(&server, name).await;
        }
    }
}

/// CVE-2026-33186: a rule in front that knows one spelling must not be passed by another.
#[tokio::test]
async fn a_call_has_one_spelling() {
    let server = server_with_somebody().await;
    let wire = Wire::connect(&server).await;

    for path in [
        "/guichet.v1.ResetService/Unknown",
        "/guichet.v1.Unknown/RequestReset",
        "/guichet.v1.ResetService",
        "/guichet.v1.ResetService/",
        "/guichet.v1.ResetService/RequestReset/",
        "/guichet.v1.ResetService//RequestReset",
        "//guichet.v1.ResetService/RequestReset",
        "/./guichet.v1.ResetService/RequestReset",
        "/x/../guichet.v1.ResetService/RequestReset",
        "/guichet.v1.ResetService%2FRequestReset",
        "/guichet.v1.ResetService/%52equestReset",
        "/guichet.v1.resetservice/requestreset",
        "/guichet.v1.ResetService/RequestReset;x",
        "/ResetService/RequestReset",
        "/",
    ] {
        let answer = wire.post(path, &[GRPC], &good_frame()).await;

        let answer = answer.expect("an answer");
        assert_eq!(answer.code(), Some(Code::Unimplemented), "{path}");
        assert_nothing_asked(&server, path).await;
    }
}
