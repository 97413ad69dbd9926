//! Whoever acts for an institution is told when many of its accounts are guessed at.

use std::collections::BTreeSet;

use guichet_tests::door::Door;
use guichet_tests::people::{GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, journal, patience};
use uuid::Uuid;

use super::network::{self, Network};

const AT_SCHOOL: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];
const DIRECTOR: &str = "director@ecole.example";

/// As many as make an alert of so small a school.
const ENOUGH: usize = 10;

/// Tries a wrong password for each of these, and waits until the journal knows.
async fn guess(network: &Network, from: [u8; 4], names: &[String], so_far: usize) {
    let door = Door::from(&network.server, from).await;
    for name in names {
        door.refusal(name, OTHER_PASSWORD, "").await;
    }
    let school: Uuid = network.school.parse().expect("an id");
    patience::until("each of them in the journal", async || {
        let events = journal::events(&network.server).await.into_iter();
        let failed = events
            .filter(|event| event.kind == "sign_in.failed" && event.institution_id == Some(school));
        let known: BTreeSet<_> = failed
            .map(|event| (event.account_id, event.network))
            .collect();
        (known.len() >= so_far + names.len()).then_some(())
    })
    .await;
}

async fn alerts(server: &Server) -> Vec<serde_json::Value> {
    let all = journal::events(server).await.into_iter();
    all.filter(|event| event.kind == "institution.guessed_at")
        .map(|event| event.attributes)
        .collect()
}

#[tokio::test]
async fn many_accounts_tried_from_elsewhere_are_told_to_the_director_once_a_day() {
    let network = Network::start().await;
    let server = &network.server;
    network::director(server, "director", &network.school).await;
    network::director(server, "above", &network.authority).await;
    let names: Vec<String> = (0..ENOUGH).map(|number| format!("staff{number}")).collect();
    let school = Door::from(server, AT_SCHOOL).await;
    for name in &names {
        network::person(server, name, &network.school).await;
        let entered = school.enter(name, GOOD_PASSWORD).await;
        server.remember(&entered.expect("a session").refresh_token);
    }

    guess(&network, AT_SCHOOL, &names, 0).await;
    guess(&network, ELSEWHERE, &names[1..], ENOUGH).await;
    let so_far = alerts(server).await;
    assert!(so_far.is_empty(), "what people mistype counted: {so_far:?}");

    guess(&network, ELSEWHERE, &names[..1], 2 * ENOUGH - 1).await;
    let mail = server.mailbox().last(DIRECTOR, 1).await;
    assert!(mail.text.contains("10 comptes de School"), "{}", mail.text);
    assert!(!mail.text.contains("RevokeReset"), "{}", mail.text);
    assert_eq!(
        alerts(server).await,
        [serde_json::json!({ "accounts": 10 })]
    );

    let director = ["director".to_owned()];
    guess(&network, ELSEWHERE, &director, 2 * ENOUGH).await;
    server.mailbox().wait_for(DIRECTOR, 1).await;
    assert_eq!(alerts(server).await.len(), 1);
    let above = server.mailbox().of("above@ecole.example");
    assert!(above.is_empty(), "the school has somebody of its own");
}

#[tokio::test]
async fn where_nobody_acts_for_a_school_whoever_does_above_is_told() {
    let network = Network::start().await;
    let server = &network.server;
    network::director(server, "director", &network.authority).await;
    let names: Vec<String> = (0..ENOUGH).map(|number| format!("staff{number}")).collect();
    for name in &names {
        network::person(server, name, &network.school).await;
    }

    guess(&network, ELSEWHERE, &names, 0).await;

    server.mailbox().last(DIRECTOR, 1).await;
}
