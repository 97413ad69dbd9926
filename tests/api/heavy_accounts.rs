//! Accounts with as many attributes as one may have: their number of bytes is bounded, and so is that of a page of them.

use std::collections::HashMap;

use guichet_client::proto::import_accounts_request::Message as Asked;
use guichet_client::proto::import_accounts_response::Message as Told;
use guichet_client::proto::{
    Account, CreateAccountRequest, ImportAccountsRequest, ImportBegin, ImportRow,
    ListAccountsRequest, ListPeopleRequest, UpdateAccountRequest,
};
use guichet_client::{Guichet, error};
use guichet_tests::Server;
use prost::Message;
use tonic::Status;

use crate::institutions::network;

/// Bytes at which a page ends.
const FULL: usize = 1024 * 1024;

/// Longer than anything that is shown of one of these accounts.
const ROW: usize = 65 * 1024;

const PEOPLE: usize = 40;

/// So many attributes of 4,000 bytes.
fn attributes(count: usize) -> HashMap<String, String> {
    (0..count)
        .map(|number| (number.to_string(), "\u{10348}".repeat(1_000)))
        .collect()
}

fn account(number: usize, attributes: HashMap<String, String>) -> Account {
    Account {
        username: username(number),
        display_name: username(number),
        attributes,
        ..Account::default()
    }
}

fn username(number: usize) -> String {
    format!("heavy{number:03}")
}

async fn create(admin: &Guichet, account: Account) -> Result<Account, Status> {
    let request = CreateAccountRequest {
        account: Some(account),
        ..CreateAccountRequest::default()
    };
    let created = admin.account().create_account(request).await?;
    Ok(created.into_inner().account.expect("it is always set"))
}

async fn world() -> (Server, Guichet) {
    let server = Server::start().await;
    let admin = server.admin().await;
    for number in 0..PEOPLE {
        let created = create(&admin, account(number, attributes(15))).await;
        created.expect("an account");
    }
    (server, admin)
}

/// Asks for page after page until the last, and returns all usernames. `ask` returns those of a page, and its successor.
async fn walk<M: Message>(
    mut ask: impl AsyncFnMut(String) -> (M, Vec<Account>, String),
) -> Vec<String> {
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let (page, accounts, next) = ask(token).await;
        assert!(page.encoded_len() < FULL + ROW, "{}", page.encoded_len());
        assert!(!accounts.is_empty(), "a page shows something");
        names.extend(accounts.into_iter().map(|account| account.username));
        if next.is_empty() {
            return names;
        }
        assert!(page.encoded_len() >= FULL, "{}", page.encoded_len());
        token = next;
    }
}

#[tokio::test]
async fn pages_of_heavy_accounts_are_short_and_show_everybody_once() {
    let (_server, admin) = world().await;
    let everybody: Vec<String> = (0..PEOPLE).map(username).collect();

    let listed = walk(async |page_token| {
        let request = ListAccountsRequest {
            filter: "username = \"heavy*\"".into(),
            page_size: 1_000,
            page_token,
            ..ListAccountsRequest::default()
        };
        let page = admin.account().list_accounts(request).await;
        let page = page.expect("a page").into_inner();
        let accounts = page.accounts.clone();
        let next = page.next_page_token.clone();
        (page, accounts, next)
    })
    .await;
    assert_eq!(listed, everybody);

    let people = walk(async |page_token| {
        let request = ListPeopleRequest {
            search: "heavy".into(),
            page_size: 1_000,
            page_token,
            ..ListPeopleRequest::default()
        };
        let page = admin.institution().list_people(request).await;
        let page = page.expect("a page").into_inner();
        let people = page.people.iter();
        let accounts = people.filter_map(|person| person.account.clone()).collect();
        let next = page.next_page_token.clone();
        (page, accounts, next)
    })
    .await;
    assert_eq!(people, everybody);
}

/// Imports a row, and returns what is wrong with it.
async fn import(admin: &Guichet, row: ImportRow) -> Vec<(String, String)> {
    let begin = ImportBegin {
        source: "old".into(),
        ..ImportBegin::default()
    };
    let stream = [Asked::Begin(begin), Asked::Row(row)].map(|message| ImportAccountsRequest {
        message: Some(message),
    });
    let mut imports = admin.import();
    let reply = imports.import_accounts(tokio_stream::iter(stream)).await;
    let mut replies = reply.expect("replies").into_inner();
    let mut faults = Vec::new();
    while let Some(reply) = replies.message().await.expect("a reply") {
        if let Some(Told::Outcome(outcome)) = reply.message {
            let told = outcome.faults.into_iter();
            faults.extend(told.map(|fault| (fault.column, fault.reason)));
        }
    }
    faults
}

fn violations<T>(answer: Result<T, Status>) -> Vec<(String, String)> {
    let Err(status) = answer else {
        panic!("it was taken");
    };
    let violations = error::violations(&status).into_iter();
    violations
        .map(|violation| (violation.field, violation.reason))
        .collect()
}

/// Whatever the largest message is.
#[tokio::test]
async fn attributes_of_more_than_64_kib_are_refused_wherever_they_come_from() {
    let server = Server::builder()
        .env("GUICHET_MAX_MESSAGE", "1MiB")
        .start()
        .await;
    let admin = server.admin().await;
    let too_long = |field: &str| vec![(field.to_owned(), "TOO_LONG".to_owned())];

    let refused = create(&admin, account(1, attributes(17))).await;
    assert_eq!(violations(refused), too_long("account.attributes"));

    let created = create(&admin, account(1, attributes(16))).await;
    let request = UpdateAccountRequest {
        account: Some(Account {
            attributes: attributes(17),
            ..created.expect("an account")
        }),
        update_mask: Some(network::mask(&["attributes"])),
    };
    let refused = admin.account().update_account(request).await;
    assert_eq!(violations(refused), too_long("account.attributes"));

    let row = |attributes| ImportRow {
        number: 1,
        username: username(2),
        attributes,
        ..ImportRow::default()
    };
    let refused = import(&admin, row(attributes(17))).await;
    assert_eq!(refused, too_long("attributes"));
    assert_eq!(import(&admin, row(attributes(16))).await, []);
}

/// Of each a fault would be kept, and shown in a page that can't be shorter than a row.
#[tokio::test]
async fn a_row_with_thousands_of_bad_attributes_has_one_fault() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let bad = (0..10_000).map(|number| (number.to_string(), "\0".to_owned()));
    let row = ImportRow {
        number: 1,
        username: username(1),
        attributes: bad.collect(),
        ..ImportRow::default()
    };

    let refused = import(&admin, row).await;

    assert_eq!(refused, [("attributes".to_owned(), "TOO_MANY".to_owned())]);
}
