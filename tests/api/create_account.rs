//! An account is created once, however many ask for it at once.

use std::collections::BTreeSet;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, CreateAccountRequest, CreateAccountResponse, ListAccountsRequest,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::GOOD_PASSWORD;
use guichet_tests::{Server, expect_error};
use tokio::task::JoinSet;
use tonic::{Code, Status};

const EMAIL: &str = "lea@ecole.example";

const REQUEST_ID: &str = "0192f0a0-0000-7000-8000-000000000001";

fn new_account(username: &str, credential: Credential) -> CreateAccountRequest {
    CreateAccountRequest {
        account: Some(Account {
            username: username.into(),
            email: EMAIL.into(),
            ..Account::default()
        }),
        credential: Some(credential),
        ..CreateAccountRequest::default()
    }
}

/// Makes all these calls at once.
async fn at_once(
    admin: &Guichet,
    requests: impl IntoIterator<Item = CreateAccountRequest>,
) -> Vec<Result<CreateAccountResponse, Status>> {
    let mut calls = JoinSet::new();
    for request in requests {
        let admin = admin.clone();
        calls.spawn(async move {
            let reply = admin.account().create_account(request).await?;
            Ok(reply.into_inner())
        });
    }
    calls.join_all().await
}

async fn usernames(admin: &Guichet) -> Vec<String> {
    let request = ListAccountsRequest::default();
    let page = admin.account().list_accounts(request).await;
    let accounts = page.expect("a page").into_inner().accounts;
    accounts
        .into_iter()
        .map(|account| account.username)
        .collect()
}

#[tokio::test]
async fn of_twenty_repetitions_at_once_one_creates_and_all_are_answered_alike() {
    let server = Server::start().await;
    let admin = server.admin().await;

    for (index, credential) in [
        Credential::SendActivation(true),
        Credential::Password(GOOD_PASSWORD.into()),
    ]
    .into_iter()
    .enumerate()
    {
        let request = CreateAccountRequest {
            request_id: format!("0192f0a0-0000-7000-8000-00000000000{index}"),
            ..new_account(&format!("lea{index}"), credential)
        };
        let replies = at_once(&admin, vec![request; 20]).await;

        let ids: BTreeSet<String> = replies
            .into_iter()
            .map(|reply| {
                let account = reply.expect("the first reply").account;
                account.expect("the account").id
            })
            .collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
    }

    assert_eq!(usernames(&admin).await, ["lea0", "lea1"]);
    server.mailbox().last(EMAIL, 1).await;
}

#[tokio::test]
async fn a_request_id_stands_for_one_request() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let first = CreateAccountRequest {
        request_id: REQUEST_ID.into(),
        ..new_account("lea", Credential::Password(GOOD_PASSWORD.into()))
    };
    let created = admin.account().create_account(first.clone()).await;
    created.expect("an account");

    let others = [
        CreateAccountRequest {
            credential: Some(Credential::SendActivation(true)),
            ..first.clone()
        },
        CreateAccountRequest {
            request_id: REQUEST_ID.into(),
            ..new_account("leo", Credential::Password(GOOD_PASSWORD.into()))
        },
    ];
    for other in others {
        let result = admin.account().create_account(other).await;
        let status = expect_error(result, Code::InvalidArgument, "INVALID_FIELDS");
        let violations = error::violations(&status);
        assert_eq!(violations[0].field, "request_id");
    }

    let repeated = admin.account().create_account(first).await;
    repeated.expect("the first reply");
    assert_eq!(usernames(&admin).await, ["lea"]);
}

#[tokio::test]
async fn a_password_that_is_none_is_told_with_the_other_faults() {
    let server = Server::start().await;
    let admin = server.admin().await;

    for password in [String::new(), "Babou45+".repeat(200)] {
        let request = new_account("lea@ecole.example", Credential::Password(password));
        let refused = admin.account().create_account(request).await;

        let status = expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
        let mut fields: Vec<String> = error::violations(&status)
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        fields.sort();
        assert_eq!(fields, ["account.username", "password"]);
    }
}

#[tokio::test]
async fn of_many_who_want_one_name_at_once_one_gets_it() {
    let server = Server::start().await;
    let admin = server.admin().await;

    for (name, spellings) in [
        ("lea", ["lea", "LEA", "ｌｅａ", "Lea"]),
        ("strasse", ["straße", "strasse", "STRASSE", "Straße"]),
    ] {
        let requests = spellings
            .map(|spelling| new_account(spelling, Credential::Password(GOOD_PASSWORD.into())));
        let replies = at_once(&admin, requests).await;

        let (created, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(Result::is_ok);
        assert_eq!(created.len(), 1, "{name}");
        for status in refused.into_iter().filter_map(Result::err) {
            assert_eq!(
                error::reason(&status),
                Some(Reason::UsernameTaken),
                "{status}"
            );
        }
    }
    assert_eq!(usernames(&admin).await.len(), 2);
}
