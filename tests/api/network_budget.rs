//! How many wrong passwords may come from one network, whatever the names.

use std::net::IpAddr;

use guichet_client::proto::{LoginRequest, LoginResponse};
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, expect_error};
use tonic::transport::Endpoint;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

const SCHOOL: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];

async fn server() -> Server {
    Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "5")
        .env("GUICHET_THROTTLE_NETWORK_INTERVAL", "1h")
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
    let request = LoginRequest {
        username: username.into(),
        password: password.into(),
        device_name: String::new(),
        ..LoginRequest::default()
    };
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
