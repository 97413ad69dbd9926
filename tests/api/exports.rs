//! How many exports of people's data a server sends at a time.

use guichet_client::Guichet;
use guichet_client::error;
use guichet_client::proto::{ExportAccountDataRequest, ExportAccountDataResponse};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server, expect_error, patience};
use tonic::{Code, Response, Status, Streaming};

/// With those bytes of each, more than is on its way to a caller that takes nothing, which is some megabytes.
const EVENTS: usize = 400;

/// Bytes of one event.
const LONG: usize = 20_000;

async fn export(
    guichet: &Guichet,
) -> Result<Response<Streaming<ExportAccountDataResponse>>, Status> {
    let request = ExportAccountDataRequest::default();
    guichet.account().export_account_data(request).await
}

/// Gives a person more than can be sent ahead.
async fn have_much_happen(place: &Place, account_id: &str) {
    let hex = account_id.replace('-', "");
    let (id, account_id) = if place.is_postgres() {
        ("gen_random_uuid()", format!("'{hex}'"))
    } else {
        ("randomblob(16)", format!("X'{hex}'"))
    };
    let long = "x".repeat(LONG);
    let numbers = (0..EVENTS).map(|number| format!("({number})"));
    let numbers = numbers.collect::<Vec<_>>().join(", ");
    place
        .execute(&format!(
            "WITH n(i) AS (VALUES {numbers}) INSERT INTO event (id, type, time, account_id, attributes)
             SELECT {id}, 'test.long', 1, {account_id}, '{{\"long\": \"{long}\"}}' FROM n"
        ))
        .await;
}

#[tokio::test]
async fn a_caller_has_two_exports_at_a_time() {
    let server = Server::start().await;
    let account = people::active(&server, "lea", "lea@ecole.example").await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    have_much_happen(&Place::behind(&server), &account.id).await;
    let lea = server.as_person(&tokens.access_token).await;
    let first = export(&lea).await.expect("an export");
    let _second = export(&lea).await.expect("another");

    let third = export(&lea).await;

    let status = expect_error(third, Code::ResourceExhausted, "OVERLOADED");
    assert!(error::retry_after(&status).is_some(), "{status}");
    drop(first);
    patience::until("room again", async || export(&lea).await.ok()).await;
}
