//! Page tokens that were bent, or taken from elsewhere.

use guichet_client::error;
use guichet_client::proto::{ListAccountsRequest, ListInstitutionsRequest};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::protos::{self, text};
use guichet_tests::{Server, Untouched, raw};
use tonic::{Code, Status};

/// A list with a page to come, and its token.
async fn listed(server: &Server) -> String {
    for name in ["ana", "eva", "lea"] {
        people::active(server, name, "").await;
    }
    next(server).await
}

async fn next(server: &Server) -> String {
    let request = ListAccountsRequest {
        page_size: 1,
        ..ListAccountsRequest::default()
    };
    let page = server.admin().await.account().list_accounts(request).await;
    page.expect("a page").into_inner().next_page_token
}

fn assert_refused<T>(answer: Result<T, Status>, what: &str) {
    let Err(status) = answer else {
        panic!("{what} was taken");
    };
    assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status}");
    let violations = error::violations(&status);
    let told = violations
        .iter()
        .any(|one| one.reason == "PAGE_TOKEN_INVALID");
    assert!(told, "{what}: {violations:?}");
}

/// CVE-2026-33503 and its kin: what a token says goes into a query.
#[tokio::test]
async fn a_token_that_was_bent_is_refused() {
    let server = Server::start().await;
    let token = listed(&server).await;
    let elsewhere = Server::start().await;
    let foreign = listed(&elsewhere).await;
    let admin = server.admin().await;
    let untouched = Untouched::before(&server).await;

    let mut bent: Vec<String> = (0..token.len())
        .map(|at| {
            let other = if token[at..].starts_with('A') {
                "Q"
            } else {
                "A"
            };
            [&token[..at], other, &token[at + 1..]].concat()
        })
        .collect();
    bent.extend((1..token.len()).map(|length| token[..length].to_owned()));
    bent.extend([
        format!("{token}="),
        format!("{token}A"),
        format!(" {token}"),
        "A".repeat(16 * 1024),
        "' OR 1=1--".to_owned(),
        "eyJrZXkiOnsiVGV4dCI6ImEifSwiaWQiOiIwIn0".to_owned(),
        foreign,
    ]);
    for page_token in bent {
        let what = format!("{page_token:.60}");
        let request = ListAccountsRequest {
            page_size: 1,
            page_token,
            ..ListAccountsRequest::default()
        };
        assert_refused(admin.account().list_accounts(request).await, &what);
    }

    untouched.assert("a bent token").await;
    let request = ListAccountsRequest {
        page_size: 1,
        page_token: token,
        ..ListAccountsRequest::default()
    };
    admin
        .account()
        .list_accounts(request)
        .await
        .expect("a page");
}

#[tokio::test]
async fn a_token_fits_its_own_list_caller_order_and_filter_only() {
    let server = Server::start().await;
    let token = listed(&server).await;
    let other_key = server.cli(&["api-key", "create", "--name", "x", "--role", "admin"]);
    let other_key = String::from_utf8(other_key.stdout).expect("a key");
    server.remember(other_key.trim());
    let other = server.as_person(other_key.trim()).await;
    let admin = server.admin().await;
    let channel = admin.channel();

    let ours = ListAccountsRequest {
        page_token: token.clone(),
        ..ListAccountsRequest::default()
    };
    let answer = other.account().list_accounts(ours.clone()).await;
    assert_refused(answer, "another caller");
    let ordered = ListAccountsRequest {
        order_by: "username desc".into(),
        ..ours.clone()
    };
    assert_refused(
        admin.account().list_accounts(ordered).await,
        "another order",
    );
    let filtered = ListAccountsRequest {
        filter: "state = ACTIVE".into(),
        ..ours
    };
    assert_refused(
        admin.account().list_accounts(filtered).await,
        "another filter",
    );
    let elsewhere = ListInstitutionsRequest {
        page_token: token.clone(),
        ..ListInstitutionsRequest::default()
    };
    let answer = admin.institution().list_institutions(elsewhere).await;
    assert_refused(answer, "another list");

    for rpc in protos::rpcs() {
        let Some(field) = rpc.field("page_token") else {
            continue;
        };
        let key = Some(server.api_key());
        let answer = raw::call(&channel, rpc.full_name(), key, text(field, &token)).await;
        let refused = answer.is_err();
        assert_eq!(refused, rpc.name != "ListAccounts", "{}", rpc.name);
    }
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}
