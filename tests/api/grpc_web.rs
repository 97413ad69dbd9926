//! Calls from the script of a page.

use guichet_client::proto::{
    ExportAccountDataRequest, ExportAccountDataResponse, GetPasswordPolicyRequest,
    GetPasswordPolicyResponse, LoginRequest, LoginResponse,
};
use guichet_client::{Reason, error};
use guichet_tests::grpc_web::{Called, Encoding, call};
use guichet_tests::{Server, people, web};
use http::{Request, StatusCode};
use tonic::Code;

const PAGE: &str = "https://app.ecole.example";

const EXPORT: &str = "/guichet.v1.AccountService/ExportAccountData";
const LOGIN: &str = "/guichet.v1.AuthService/Login";
const POLICY: &str = "/guichet.v1.ResetService/GetPasswordPolicy";

async fn server_for_pages() -> Server {
    Server::builder()
        .env("GUICHET_CORS_ORIGINS", PAGE)
        .start()
        .await
}

/// A browser keeps the answer, and every header that is not named here, from the script.
fn assert_readable<R>(called: &Called<R>) {
    assert_eq!(called.headers["access-control-allow-origin"], PAGE);
    let exposed = called.headers["access-control-expose-headers"].to_str();
    let exposed: Vec<&str> = exposed.expect("names").split(',').map(str::trim).collect();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(exposed.contains(&name), "{name} is not in {exposed:?}");
    }
}

#[tokio::test]
async fn a_page_asks_and_reads_one_message() {
    let server = server_for_pages().await;
    let request = GetPasswordPolicyRequest {
        locale: "de".into(),
        ..GetPasswordPolicyRequest::default()
    };

    for encoding in [Encoding::Bytes, Encoding::Text] {
        let called: Called<GetPasswordPolicyResponse> =
            call(&server, PAGE, encoding, POLICY, None, &request).await;

        assert_eq!(called.status.code(), Code::Ok, "{encoding:?}");
        assert_readable(&called);
        let [policy] = called.messages.as_slice() else {
            panic!("{encoding:?}: not one message");
        };
        assert!(policy.min_length >= 8, "{encoding:?}: {policy:?}");
    }
}

#[tokio::test]
async fn a_page_reads_a_stream_to_its_end() {
    let server = server_for_pages().await;
    let account = people::active(&server, "lea.martin", "lea@ecole.example").await;
    let tokens = people::tokens(&server, "lea.martin", people::GOOD_PASSWORD).await;
    let request = ExportAccountDataRequest {
        account_id: account.id,
    };

    for encoding in [Encoding::Bytes, Encoding::Text] {
        let token = Some(tokens.access_token.as_str());
        let called: Called<ExportAccountDataResponse> =
            call(&server, PAGE, encoding, EXPORT, token, &request).await;

        assert_eq!(called.status.code(), Code::Ok, "{encoding:?}");
        assert_readable(&called);
        let messages = called.messages.iter();
        let sections: Vec<&str> = messages.map(|one| one.section.as_str()).collect();
        assert!(sections.contains(&"account"), "{encoding:?}: {sections:?}");
        assert!(sections.contains(&"session"), "{encoding:?}: {sections:?}");
    }
}

#[tokio::test]
async fn a_page_reads_why_it_was_refused() {
    let server = server_for_pages().await;
    let unknown = LoginRequest {
        username: "nobody".into(),
        password: people::GOOD_PASSWORD.into(),
        device_name: String::new(),
        ..LoginRequest::default()
    };
    let nothing = LoginRequest::default();
    let export = ExportAccountDataRequest::default();

    for encoding in [Encoding::Bytes, Encoding::Text] {
        let wrong: Called<LoginResponse> =
            call(&server, PAGE, encoding, LOGIN, None, &unknown).await;
        let empty: Called<LoginResponse> =
            call(&server, PAGE, encoding, LOGIN, None, &nothing).await;
        let stream: Called<ExportAccountDataResponse> =
            call(&server, PAGE, encoding, EXPORT, None, &export).await;

        assert_refused(&wrong, Reason::BadCredentials);
        assert_refused(&empty, Reason::InvalidFields);
        assert_refused(&stream, Reason::TokenInvalid);
        let fields = error::violations(&empty.status);
        assert!(fields.iter().any(|one| one.field == "username"));
    }
}

fn assert_refused<R>(called: &Called<R>, reason: Reason) {
    assert_readable(called);
    assert!(called.messages.is_empty(), "{reason:?}");
    assert_eq!(error::reason(&called.status), Some(reason));
}

#[tokio::test]
async fn only_listed_pages_may_ask_first() {
    let server = server_for_pages().await;

    for (origin, expected) in [
        (PAGE, StatusCode::NO_CONTENT),
        ("http://localhost:8080", StatusCode::NO_CONTENT),
        ("https://evil.example", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let request = Request::options(format!("{}{LOGIN}", server.url()))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-grpc-web");
        let page = web::send(request.body(String::new()).expect("a request")).await;

        assert_eq!(page.status, expected, "{origin}");
        let allowed = page.headers.get("access-control-allow-origin");
        let allowed = allowed.map(http::HeaderValue::as_bytes);
        let is_listed = expected == StatusCode::NO_CONTENT;
        assert_eq!(allowed, is_listed.then_some(origin.as_bytes()));
    }
}
