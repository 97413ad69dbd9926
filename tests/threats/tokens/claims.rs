//! Tokens under the server's own key that say something else than it would.

use std::time::Duration;

use guichet_client::proto::{DeleteAccountRequest, PurgeAccountRequest};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, Signer};
use serde_json::{Value, json};

use super::World;

/// What a claim may be instead of a number of seconds.
const NO_TIMES: [&str; 10] = [
    "\"never\"",
    "\"99999999999\"",
    "null",
    "1e400",
    "99999999999.5",
    "[99999999999]",
    "{}",
    "true",
    "-99999999999999999999",
    "\"\"",
];

/// The claims as text, with one of them replaced by any text at all.
fn with(claims: &Value, name: &str, value: &str) -> String {
    let mut claims = claims.clone();
    claims[name] = json!("REPLACED");
    claims.to_string().replace("\"REPLACED\"", value)
}

fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().expect("an object").remove(name);
    claims
}

#[tokio::test]
async fn cve_2026_25537_a_time_of_another_type_is_not_taken_for_none() {
    let world = World::new().await;
    let header = world.signer.header().to_string();
    let claims = world.claims();

    for name in ["exp", "nbf", "iat"] {
        for value in NO_TIMES {
            let token = world.signer.sign(&header, &with(&claims, name, value));
            world
                .assert_refused(&format!("{name} {value}"), &token)
                .await;
        }
    }
    for (name, value) in [("exp", "0"), ("nbf", "99999999999"), ("iat", "99999999999")] {
        let token = world.signer.sign(&header, &with(&claims, name, value));
        world
            .assert_refused(&format!("{name} {value}"), &token)
            .await;
    }
}

#[tokio::test]
async fn cve_2020_26160_who_and_whom_for_must_be_said_once_and_right() {
    let world = World::new().await;
    let header = world.signer.header().to_string();
    let claims = world.claims();
    let audience = claims["aud"].to_string();
    let other = people::active(&world.server, "leo", "").await.id;

    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "exp"] {
        let token = world.sign(&world.signer.header(), &without(&claims, name));
        world.assert_refused(&format!("no {name}"), &token).await;
        for value in ["null", "\"\"", "[]", "[\"\"]", "\"x\"", "{}"] {
            let token = world.signer.sign(&header, &with(&claims, name, value));
            world
                .assert_refused(&format!("{name} {value}"), &token)
                .await;
        }
        // Readers differ in which of two counts.
        let twice = claims
            .to_string()
            .replacen('{', &format!("{{\"{name}\":{},", claims[name]), 1);
        let token = world.signer.sign(&header, &twice);
        world.assert_refused(&format!("{name} twice"), &token).await;
    }
    for (name, value) in [
        ("aud", format!("[\"x\",{audience}]")),
        ("aud", format!("[{audience}]")),
        ("iss", format!("[{}]", claims["iss"])),
        ("iss", "\"http://localhost:8080/\"".to_owned()),
        ("iss", "\"http://LOCALHOST:8080\"".to_owned()),
        ("sub", format!("\"{other}\"")),
        ("sid", format!("\"{other}\"")),
    ] {
        let token = world.signer.sign(&header, &with(&claims, name, &value));
        world
            .assert_refused(&format!("{name} {value}"), &token)
            .await;
    }
}

#[tokio::test]
async fn zitadel_another_deployment_s_token_is_nobody_s() {
    let world = World::new().await;
    let other = World::new().await;
    let ours = world.claims();

    world
        .assert_refused("its own", &other.lea.access_token)
        .await;
    for header in [world.signer.header(), other.signer.header()] {
        let token = other.sign(&header, &ours);
        world.assert_refused("under its key", &token).await;
    }
    let elsewhere = Server::builder()
        .env("GUICHET_AUDIENCE", "another")
        .start()
        .await;
    let key = Signer::of(&elsewhere).await;
    people::active(&elsewhere, "lea", "").await;
    let lea = people::tokens(&elsewhere, "lea", GOOD_PASSWORD).await;
    let (header, mut claims) = guichet_tests::signer::read(&lea.access_token);
    claims["aud"] = ours["aud"].clone();
    let token = key.sign(&header.to_string(), &claims.to_string());
    let caller = elsewhere.as_person(&token).await;
    let refused = caller
        .auth()
        .get_user_info(super::GetUserInfoRequest {})
        .await;
    super::assert_unauthenticated("for the usual audience", refused.err());
}

/// ASVS 5.0, 10.3.3: who has a name now is not who had it.
#[tokio::test]
async fn whoever_gets_a_name_again_is_not_who_had_it() {
    let world = World::new().await;
    let admin = &world.admin;
    let account_id = world.lea.account_id.clone();
    let delete = DeleteAccountRequest {
        account_id: account_id.clone(),
        etag: String::new(),
    };
    admin
        .account()
        .delete_account(delete)
        .await
        .expect("a deletion");
    world.server.advance(Duration::from_secs(1));
    let purge = PurgeAccountRequest { account_id };
    admin.account().purge_account(purge).await.expect("a purge");

    let again = people::active(&world.server, "lea", "lea@ecole.example").await;

    assert_ne!(again.id, world.lea.account_id);
    world
        .assert_refused("a token of before", &world.lea.access_token)
        .await;
    let refused = people::refresh(&world.server, &world.lea.refresh_token).await;
    super::assert_unauthenticated("a refresh token of before", refused.err());
}
