//! Where a client is: what a proxy says counts only if the proxy is trusted.

use guichet_client::proto::{ListSessionsRequest, LoginRequest, LoginResponse};
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use tonic::{Code, Request, Response, Status};

async fn sign_in(
    server: &Server,
    username: &str,
    password: &str,
    forwarded: &[(&'static str, &str)],
) -> Result<Response<LoginResponse>, Status> {
    let mut request = Request::new(LoginRequest {
        username: username.into(),
        password: password.into(),
        device_name: String::new(),
        ..LoginRequest::default()
    });
    for (name, value) in forwarded {
        let value = value.parse().expect("a header");
        request.metadata_mut().append(*name, value);
    }
    let channel = server.anyone().await.channel();
    AuthServiceClient::new(channel).login(request).await
}

/// Where a sign-in with these headers came from, as the person sees it.
async fn seen_as(server: &Server, forwarded: &[(&'static str, &str)]) -> String {
    let account_id = people::active(server, "lea", "").await.id;
    let reply = sign_in(server, "lea", GOOD_PASSWORD, forwarded).await;
    reply.expect("a sign-in");
    let admin = server.admin().await;
    let request = ListSessionsRequest { account_id };
    let reply = admin.auth().list_sessions(request).await;
    let sessions = reply.expect("her sessions").into_inner().sessions;
    sessions[0].client_address.clone()
}

#[tokio::test]
async fn a_stranger_who_names_another_address_is_still_himself() {
    let server = Server::start().await;

    let address = seen_as(
        &server,
        &[
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=203.0.113.9"),
        ],
    )
    .await;

    assert_eq!(address, "127.0.0.1");
}

#[tokio::test]
async fn a_trusted_proxy_says_where_the_client_is_with_its_own_header() {
    for (header, expected) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "192.0.2.7"),
    ] {
        let server = Server::builder()
            .env("GUICHET_TRUSTED_PROXIES", "127.0.0.0/8, ::1")
            .env("GUICHET_FORWARDED_HEADER", header)
            .start()
            .await;

        let forwarded = [
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=192.0.2.7;proto=https"),
        ];
        assert_eq!(seen_as(&server, &forwarded).await, expected);
    }
}

#[tokio::test]
async fn a_thousand_addresses_that_nobody_vouches_for_are_one_source() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "5")
        .env("GUICHET_THROTTLE_NETWORK_INTERVAL", "1h")
        .start()
        .await;

    let mut looked_at = 0;
    for tried in 0..20 {
        let claimed = format!("203.0.{tried}.1");
        let name = format!("stolen.{tried}");
        let headers = [("x-forwarded-for", claimed.as_str())];
        let refused = sign_in(&server, &name, OTHER_PASSWORD, &headers).await;
        if refused.expect_err("nobody's password").code() == Code::Unauthenticated {
            looked_at += 1;
        }
    }

    assert_eq!(looked_at, 5);
}
