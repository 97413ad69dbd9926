//! What makes a reset code die, and what must not.

use std::collections::BTreeSet;
use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    InspectResetRequest, InspectResetResponse, RequestResetRequest, RevokeResetRequest,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server, expect_error, journal, web};
use http::Method;
use tokio::task::JoinSet;
use tonic::{Code, Response, Status};

const EMAIL: &str = "lea@ecole.example";

async fn server_with_link() -> (Server, Link) {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    let link = people::reset_link(&server, EMAIL).await;
    (server, link)
}

async fn inspect(guichet: &Guichet, link: &Link) -> Result<Response<InspectResetResponse>, Status> {
    let request = InspectResetRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
    };
    guichet.reset().inspect_reset(request).await
}

#[tokio::test]
async fn of_fifty_at_once_exactly_one_uses_the_code() {
    let (server, link) = server_with_link().await;
    let guichet = server.anyone().await;

    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let (guichet, link) = (guichet.clone(), link.clone());
        calls.spawn(async move { people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD).await });
    }
    let results = calls.join_all().await;

    let used = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(used, 1);
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(
            error::reason(refused),
            Some(Reason::ResetCodeInvalid),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn five_wrong_addresses_kill_the_code_and_four_do_not() {
    for (wrong, survives) in [(4, true), (5, false)] {
        let (server, link) = server_with_link().await;
        let guichet = server.anyone().await;

        for _ in 0..wrong {
            let result = people::complete(&guichet, &link, "x@ecole.example", OTHER_PASSWORD).await;
            expect_error(result, Code::FailedPrecondition, "RESET_CODE_INVALID");
        }

        let right = people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD).await;
        assert_eq!(right.is_ok(), survives, "after {wrong} wrong addresses");
    }
}

#[tokio::test]
async fn of_wrong_addresses_at_once_the_fifth_kills_the_code_and_that_is_told_once() {
    let (server, link) = server_with_link().await;
    let guichet = server.anyone().await;

    let mut calls = JoinSet::new();
    for _ in 0..5 {
        let (guichet, link) = (guichet.clone(), link.clone());
        calls.spawn(async move {
            people::complete(&guichet, &link, "x@ecole.example", OTHER_PASSWORD).await
        });
    }
    for refused in calls.join_all().await {
        expect_error(refused, Code::FailedPrecondition, "RESET_CODE_INVALID");
    }

    let right = people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD).await;
    expect_error(right, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let events = journal::of_kind(&server, "reset.code_exhausted").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        events[0].account_id.map(|id| id.to_string()),
        Some(link.user_id)
    );
    let told = server.mailbox().last(EMAIL, 2).await;
    assert!(told.text.contains("mauvaises réponses"), "{}", told.text);
}

#[tokio::test]
async fn a_code_expires_after_a_day() {
    let (server, link) = server_with_link().await;
    let guichet = server.anyone().await;

    server.advance(Duration::from_hours(23));
    inspect(&guichet, &link).await.expect("still good");

    server.advance(Duration::from_hours(2));
    let inspected = inspect(&guichet, &link).await;
    expect_error(inspected, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let completed = people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD).await;
    expect_error(completed, Code::FailedPrecondition, "RESET_CODE_INVALID");
}

#[tokio::test]
async fn this_was_not_me_kills_the_link_and_changes_nothing_else() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    let mail = server.mailbox().last(EMAIL, 1).await;
    let revoke = mail.revoke_link();
    let guichet = server.anyone().await;

    let request = RevokeResetRequest {
        user_id: revoke.user_id,
        code: revoke.code,
    };
    guichet
        .reset()
        .revoke_reset(request.clone())
        .await
        .expect("a revocation");
    guichet
        .reset()
        .revoke_reset(request)
        .await
        .expect("the same answer again");

    let completed = people::complete(&guichet, &mail.link(), EMAIL, OTHER_PASSWORD).await;
    expect_error(completed, Code::FailedPrecondition, "RESET_CODE_INVALID");
    people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
}

/// Mail scanners open every link before the person does.
#[tokio::test]
async fn opening_a_link_consumes_nothing() {
    let (server, link) = server_with_link().await;
    let guichet = server.anyone().await;
    let path = link
        .url
        .strip_prefix("http://localhost:8080")
        .expect("the default public URL");
    let page = format!("{}{path}", server.url());

    for _ in 0..3 {
        web::fetch(Method::GET, &page).await;
        web::fetch(Method::HEAD, &page).await;
        inspect(&guichet, &link).await.expect("still good");
    }

    people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD)
        .await
        .expect("a reset");
}

#[tokio::test]
async fn the_answer_to_a_request_never_tells_whether_the_account_exists() {
    let server = Server::start().await;
    people::active(&server, "known", EMAIL).await;
    people::disabled(&server, "disabled", "leo@ecole.example").await;
    let guichet = server.anyone().await;

    let mut answers = BTreeSet::new();
    for username in ["known", "unknown", "disabled"] {
        let request = RequestResetRequest {
            identifier: Some(Identifier::Username(username.into())),
            ..RequestResetRequest::default()
        };
        let reply = guichet
            .reset()
            .request_reset(request)
            .await
            .expect("always an answer");
        let headers: BTreeSet<String> = reply
            .metadata()
            .as_ref()
            .keys()
            .map(ToString::to_string)
            .collect();
        answers.insert((format!("{:?}", reply.get_ref()), headers));
    }

    assert_eq!(answers.len(), 1, "{answers:?}");
    people::reset_outcomes(&server).await;
    // The person of the account is told, and gets no link.
    let told = server.mailbox().of("leo@ecole.example");
    assert!(told.iter().all(|mail| mail.codes().is_empty()), "{told:?}");
}
