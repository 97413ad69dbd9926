//! How many watch at a time.

use guichet_client::proto::{WatchEventsRequest, WatchEventsResponse};
use guichet_client::{Guichet, error};
use guichet_tests::{Server, expect_error, patience};
use tonic::{Code, Response, Status, Streaming};

use crate::institutions::network::{self, Network};

/// Of all who watch on one server.
const ALL: usize = 64;

/// Of those who act for institutions.
const OF_DIRECTORS: usize = 48;

/// Of one of them.
const OF_ONE: usize = 4;

async fn watch(guichet: &Guichet) -> Result<Response<Streaming<WatchEventsResponse>>, Status> {
    let request = WatchEventsRequest::default();
    guichet.event().watch_events(request).await
}

#[tokio::test]
async fn those_who_watch_are_bounded() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let mut watching = Vec::new();
    for _ in 0..ALL {
        watching.push(watch(&admin).await.expect("a stream"));
    }

    let refused = watch(&admin).await;

    let status = expect_error(refused, Code::ResourceExhausted, "OVERLOADED");
    assert!(error::retry_after(&status).is_some());
    watching.pop();
    patience::until("room again", async || watch(&admin).await.ok()).await;
}

/// They make accounts themselves, with which more could be watched.
#[tokio::test]
async fn however_many_directors_watch_applications_find_room() {
    let network = Network::start().await;
    let server = &network.server;
    let mut directors = Vec::new();
    let mut watching = Vec::new();
    for number in 0..OF_DIRECTORS / OF_ONE {
        let name = format!("dora.{number}");
        let director = network::director(server, &name, &network.school).await;
        for _ in 0..OF_ONE {
            watching.push(watch(&director).await.expect("a stream"));
        }
        directors.push(director);
    }
    let another = network::director(server, "dirk", &network.school).await;

    let refused = watch(&another).await;

    expect_error(refused, Code::ResourceExhausted, "OVERLOADED");
    let admin = server.admin().await;
    for _ in OF_DIRECTORS..ALL {
        watching.push(watch(&admin).await.expect("a stream"));
    }
    watching.swap_remove(0);
    patience::until("room again", async || watch(&another).await.ok()).await;
}
