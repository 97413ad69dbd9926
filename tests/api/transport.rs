//! The ports: what is spoken on them beside Guichet's own services.

use guichet_client::proto::GetPasswordPolicyRequest;
use guichet_client::proto::reset_service_client::ResetServiceClient;
use guichet_tests::{Server, web};
use http::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_web::GrpcWebClientService;

const SERVICES: [&str; 3] = [
    "guichet.v1.AccountService",
    "guichet.v1.AuthService",
    "guichet.v1.ResetService",
];

#[tokio::test]
async fn health_is_told_for_the_whole_and_for_each_service() {
    let server = Server::start().await;
    let mut health = HealthClient::new(server.anyone().await.channel());

    for service in [""].into_iter().chain(SERVICES) {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        let reply = health.check(request).await.expect("an answer").into_inner();
        assert_eq!(reply.status(), ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn the_key_set_is_a_json_document_over_http_1() {
    let server = Server::start().await;

    let page = web::fetch(
        Method::GET,
        &format!("{}/.well-known/jwks.json", server.url()),
    )
    .await;

    assert_eq!(page.status, StatusCode::OK);
    let document: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
    let keys = document["keys"].as_array().expect("keys");
    assert!(!keys.is_empty());
    assert!(
        keys.iter().all(|key| key.get("d").is_none()),
        "a private key is public"
    );
}

#[tokio::test]
async fn a_browser_calls_over_grpc_web() {
    let server = Server::start().await;
    let browser = GrpcWebClientService::new(Client::builder(TokioExecutor::new()).build_http());
    let origin = server.url().parse().expect("a URL");
    let mut reset = ResetServiceClient::with_origin(browser, origin);

    let request = GetPasswordPolicyRequest {
        locale: "en".into(),
    };
    let policy = reset
        .get_password_policy(request)
        .await
        .expect("a policy")
        .into_inner();

    assert!(policy.min_length >= 8, "{}", policy.min_length);
}

/// A form on somebody else's site can post text/plain without asking first.
#[tokio::test]
async fn a_post_of_plain_text_is_refused() {
    let server = Server::start().await;
    let request = Request::post(format!("{}/guichet.v1.AuthService/Login", server.url()))
        .header("content-type", "text/plain")
        .body("x".to_owned())
        .expect("a request");

    assert_eq!(
        web::send(request).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

#[tokio::test]
async fn the_operations_port_says_alive_and_ready() {
    let server = Server::start().await;

    for page in ["livez", "readyz"] {
        let url = format!("{}/{page}", server.ops_url());
        assert_eq!(
            web::fetch(Method::GET, &url).await.status,
            StatusCode::OK,
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_stopped_server_ends_in_time_and_keeps_its_accounts() {
    let mut server = Server::start().await;
    guichet_tests::people::active(&server, "lea.martin", "").await;

    let status = server.stop().await;
    server.restart().await;

    assert!(status.success(), "{status}");
    let password = guichet_tests::people::GOOD_PASSWORD;
    guichet_tests::people::tokens(&server, "lea.martin", password).await;
}

#[tokio::test]
async fn password_managers_find_where_a_password_is_changed() {
    let server = Server::start().await;

    let page = web::fetch(
        Method::GET,
        &format!("{}/.well-known/change-password", server.url()),
    )
    .await;

    assert_eq!(page.status, StatusCode::FOUND);
    assert_eq!(page.headers["location"], "/Account/ForgotPassword");
}
