//! How many wrong passwords may come from one network, whatever the names.

use std::net::IpAddr;

use guichet_client::proto::{LoginRequest, LoginResponse};
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::server::Builder;
use guichet_tests::{Server, expect_error};
use tonic::transport::Endpoint;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;

const SCHOOL: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];

async fn server() -> Server {
    with_a_budget_of_five().start().await
}

fn with_a_budget_of_five() -> Builder {
    Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "5")
        .env("GUICHET_THROTTLE_NETWORK_INTERVAL", "1h")
}

async fn behind_a_proxy() -> Server {
    with_a_budget_of_five()
        .env("GUICHET_TRUSTED_PROXIES", "127.0.0.0/8, ::1")
        .env("GUICHET_FORWARDED_HEADER", "x-forwarded-for")
        .start()
        .await
}

/// Signs in from one of this machine's own addresses.
async fn sign_in(
    server: &Server,
    address: [u8; 4],
    username: &str,
    password: &str,
) -> Result<Response<LoginResponse>, Status> {
    let endpoint = Endpoint::from_shared(server.url()).expect("an address");
    let endpoint = endpoint.local_address(Some(IpAddr::from(address)));
    let channel = endpoint.connect().await.expect("a connection");
    let request = request(username, password);
    AuthServiceClient::new(channel).login(request).await
}

fn request(username: &str, password: &str) -> LoginRequest {
    LoginRequest {
        username: username.into(),
        password: password.into(),
        ..LoginRequest::default()
    }
}

/// Signs in from an address that a trusted proxy vouches for.
async fn sign_in_through_proxy(
    server: &Server,
    address: &str,
    username: &str,
    password: &str,
) -> Result<Response<LoginResponse>, Status> {
    let mut request = Request::new(request(username, password));
    let address = address.parse().expect("a header");
    request.metadata_mut().insert("x-forwarded-for", address);
    let channel = server.anyone().await.channel();
    AuthServiceClient::new(channel).login(request).await
}

/// Wrong passwords for one name after the other until no more are looked at, and how many were.
async fn stuff(server: &Server, address: [u8; 4]) -> (usize, Status) {
    for tried in 0..100 {
        let name = format!("stolen.{}.{tried}", address[2]);
        let refused = sign_in(server, address, &name, OTHER_PASSWORD).await;
        let refused = refused.expect_err("nobody's password");
        if refused.code() == Code::ResourceExhausted {
            return (tried, refused);
        }
    }
    panic!("a hundred passwords were looked at");
}

#[tokio::test]
async fn stolen_passwords_are_tried_a_few_times_and_then_no_more() {
    let server = server().await;
    people::active(&server, "lea", "").await;
    people::active(&server, "noa", "").await;
    sign_in(&server, ELSEWHERE, "noa", GOOD_PASSWORD)
        .await
        .expect("a sign-in");

    let (tried, refused) = stuff(&server, SCHOOL).await;

    assert_eq!(tried, 5);
    let details = refused.get_error_details();
    let wait = details.retry_info().and_then(|info| info.retry_delay);
    assert!(
        wait.is_some_and(|wait| wait.as_secs() > 3_000),
        "{details:?}"
    );
    // Nobody's name is told by it: who exists and was never here waits like who doesn't exist.
    let known = sign_in(&server, SCHOOL, "lea", GOOD_PASSWORD).await;
    expect_error(known, Code::ResourceExhausted, "THROTTLED");
    sign_in(&server, ELSEWHERE, "lea", GOOD_PASSWORD)
        .await
        .expect("another network");
}

#[tokio::test]
async fn who_was_there_before_is_not_held_up_and_makes_room_for_others() {
    let server = server().await;
    for username in ["lea", "noa", "zoe"] {
        people::active(&server, username, "").await;
    }
    sign_in(&server, SCHOOL, "lea", GOOD_PASSWORD)
        .await
        .expect("a sign-in");
    sign_in(&server, SCHOOL, "noa", GOOD_PASSWORD)
        .await
        .expect("a sign-in");

    let (tried, _) = stuff(&server, SCHOOL).await;

    // Twenty more for each of the two; their own sign-ins cost nothing.
    assert_eq!(tried, 45);
    sign_in(&server, SCHOOL, "lea", GOOD_PASSWORD)
        .await
        .expect("she was here before");
    let stranger = sign_in(&server, SCHOOL, "zoe", GOOD_PASSWORD).await;
    expect_error(stranger, Code::ResourceExhausted, "THROTTLED");
}

#[tokio::test]
async fn who_goes_from_one_network_of_a_site_to_the_next_is_stopped_by_what_they_share() {
    let server = behind_a_proxy().await;
    for username in ["lea", "noa"] {
        people::active(&server, username, "").await;
    }
    let (at_home, next_door) = ("2001:db8:1:fff0::1", "2001:db8:1:fff1::1");
    sign_in_through_proxy(&server, at_home, "noa", GOOD_PASSWORD)
        .await
        .expect("a sign-in");

    let mut tried = 0;
    let refused = loop {
        let address = format!("2001:db8:1:{tried:x}::1");
        let name = format!("stolen.{tried}");
        let refused = sign_in_through_proxy(&server, &address, &name, OTHER_PASSWORD).await;
        let refused = refused.expect_err("nobody's password");
        if refused.code() == Code::ResourceExhausted {
            break refused;
        }
        tried += 1;
        assert!(tried < 100, "a hundred passwords were looked at");
    };

    // As many as four networks may.
    assert_eq!(tried, 20, "{refused:?}");
    let known = sign_in_through_proxy(&server, next_door, "lea", GOOD_PASSWORD).await;
    expect_error(known, Code::ResourceExhausted, "THROTTLED");
    sign_in_through_proxy(&server, at_home, "noa", GOOD_PASSWORD)
        .await
        .expect("she was here before");
    for elsewhere in ["203.0.113.9", "2001:db8:2::1"] {
        sign_in_through_proxy(&server, elsewhere, "lea", GOOD_PASSWORD)
            .await
            .expect("another site");
    }
}

#[tokio::test]
async fn a_network_where_nobody_signed_in_today_is_not_held_up_by_a_crowded_one_next_door() {
    let server = behind_a_proxy().await;
    for username in ["lea", "noa", "zoe"] {
        people::active(&server, username, "").await;
    }
    let pupils = "2001:db8:1:1::1";
    for username in ["lea", "noa"] {
        sign_in_through_proxy(&server, pupils, username, GOOD_PASSWORD)
            .await
            .expect("a sign-in");
    }
    let stuff = async |address: &str| {
        let mut tried = 0;
        while tried < 100 {
            let name = format!("mistyped.{tried}");
            let refused = sign_in_through_proxy(&server, address, &name, OTHER_PASSWORD).await;
            if refused.expect_err("nobody's password").code() == Code::ResourceExhausted {
                break;
            }
            tried += 1;
        }
        tried
    };

    // Twenty more for each of the two.
    assert_eq!(stuff(pupils).await, 45);

    sign_in_through_proxy(&server, "2001:db8:1:2::1", "zoe", GOOD_PASSWORD)
        .await
        .expect("a sign-in by the staff");
    // The crowded one counts as one of four, all the same.
    for (network, room) in [(3, 5), (4, 5), (5, 5), (6, 0)] {
        let address = format!("2001:db8:1:{network}::1");
        assert_eq!(stuff(&address).await, room, "{address}");
    }
}

#[tokio::test]
async fn right_passwords_cost_a_site_nothing() {
    let server = behind_a_proxy().await;
    people::active(&server, "lea", "").await;

    for network in 0..25 {
        let address = format!("2001:db8:1:{network:x}::1");
        sign_in_through_proxy(&server, &address, "lea", GOOD_PASSWORD)
            .await
            .expect("a sign-in");
    }
}
