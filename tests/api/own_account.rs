//! What people do with their own account.

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::{
    Account, ChangePasswordRequest, ConfirmEmailChangeRequest, ConfirmEmailChangeResponse,
    ExportAccountDataRequest, ListMessagesRequest, MessageKind, RequestEmailChangeRequest,
    RequestEmailChangeResponse, UpdateAccountRequest,
};
use guichet_client::{Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, expect_error, journal, web};
use prost_types::FieldMask;
use tonic::{Code, Response, Status};

const EMAIL: &str = "lea@ecole.example";

/// A server, Léa's account id, and clients that call as her.
async fn signed_in() -> (Server, String, Guichet) {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    (server, id, lea)
}

#[tokio::test]
async fn people_change_their_own_name_but_not_their_roles() {
    let server = Server::start().await;
    let account = people::active(&server, "lea", EMAIL).await;
    let other = people::active(&server, "jean", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    let update = |id: &str, path: &str| UpdateAccountRequest {
        account: Some(Account {
            id: id.into(),
            display_name: "Léa".into(),
            roles: vec!["admin".into()],
            ..Account::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec![path.into()],
        }),
    };

    lea.account()
        .update_account(update(&account.id, "display_name"))
        .await
        .expect("an update");

    for (id, path) in [(&account.id, "roles"), (&other.id, "display_name")] {
        let result = lea.account().update_account(update(id, path)).await;
        expect_error(result, Code::PermissionDenied, "FORBIDDEN");
    }
    assert_eq!(people::find(&server, &account.id).await.roles, ["user"]);
}

#[tokio::test]
async fn another_username_is_told_to_whoever_signs_in_with_it() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;

    people::rename(&server, &id, "lea.martin").await;

    let text = server.mailbox().last(EMAIL, 1).await.text;
    assert!(text.contains("Jusqu'ici, c'était lea."), "{text}");
    assert!(text.contains("lea.martin"), "{text}");
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_is_told() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let elsewhere = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let here = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&here.access_token).await;
    let change = |current: &str| ChangePasswordRequest {
        current_password: current.into(),
        new_password: OTHER_PASSWORD.into(),
    };

    let wrong = lea.account().change_password(change("Wrong45+")).await;
    expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
    lea.account()
        .change_password(change(GOOD_PASSWORD))
        .await
        .expect("a new password");

    assert!(
        people::refresh(&server, &elsewhere.refresh_token)
            .await
            .is_err()
    );
    assert!(people::refresh(&server, &here.refresh_token).await.is_ok());
    people::tokens(&server, "lea", OTHER_PASSWORD).await;
    server.mailbox().last(EMAIL, 1).await;
}

/// Asks as Léa for another address.
async fn ask_for(lea: &Guichet, address: &str) {
    try_for(lea, address).await.expect("a request");
}

async fn try_for(
    person: &Guichet,
    address: &str,
) -> Result<Response<RequestEmailChangeResponse>, Status> {
    let request = RequestEmailChangeRequest {
        new_email: address.into(),
        current_password: GOOD_PASSWORD.into(),
        ..RequestEmailChangeRequest::default()
    };
    person.account().request_email_change(request).await
}

/// The code in the only mail to a new address.
async fn code_mailed_to(server: &Server, address: &str) -> String {
    let text = server.mailbox().last(address, 1).await.text;
    let link = text
        .lines()
        .find(|line| line.contains("/Account/ConfirmEmail?"))
        .expect("a link");
    link.rsplit_once("code=").expect("a code").1.trim().into()
}

async fn confirm(
    server: &Server,
    id: &str,
    code: &str,
) -> Result<Response<ConfirmEmailChangeResponse>, Status> {
    let request = ConfirmEmailChangeRequest {
        user_id: id.into(),
        code: code.into(),
    };
    let anyone = server.anyone().await;
    anyone.account().confirm_email_change(request).await
}

#[tokio::test]
async fn another_address_counts_once_it_is_confirmed_and_both_are_told() {
    const NEW: &str = "lea.martin@ecole.example";
    let (server, id, lea) = signed_in().await;

    ask_for(&lea, NEW).await;

    assert_eq!(people::find(&server, &id).await.email, EMAIL);
    server.mailbox().last(EMAIL, 1).await;
    let code = code_mailed_to(&server, NEW).await;
    confirm(&server, &id, &code).await.expect("a confirmation");
    let again = confirm(&server, &id, &code).await;
    expect_error(again, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let account = people::find(&server, &id).await;
    assert_eq!(
        (account.email.as_str(), account.email_verified),
        (NEW, true)
    );
    server.mailbox().wait_for(EMAIL, 2).await;
    server.mailbox().wait_for(NEW, 2).await;
}

#[tokio::test]
async fn only_the_address_asked_for_last_can_be_confirmed() {
    const MISTYPED: &str = "lae@ecole.example";
    const MEANT: &str = "lea.m@ecole.example";
    let (server, id, lea) = signed_in().await;
    ask_for(&lea, MISTYPED).await;
    let mistyped = code_mailed_to(&server, MISTYPED).await;

    ask_for(&lea, MEANT).await;

    let late = confirm(&server, &id, &mistyped).await;
    expect_error(late, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let meant = code_mailed_to(&server, MEANT).await;
    confirm(&server, &id, &meant).await.expect("a confirmation");
    assert_eq!(people::find(&server, &id).await.email, MEANT);
}

#[tokio::test]
async fn who_confirms_the_address_that_the_account_has_kills_its_links_too() {
    let (server, id, lea) = signed_in().await;
    let link = people::reset_link(&server, EMAIL).await;

    ask_for(&lea, EMAIL).await;

    // The link, what confirms, and the notice that it was asked for.
    let mails = server.mailbox().wait_for(EMAIL, 3).await;
    let mut confirming = mails.iter().flat_map(|mail| mail.links_to("ConfirmEmail"));
    let code = confirming.next().expect("a link").code;
    confirm(&server, &id, &code).await.expect("a confirmation");
    let anyone = server.anyone().await;
    let refused = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    expect_error(refused, Code::FailedPrecondition, "RESET_CODE_INVALID");
}

/// A server that counts.
async fn strict() -> Server {
    let builder = Server::builder().env("GUICHET_THROTTLE", "on");
    builder.start().await
}

async fn person(server: &Server, username: &str) -> Guichet {
    people::active(server, username, &format!("{username}@ecole.example")).await;
    let tokens = people::tokens(server, username, GOOD_PASSWORD).await;
    server.as_person(&tokens.access_token).await
}

/// How many addresses were asked whether they are somebody's.
async fn confirmations(server: &Server) -> usize {
    let mut request = ListMessagesRequest::default();
    request.set_kind(MessageKind::ConfirmEmail);
    let reply = server.admin().await.mail().list_messages(request).await;
    reply.expect("a list").into_inner().messages.len()
}

#[tokio::test]
async fn who_asks_for_one_address_after_the_other_is_stopped_at_the_fourth() {
    let server = strict().await;
    let lea = person(&server, "lea").await;

    for number in 1..=5 {
        let asked = try_for(&lea, &format!("lea.{number}@maison.example")).await;
        if number <= 3 {
            asked.expect("a request");
            continue;
        }
        let refused = expect_error(asked, Code::ResourceExhausted, "THROTTLED");
        let wait = error::retry_after(&refused).expect("how long to wait");
        let an_hour = Duration::from_hours(1);
        assert!(wait <= an_hour && wait > an_hour / 2, "{wait:?}");
    }

    assert_eq!(confirmations(&server).await, 3);
}

/// A server where a person may ask for one address, and then for one an hour.
async fn stricter() -> Server {
    Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_RESET_REQUESTS", "1")
        .env("GUICHET_THROTTLE_RESET_INTERVAL", "1h")
        .start()
        .await
}

#[tokio::test]
async fn an_address_is_asked_as_often_as_ten_people_may_ask_whoever_would_have_it() {
    const WANTED: &str = "direction@ecole.example";
    let server = stricter().await;
    for number in 1..=10 {
        let one = person(&server, &format!("eleve.{number}")).await;
        ask_for(&one, WANTED).await;
    }
    let lea = person(&server, "lea").await;

    for address in [WANTED, "Direction@ecole.example"] {
        let refused = try_for(&lea, address).await;
        let refused = refused.expect_err("an eleventh mail");
        assert_eq!(error::reason(&refused), Some(Reason::Throttled));
    }

    assert_eq!(confirmations(&server).await, 10);
    // What was refused is charged to nobody.
    ask_for(&lea, "lea@maison.example").await;
}

#[tokio::test]
async fn who_asks_for_an_address_every_hour_does_not_close_it_for_its_owner() {
    const WANTED: &str = "direction@ecole.example";
    let server = stricter().await;
    people::active(&server, "lea", EMAIL).await;
    for _ in 0..12 {
        server.advance(Duration::from_mins(61));
        let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
        let lea = server.as_person(&tokens.access_token).await;
        ask_for(&lea, WANTED).await;
    }

    let owner = person(&server, "direction").await;
    ask_for(&owner, WANTED).await;
}

#[tokio::test]
async fn too_many_changes_of_address_are_told_by_their_own_name() {
    let server = stricter().await;
    let lea = person(&server, "lea").await;
    ask_for(&lea, "lea@maison.example").await;

    for _ in 0..2 {
        let refused = try_for(&lea, "lea.2@maison.example").await;
        expect_error(refused, Code::ResourceExhausted, "THROTTLED");
    }

    let told = journal::of_kind(&server, "email_change.throttled").await;
    assert_eq!(told.len(), 1, "{told:?}");
    let all = journal::events(&server).await;
    assert!(all.iter().all(|event| event.kind != "reset.throttled"));
    let series = r#"guichet_throttled_total{tried="email_change",by="account"}"#;
    assert_eq!(web::metric(&server, series).await, Some(2.0));
}

#[tokio::test]
async fn people_take_their_data_with_them_but_no_secret() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;

    let reply = lea
        .account()
        .export_account_data(ExportAccountDataRequest::default())
        .await;

    let mut stream = reply.expect("a stream").into_inner();
    let mut sections = Vec::new();
    while let Some(record) = stream.message().await.expect("a record") {
        assert!(!record.json.contains("$argon2"), "{}", record.json);
        sections.push(record.section);
    }
    for section in ["account", "session", "event"] {
        assert!(
            sections.iter().any(|one| one == section),
            "no {section} in {sections:?}"
        );
    }
}
