//! The ports: what is spoken on them beside Guichet's own services.

use guichet_tests::{Server, web};
use http::{Method, StatusCode};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

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
