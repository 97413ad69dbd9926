//! What strangers can do by wrong codes: not take one away from whom it was handed to, and not have the server keep a row
//! for each.

use std::net::IpAddr;

use guichet_client::proto::InspectResetRequest;
use guichet_proto::v1::reset_service_client::ResetServiceClient;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server, journal};
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{EMAIL, WRONG, complete, issue, refusal};

pub(super) const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];

/// Somebody at one of this machine's own addresses.
#[derive(Clone)]
pub(super) struct Stranger(pub(super) ResetServiceClient<Channel>);

impl Stranger {
    pub(super) async fn at(server: &Server, address: [u8; 4]) -> Self {
        let endpoint = Endpoint::from_shared(server.url()).expect("an address");
        let endpoint = endpoint.local_address(Some(IpAddr::from(address)));
        let channel = endpoint.connect().await.expect("a connection");
        Self(ResetServiceClient::new(channel))
    }

    pub(super) async fn inspect(&self, user_id: &str, code: &str) -> Result<Response<()>, Status> {
        let request = InspectResetRequest {
            user_id: user_id.into(),
            code: code.into(),
        };
        let reply = self.0.clone().inspect_reset(request).await;
        reply.map(|reply| reply.map(drop))
    }
}

#[tokio::test]
async fn five_wrong_codes_from_elsewhere_take_nothing_from_whom_it_was_handed_to() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let code = issue(&server, &id).await.code;
    let stranger = Stranger::at(&server, ELSEWHERE).await;

    let mut refusals = Vec::new();
    for _ in 0..20 {
        refusals.push(refusal(stranger.inspect(&id, WRONG).await));
    }

    // Where they were tried, the right one is good no more.
    refusals.push(refusal(stranger.inspect(&id, &code).await));
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let school = server.anyone().await;
    let done = complete(&school, &id, &code, EMAIL).await;
    done.expect("a reset");
}

#[tokio::test]
async fn fifty_wrong_codes_from_everywhere_kill_one_and_that_is_told_once() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let code = issue(&server, &id).await.code;
    let school = Stranger::at(&server, [127, 0, 0, 1]).await;
    let guess = async |networks: std::ops::RangeInclusive<u8>| {
        let mut guesses = JoinSet::new();
        for network in networks {
            let stranger = Stranger::at(&server, [127, 0, network, 1]).await;
            // Two more than are counted.
            for _ in 0..7 {
                let (stranger, id) = (stranger.clone(), id.clone());
                guesses.spawn(async move { stranger.inspect(&id, WRONG).await });
            }
        }
        for guess in guesses.join_all().await {
            refusal(guess);
        }
    };

    guess(1..=9).await;
    let looked = school.inspect(&id, &code).await;
    looked.expect("a good code after forty-five");
    guess(10..=10).await;

    refusal(school.inspect(&id, &code).await);
    refusal(complete(&server.anyone().await, &id, &code, EMAIL).await);
    let events = journal::of_kind(&server, "reset.code_exhausted").await;
    assert_eq!(events.len(), 1, "{events:?}");
    // That a code was handed over, and that it was killed.
    let told = server.mailbox().last(EMAIL, 2).await;
    assert!(told.text.contains("mauvaises réponses"), "{}", told.text);
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn fifty_wrong_codes_from_the_networks_of_one_household_take_nothing_from_the_school() {
    let server = Server::builder()
        .env("GUICHET_TRUSTED_PROXIES", "127.0.0.0/8, ::1")
        .env("GUICHET_FORWARDED_HEADER", "x-forwarded-for")
        .start()
        .await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let code = issue(&server, &id).await.code;
    let proxy = server.anyone().await.channel();
    let inspect_from = async |address: &str, code: &str| {
        let mut request = Request::new(InspectResetRequest {
            user_id: id.clone(),
            code: code.into(),
        });
        let address = address.parse().expect("a header");
        request.metadata_mut().insert("x-forwarded-for", address);
        ResetServiceClient::new(proxy.clone())
            .inspect_reset(request)
            .await
    };

    for network in 0..10 {
        for _ in 0..5 {
            let address = format!("2001:db8:1:{network}::1");
            refusal(inspect_from(&address, WRONG).await);
        }
    }

    // In the household it is good no more, from whichever network.
    refusal(inspect_from("2001:db8:1:ff::1", &code).await);
    for elsewhere in ["203.0.113.9", "2001:db8:2::1"] {
        let looked = inspect_from(elsewhere, &code).await;
        looked.expect("a good code");
    }
}

#[tokio::test]
async fn a_wrong_code_takes_the_row_of_those_in_vain_whether_or_not_there_is_a_right_one() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    issue(&server, &id).await;
    let stranger = Stranger::at(&server, ELSEWHERE).await;
    let counters = async || {
        let counters = Place::behind(&server).dump().await.remove("throttle");
        counters.expect("the table").len()
    };
    let before = counters().await;

    refusal(stranger.inspect(&id, WRONG).await);
    // The code's own two, and the one of all ids that end alike.
    assert_eq!(counters().await, before + 3);

    let ends_alike = id.parse::<Uuid>().expect("an id").as_u128() ^ (1 << 64);
    let made_up = Uuid::from_u128(ends_alike).to_string();
    refusal(stranger.inspect(&made_up, WRONG).await);
    // The network's at such ids.
    assert_eq!(counters().await, before + 4);
}

#[tokio::test]
async fn whoever_makes_up_ids_leaves_no_row_for_each() {
    let server = Server::start().await;
    let stranger = Stranger::at(&server, ELSEWHERE).await;

    for number in 0..20_u128 {
        let made_up = Uuid::from_u128(number << 8);
        refusal(stranger.inspect(&made_up.to_string(), "x").await);
    }

    let counters = Place::behind(&server).dump().await.remove("throttle");
    let counters = counters.expect("the table");
    // One of the network's, one of everybody's.
    assert!(counters.len() <= 2, "{counters:?}");
}
