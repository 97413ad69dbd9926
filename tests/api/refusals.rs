//! Refusals are in the journal: of whom, from where and how often, and nothing that was typed.

use guichet_client::proto::{ChangePasswordRequest, InspectResetRequest, ListAccountsRequest};
use guichet_tests::journal::{self, Event};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Link, Server, expect_error, patience};
use tonic::Code;
use uuid::Uuid;

const EMAIL: &str = "lea@ecole.example";
const HERE: Option<&str> = Some("127.0.0.0/24");

/// How often a refusal was counted, in however many rows.
fn counted(events: &[Event]) -> i64 {
    let counts = events.iter().map(|event| {
        let count = event.attributes["count"].as_i64();
        count.expect("how often")
    });
    counts.sum()
}

fn id(text: &str) -> Uuid {
    text.parse().expect("an id")
}

#[tokio::test]
async fn failed_sign_ins_tell_whose_they_were_and_nothing_of_names_that_are_nobodys() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", EMAIL).await.id;
    people::legacy(&server, "leo", "").await;
    for (username, times) in [("lea", 3), ("leo", 1), ("nobody-here", 2), ("Tilou93!", 1)] {
        for _ in 0..times {
            let wrong = people::sign_in(&server, username, "Wrong45+").await;
            expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
        }
    }
    people::tokens(&server, "lea", GOOD_PASSWORD).await;

    let failed = patience::until("seven refusals in the journal", async || {
        let failed = journal::of_kind(&server, "sign_in.failed").await;
        (counted(&failed) == 7).then_some(failed)
    });
    let failed = failed.await;

    let (of_lea, others): (Vec<_>, Vec<_>) = failed
        .into_iter()
        .partition(|event| event.account_id == Some(id(&lea)));
    assert_eq!(counted(&of_lea), 3);
    let (nobodys, of_leo): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|event| event.account_id.is_none());
    assert_eq!((counted(&nobodys), counted(&of_leo)), (3, 1));
    for event in of_lea.iter().chain(&nobodys) {
        assert_eq!(event.network.as_deref(), HERE);
        assert_eq!(event.actor_id, None);
        let told = event.attributes.to_string();
        assert!(event.attributes["first_time"].is_string(), "{told}");
        assert!(
            !told.contains("nobody-here") && !told.contains("Tilou93!"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_guesser_makes_a_count_grow_and_not_the_journal() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "off")
        .start()
        .await;
    for name in 0..80 {
        let username = format!("guess{name}");
        let wrong = people::sign_in(&server, &username, "Wrong45+").await;
        expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
    }

    let failed = patience::until("80 refusals in the journal", async || {
        let failed = journal::of_kind(&server, "sign_in.failed").await;
        (counted(&failed) >= 80).then_some(failed)
    });
    let failed = failed.await;
    assert!(failed.len() <= 20, "{} rows", failed.len());
    let names = failed
        .iter()
        .map(|event| event.attributes["names"].as_i64());
    assert_eq!(names.map(Option::unwrap_or_default).sum::<i64>(), 80);
}

#[tokio::test]
async fn wrong_codes_and_passwords_are_told_of_whoever_they_were_for() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let signed_in = server.as_person(&tokens.access_token).await;
    let change = ChangePasswordRequest {
        current_password: "Wrong45+".into(),
        new_password: "Tilou93!".into(),
    };
    let wrong = signed_in.account().change_password(change).await;
    expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let wrong = people::complete(&anyone, &link, "leo@ecole.example", "Tilou93!").await;
    expect_error(wrong, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let guessed = Link {
        code: "A".repeat(43),
        ..link
    };
    let request = InspectResetRequest {
        user_id: guessed.user_id,
        code: guessed.code,
    };
    let wrong = anyone.reset().inspect_reset(request).await;
    expect_error(wrong, Code::FailedPrecondition, "RESET_CODE_INVALID");

    let kind = "password.confirmation_failed";
    let confirmations = journal::of_kind(&server, kind).await;
    assert_eq!(confirmations[0].account_id, Some(id(&lea)));
    assert_eq!(confirmations[0].actor_id, Some(id(&lea)));
    let codes = journal::of_kind(&server, "reset.code_refused").await;
    assert_eq!(counted(&codes), 2);
    for event in &codes {
        assert_eq!((event.account_id, event.actor_id), (Some(id(&lea)), None));
        assert_eq!(event.network.as_deref(), HERE);
    }
}

#[tokio::test]
async fn who_may_not_and_who_shows_what_is_no_token_is_told() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let signed_in = server.as_person(&tokens.access_token).await;
    for _ in 0..2 {
        let list = ListAccountsRequest::default();
        let denied = signed_in.account().list_accounts(list).await;
        expect_error(denied, Code::PermissionDenied, "FORBIDDEN");
    }
    let forger = server.as_person("forged").await;
    let list = ListAccountsRequest::default();
    let refused = forger.account().list_accounts(list).await;
    expect_error(refused, Code::Unauthenticated, "TOKEN_INVALID");

    let denied = journal::of_kind(&server, "access.denied").await;
    assert_eq!(counted(&denied), 2);
    assert_eq!(denied[0].actor_id, Some(id(&lea)));
    assert_eq!(denied[0].attributes["method"], "ListAccounts");
    assert_eq!(denied[0].network.as_deref(), HERE);
    let forged = journal::of_kind(&server, "token.refused").await;
    assert_eq!(counted(&forged), 1);
    assert_eq!(forged[0].network.as_deref(), HERE);
}

#[tokio::test]
async fn what_was_counted_is_written_before_an_orderly_end() {
    let mut server = Server::start().await;
    let lea = people::active(&server, "lea", EMAIL).await.id;
    let wrong = people::sign_in(&server, "lea", "Wrong45+").await;
    expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");

    server.stop().await;

    let events = journal::events(&server).await;
    let failed = events.iter().find(|event| event.kind == "sign_in.failed");
    assert_eq!(failed.expect("the failure").account_id, Some(id(&lea)));
}
