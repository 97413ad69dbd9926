//! The refresh token in a cookie, for pages.

use guichet_client::proto::auth_service_client::AuthServiceClient;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::{LoginRequest, LogoutRequest, RefreshRequest, Tokens};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};
use tonic_web::{GrpcWebCall, GrpcWebClientService};

type Browser = GrpcWebClientService<
    Client<hyper_util::client::legacy::connect::HttpConnector, GrpcWebCall<Body>>,
>;

const EMAIL: &str = "lea@ecole.example";

/// Calls as a page does.
fn calls(server: &Server) -> AuthServiceClient<Browser> {
    let browser = GrpcWebClientService::new(Client::builder(TokioExecutor::new()).build_http());
    let origin = server.url().parse().expect("a URL");
    AuthServiceClient::with_origin(browser, origin)
}

/// A call that asks for the cookie, with the one that the browser has.
fn with_cookie<T>(message: T, cookie: &str) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert("guichet-session", "cookie".parse().expect("text"));
    if !cookie.is_empty() {
        metadata.insert("cookie", cookie.parse().expect("text"));
    }
    request
}

/// `name=value` of the cookie that an answer sets.
fn set_cookie(metadata: &MetadataMap) -> String {
    let line = metadata.get("set-cookie").expect("a cookie");
    let line = line.to_str().expect("text");
    assert!(
        line.contains("; HttpOnly; SameSite=Strict; Path=/"),
        "{line}"
    );
    line.split(';').next().unwrap_or_default().to_owned()
}

/// Signs Léa in, in a browser that has this cookie; with the one that it has then.
pub(crate) async fn login(server: &Server, cookie: &str) -> (Tokens, String) {
    let request = LoginRequest {
        username: "lea".into(),
        password: GOOD_PASSWORD.into(),
        device_name: "Firefox".into(),
        ..LoginRequest::default()
    };
    let reply = calls(server).login(with_cookie(request, cookie)).await;
    let reply = reply.expect("a sign-in");
    let cookie = set_cookie(reply.metadata());
    server.remember(cookie.split_once('=').expect("a cookie").1);
    match reply.into_inner().outcome {
        Some(Outcome::Tokens(tokens)) => (tokens, cookie),
        other => panic!("expected tokens, got {other:?}"),
    }
}

pub(crate) async fn refresh(server: &Server, cookie: &str) -> Result<Response<Tokens>, Status> {
    let request = with_cookie(RefreshRequest::default(), cookie);
    let reply = calls(server).refresh(request).await?;
    Ok(reply.map(|reply| reply.tokens.expect("tokens")))
}

#[tokio::test]
async fn a_page_stays_signed_in_without_ever_seeing_a_refresh_token() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;

    let (first, cookie) = login(&server, "").await;
    assert_eq!(first.refresh_token, "");
    let renewed = refresh(&server, &cookie).await.expect("new tokens");
    let next = set_cookie(renewed.metadata());
    let renewed = renewed.into_inner();

    assert_eq!(
        (renewed.refresh_token.as_str(), &renewed.session_id),
        ("", &first.session_id)
    );
    assert_ne!(next, cookie);
    let request = with_cookie(LogoutRequest::default(), &next);
    let out = calls(&server).logout(request).await.expect("signed out");
    assert_eq!(set_cookie(out.metadata()), "guichet_refresh=");
    let refused = refresh(&server, &next).await;
    let refused = refused.expect_err("a session that ended");
    assert_eq!(set_cookie(refused.metadata()), "guichet_refresh=");
}

#[tokio::test]
async fn what_becomes_of_another_token_is_no_matter_for_the_cookie() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let (_, cookie) = login(&server, "").await;
    let other = people::tokens(&server, "lea", GOOD_PASSWORD).await;

    let refresh_token = other.refresh_token;
    let request = with_cookie(RefreshRequest { refresh_token }, &cookie);
    let renewed = calls(&server).refresh(request).await.expect("new tokens");
    assert!(renewed.metadata().get("set-cookie").is_none());
    let tokens = renewed.into_inner().tokens.expect("tokens");
    server.remember(&tokens.refresh_token);
    assert_ne!(tokens.refresh_token, "");

    let refresh_token = tokens.refresh_token;
    let request = with_cookie(LogoutRequest { refresh_token }, &cookie);
    let out = calls(&server).logout(request).await.expect("signed out");
    assert!(out.metadata().get("set-cookie").is_none());
    let refresh_token = "invented".to_owned();
    let request = with_cookie(LogoutRequest { refresh_token }, &cookie);
    let refused = calls(&server).logout(request).await;
    let refused = refused.expect_err("no token of ours");
    assert!(refused.metadata().get("set-cookie").is_none());

    refresh(&server, &cookie)
        .await
        .expect("the browser's own session goes on");
}

#[tokio::test]
async fn who_does_not_ask_for_the_cookie_gets_the_token_and_no_cookie() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let (_, cookie) = login(&server, "").await;

    let mut plain = Request::new(RefreshRequest::default());
    let value = cookie.parse().expect("text");
    plain.metadata_mut().insert("cookie", value);
    let refused = calls(&server).refresh(plain).await;

    refused.expect_err("a cookie alone does nothing");
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    assert!(!tokens.refresh_token.is_empty());
    refresh(&server, "").await.expect_err("no token anywhere");
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_this_host() {
    let server = Server::builder()
        .env("GUICHET_PUBLIC_URL", "https://accounts.example.org")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    let request = LoginRequest {
        username: "lea".into(),
        password: GOOD_PASSWORD.into(),
        device_name: String::new(),
        ..LoginRequest::default()
    };
    let reply = calls(&server).login(with_cookie(request, "")).await;

    let reply = reply.expect("a sign-in");
    let line = reply.metadata().get("set-cookie").expect("a cookie");
    let line = line.to_str().expect("text");
    assert!(line.starts_with("__Host-guichet_refresh="), "{line}");
    assert!(line.contains("; Secure"), "{line}");
}
