//! Exports of people's data: how many a server sends at a time, and until when; and what is in those of people who share
//! an address, and goes with them.

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, CreateApiKeyRequest, DeleteAccountRequest, ExportAccountDataRequest,
    ExportAccountDataResponse, PurgeAccountRequest, ResetOutcome, RevokeAllSessionsRequest,
    RevokeApiKeyRequest, UpdateAccountRequest,
};
use guichet_client::{Guichet, TokenSource, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server, expect_error, patience};
use prost_types::FieldMask;
use tonic::{Code, Response, Status, Streaming};

/// With those bytes of each, more than is on its way to a caller that takes nothing, which is some megabytes.
const EVENTS: usize = 400;

/// Several pages more than that.
const MANY_EVENTS: usize = 1_000;

/// Bytes of one event.
const LONG: usize = 20_000;

/// Of two people.
const SHARED: &str = "famille@maison.example";

async fn export(
    guichet: &Guichet,
) -> Result<Response<Streaming<ExportAccountDataResponse>>, Status> {
    export_of(guichet, "").await
}

async fn export_of(
    guichet: &Guichet,
    account_id: &str,
) -> Result<Response<Streaming<ExportAccountDataResponse>>, Status> {
    let request = ExportAccountDataRequest {
        account_id: account_id.into(),
    };
    guichet.account().export_account_data(request).await
}

/// Gives a person more than can be sent ahead.
async fn have_much_happen(place: &Place, account_id: &str, events: usize) {
    let hex = account_id.replace('-', "");
    let (id, account_id) = if place.is_postgres() {
        ("gen_random_uuid()", format!("'{hex}'"))
    } else {
        ("randomblob(16)", format!("X'{hex}'"))
    };
    let long = "x".repeat(LONG);
    let numbers = (0..events).map(|number| format!("({number})"));
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
    have_much_happen(&Place::behind(&server), &account.id, EVENTS).await;
    let lea = server.as_person(&tokens.access_token).await;
    let first = export(&lea).await.expect("an export");
    let _second = export(&lea).await.expect("another");

    let third = export(&lea).await;

    let status = expect_error(third, Code::ResourceExhausted, "OVERLOADED");
    assert!(error::retry_after(&status).is_some(), "{status}");
    drop(first);
    patience::until("room again", async || export(&lea).await.ok()).await;
}

/// An export whose first record has come.
async fn begun(guichet: &Guichet, account_id: &str) -> Streaming<ExportAccountDataResponse> {
    let export = export_of(guichet, account_id).await;
    let mut export = export.expect("an export").into_inner();
    export.message().await.expect("a record").expect("a record");
    export
}

/// Why an export ends before its end.
async fn cut_short(mut export: Streaming<ExportAccountDataResponse>) -> Status {
    loop {
        match export.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it is whole"),
            Err(status) => return status,
        }
    }
}

async fn give_roles(server: &Server, account_id: &str, roles: &[&str]) {
    let request = UpdateAccountRequest {
        account: Some(Account {
            id: account_id.into(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Account::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["roles".into()],
        }),
    };
    let updated = server.admin().await.account().update_account(request).await;
    updated.expect("other roles");
}

#[tokio::test]
async fn an_export_ends_with_the_right_to_it() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", "lea@ecole.example").await.id;
    let zoe = people::active(&server, "zoe", "zoe@ecole.example").await.id;
    give_roles(&server, &zoe, &["admin"]).await;
    have_much_happen(&Place::behind(&server), &lea, MANY_EVENTS).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let herself = server.as_person(&tokens.access_token).await;
    let tokens = people::tokens(&server, "zoe", GOOD_PASSWORD).await;
    let manager = server.as_person(&tokens.access_token).await;
    let request = CreateApiKeyRequest {
        name: "exporter".into(),
        role: "admin".into(),
        ..CreateApiKeyRequest::default()
    };
    let admin = server.admin().await;
    let key = admin.auth().create_api_key(request).await;
    let key = key.expect("a key").into_inner();
    server.remember(&key.key);
    let tokens = TokenSource::bearer(&key.key).expect("a key");
    let system = server.anyone().await.with_tokens(tokens);
    let by_herself = begun(&herself, &lea).await;
    let by_manager = begun(&manager, &lea).await;
    let by_system = begun(&system, &lea).await;

    let request = RevokeAllSessionsRequest::default();
    let revoked = herself.auth().revoke_all_sessions(request).await;
    revoked.expect("no sessions");
    give_roles(&server, &zoe, &["user"]).await;
    let request = RevokeApiKeyRequest {
        api_key_id: key.api_key.expect("it").id,
    };
    admin.auth().revoke_api_key(request).await.expect("it ends");

    for (export, code, reason) in [
        (by_herself, Code::Unauthenticated, "TOKEN_INVALID"),
        (by_manager, Code::PermissionDenied, "FORBIDDEN"),
        (by_system, Code::Unauthenticated, "TOKEN_INVALID"),
    ] {
        expect_error::<()>(Err(cut_short(export).await), code, reason);
    }
}

/// By what somebody asked for new passwords, as an export tells it.
async fn asked_by(server: &Server, account_id: &str) -> Vec<String> {
    let export = export_of(&server.admin().await, account_id).await;
    let mut export = export.expect("an export").into_inner();
    let mut asked = Vec::new();
    while let Some(record) = export.message().await.expect("a record") {
        if record.section == "reset_request" {
            let request: serde_json::Value = serde_json::from_str(&record.json).expect("JSON");
            asked.push(request["identifier"].as_str().expect("a text").to_owned());
        }
    }
    asked
}

async fn purge(server: &Server, account_id: &str) {
    let admin = server.admin().await;
    let account_id = account_id.to_owned();
    let request = DeleteAccountRequest {
        account_id: account_id.clone(),
        ..DeleteAccountRequest::default()
    };
    let deleted = admin.account().delete_account(request).await;
    deleted.expect("a deletion");
    let request = PurgeAccountRequest { account_id };
    let purged = admin.account().purge_account(request).await;
    purged.expect("a purge");
}

#[tokio::test]
async fn what_one_of_two_people_with_one_address_asked_for_is_not_the_others() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", SHARED).await.id;
    for identifier in [
        Identifier::Email(SHARED.into()),
        Identifier::Username("lea".into()),
    ] {
        people::ask_reset(&server, identifier).await;
        people::reset_outcomes(&server).await;
    }
    let leo = people::active(&server, "leo", SHARED).await.id;

    people::ask_reset(&server, Identifier::Email(SHARED.into())).await;

    let decided = people::reset_outcomes(&server).await;
    assert_eq!(decided, [ResetOutcome::Mailed; 4], "the last about both");
    assert_eq!(asked_by(&server, &lea).await, [SHARED, "lea"]);
    assert_eq!(asked_by(&server, &leo).await, [""; 0]);
    purge(&server, &leo).await;
    assert_eq!(people::reset_outcomes(&server).await, decided);
    purge(&server, &lea).await;
    assert_eq!(people::reset_outcomes(&server).await, []);
}

/// It is not known yet whom it is about.
#[tokio::test]
async fn what_is_not_decided_outlives_who_is_purged() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", SHARED).await.id;
    let place = Place::behind(&server);
    place.refuse_updates("reset_request").await;
    people::ask_reset(&server, Identifier::Email(SHARED.into())).await;

    purge(&server, &lea).await;

    place.remove_trigger("reset_request").await;
    let decided = people::reset_outcomes(&server).await;
    assert_eq!(decided, [ResetOutcome::Unknown]);
}
