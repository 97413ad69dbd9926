//! Whoever asks for mails by the thousand fills neither the database nor the journal, and is told to wait.

use std::net::IpAddr;
use std::time::Duration;

use guichet_client::error;
use guichet_client::proto::ResetOutcome::{Mailed, Throttled, Unknown};
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{RemindUsernamesRequest, RequestResetRequest};
use guichet_proto::v1::reset_service_client::ResetServiceClient;
use guichet_tests::door::is_throttled;
use guichet_tests::journal;
use guichet_tests::{Server, people};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::suppressed::{ELSEWHERE, EMAIL, SCHOOL, server, throttled};

/// Asks from one of this machine's own addresses.
#[derive(Clone)]
struct Asker(ResetServiceClient<Channel>);

impl Asker {
    async fn at(server: &Server, address: [u8; 4]) -> Self {
        let endpoint = Endpoint::from_shared(server.url()).expect("an address");
        let endpoint = endpoint.local_address(Some(IpAddr::from(address)));
        let channel = endpoint.connect().await.expect("a connection");
        Self(ResetServiceClient::new(channel))
    }

    async fn reset(&self, username: &str) -> Result<(), Status> {
        let request = RequestResetRequest {
            identifier: Some(Identifier::Username(username.into())),
            ..RequestResetRequest::default()
        };
        self.0.clone().request_reset(request).await.map(drop)
    }

    async fn remind(&self, email: &str) -> Result<(), Status> {
        let request = RemindUsernamesRequest {
            email: email.into(),
            ..RemindUsernamesRequest::default()
        };
        self.0.clone().remind_usernames(request).await.map(drop)
    }
}

/// A server behind a proxy that says where its clients are.
async fn behind_proxy(settings: &[(&str, &str)]) -> (Server, Asker) {
    let proxy = [
        ("GUICHET_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("GUICHET_FORWARDED_HEADER", "x-forwarded-for"),
    ];
    let server = server(&[proxy.as_slice(), settings].concat()).await;
    let asker = Asker::at(&server, SCHOOL).await;
    (server, asker)
}

impl Asker {
    /// Asks as the proxy's client at this address.
    async fn reset_for(&self, address: &str, username: &str) -> Result<(), Status> {
        let mut request = Request::new(RequestResetRequest {
            identifier: Some(Identifier::Username(username.into())),
            ..RequestResetRequest::default()
        });
        let address = address.parse().expect("a header");
        request.metadata_mut().insert("x-forwarded-for", address);
        self.0.clone().request_reset(request).await.map(drop)
    }
}

/// The types of the events about requests for mails, the oldest first.
async fn told(server: &Server) -> Vec<String> {
    let events = journal::events(server).await.into_iter();
    let kinds = events.map(|event| event.kind);
    kinds
        .filter(|kind| kind.starts_with("reset.") || kind.starts_with("reminder."))
        .collect()
}

#[tokio::test]
async fn a_flood_is_neither_written_down_nor_decided_and_is_told_to_wait() {
    let server = server(&[
        ("GUICHET_THROTTLE_NETWORK_REQUESTS", "5"),
        ("GUICHET_THROTTLE_NETWORK_REQUEST_INTERVAL", "1h"),
    ])
    .await;
    let flood = Asker::at(&server, ELSEWHERE).await;
    for number in 0..5 {
        let asked = flood.reset(&format!("nobody.{number}")).await;
        asked.expect("within what is written down");
    }

    // One answer, whoever is asked for.
    let mut refused = Vec::new();
    for number in 5..15 {
        refused.push(flood.reset(&format!("nobody.{number}")).await);
    }
    refused.push(flood.reset("lea").await);
    refused.push(flood.remind(EMAIL).await);
    refused.push(flood.remind("nobody@ecole.example").await);

    for refused in &refused {
        let refused = refused.as_ref().expect_err("a flood");
        assert!(is_throttled(refused), "{refused:?}");
        let wait = error::retry_after(refused).expect("how long");
        assert!(wait > Duration::from_mins(50), "{wait:?}");
    }
    assert_eq!(people::reset_outcomes(&server).await, [Unknown; 5]);
    assert_eq!(throttled(&server, "reset", "network").await, Some(11.0));
    assert_eq!(throttled(&server, "reminder", "network").await, Some(2.0));
    assert_eq!(told(&server).await, ["reset.throttled"]);
    assert!(server.mailbox().all().is_empty());

    // Nobody else is held up, and in an hour there is room for one more.
    let school = Asker::at(&server, SCHOOL).await;
    school.reset("lea").await.expect("another network");
    assert_eq!(people::reset_outcomes(&server).await[0], Mailed);
    server.advance(Duration::from_secs(3_601));
    flood.reset("nobody").await.expect("one more");
    let refused = flood.reset("nobody").await.expect_err("and only one");
    assert!(is_throttled(&refused));
}

/// Whoever has one /48 has 65,536 networks.
#[tokio::test]
async fn the_networks_of_one_site_flood_no_more_than_four_of_them() {
    let (server, proxy) = behind_proxy(&[
        ("GUICHET_THROTTLE_NETWORK_REQUESTS", "5"),
        ("GUICHET_THROTTLE_NETWORK_REQUEST_INTERVAL", "1h"),
    ])
    .await;
    for network in 0..20 {
        let address = format!("2001:db8:1:{network:x}::1");
        let username = format!("nobody{network}");
        let asked = proxy.reset_for(&address, &username).await;
        asked.expect("within what is written down");
    }

    // One answer, from whichever network, whoever is asked for.
    for (network, username) in [(0, "nobody"), (20, "nobody"), (0xffff, "lea")] {
        let address = format!("2001:db8:1:{network:x}::1");
        let refused = proxy.reset_for(&address, username).await;
        let refused = refused.expect_err("a flood");
        assert!(is_throttled(&refused), "{refused:?}");
        let wait = error::retry_after(&refused).expect("how long");
        let quarter = Duration::from_mins(14)..=Duration::from_mins(15);
        assert!(quarter.contains(&wait), "{wait:?}");
    }
    assert_eq!(people::reset_outcomes(&server).await, [Unknown; 20]);
    assert_eq!(told(&server).await, ["reset.throttled"]);
    assert_eq!(throttled(&server, "reset", "network").await, Some(3.0));

    // Nobody else waits behind them.
    let neighbour = proxy.reset_for("2001:db8:2::1", "nobody").await;
    neighbour.expect("another site");
    let school = proxy.reset_for("192.0.2.7", "lea").await;
    school.expect("another network");
    let outcomes = people::reset_outcomes(&server).await;
    assert_eq!(outcomes[..2], [Mailed, Unknown]);
    server.mailbox().wait_for(EMAIL, 1).await;
}

#[tokio::test]
async fn the_networks_of_one_site_are_answered_no_more_than_four_of_them() {
    let (server, proxy) = behind_proxy(&[
        ("GUICHET_THROTTLE_NETWORK_RESETS", "3"),
        ("GUICHET_THROTTLE_NETWORK_RESET_INTERVAL", "1h"),
    ])
    .await;
    for network in 0..14 {
        let address = format!("2001:db8:1:{network:x}::1");
        let asked = proxy
            .reset_for(&address, &format!("nobody.{network}"))
            .await;
        asked.expect("the same reply");
    }
    let school = proxy.reset_for("192.0.2.7", "lea").await;
    school.expect("the same reply");

    let outcomes = people::reset_outcomes(&server).await;

    assert_eq!(outcomes[0], Mailed);
    assert_eq!(outcomes[1..3], [Throttled; 2]);
    assert_eq!(outcomes[3..], [Unknown; 12]);
    assert_eq!(throttled(&server, "reset", "network").await, Some(2.0));
}

#[tokio::test]
async fn the_journal_tells_what_was_decided_about_somebody_and_once_that_it_was_too_much() {
    let server = server(&[
        ("GUICHET_THROTTLE_NETWORK_RESETS", "4"),
        ("GUICHET_THROTTLE_NETWORK_RESET_INTERVAL", "1h"),
    ])
    .await;
    let asker = Asker::at(&server, ELSEWHERE).await;

    let names = ["lea", "nobody.1", "nobody.2", "nobody.3", "nobody.4", "lea"];
    for name in names {
        asker.reset(name).await.expect("the same reply");
    }

    let expected = [Throttled, Throttled, Unknown, Unknown, Unknown, Mailed];
    assert_eq!(people::reset_outcomes(&server).await, expected);
    assert_eq!(told(&server).await, ["reset.decided", "reset.throttled"]);
}
