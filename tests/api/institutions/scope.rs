//! What somebody who acts for an institution reaches, and what does not exist for them.

use std::collections::BTreeSet;

use guichet_client::Guichet;
use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, AccountState, BatchGetAccountsRequest, BatchMigrateAccountsRequest,
    CreateAccountRequest, EnableAccountRequest, GetAccountRequest, Institution,
    ListAccountsRequest, ListResetRequestsRequest, LookupAccountsRequest, MigrateAccountRequest,
    UpdateAccountRequest,
};
use guichet_client::{Reason, error};
use guichet_tests::people;
use tonic::Status;

use super::network::{self, Network, refusal};

async fn get(guichet: &Guichet, account_id: &str) -> Result<Account, Status> {
    let request = GetAccountRequest {
        account_id: account_id.into(),
    };
    let reply = guichet.account().get_account(request).await?;
    Ok(reply.into_inner().account.expect("it in the reply"))
}

fn names(accounts: Vec<Account>) -> BTreeSet<String> {
    accounts
        .into_iter()
        .map(|account| account.username)
        .collect()
}

async fn list(guichet: &Guichet, institution_id: &str, filter: &str) -> BTreeSet<String> {
    let request = ListAccountsRequest {
        institution_id: institution_id.into(),
        filter: filter.into(),
        ..ListAccountsRequest::default()
    };
    let page = guichet.account().list_accounts(request).await;
    names(page.expect("a page").into_inner().accounts)
}

async fn create(guichet: &Guichet, account: Account) -> Result<Account, Status> {
    let request = CreateAccountRequest {
        account: Some(account),
        ..CreateAccountRequest::default()
    };
    let reply = guichet.account().create_account(request).await?;
    Ok(reply.into_inner().account.expect("it in the reply"))
}

async fn change(guichet: &Guichet, account: Account, paths: &[&str]) -> Result<Account, Status> {
    let request = UpdateAccountRequest {
        account: Some(account),
        update_mask: Some(network::mask(paths)),
    };
    let reply = guichet.account().update_account(request).await?;
    Ok(reply.into_inner().account.expect("it in the reply"))
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn lists_and_look_ups_hold_what_is_in_reach_and_nothing_else() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let mut ids = Vec::new();
    for (username, institution_id) in [
        ("in.school", network.school.as_str()),
        ("in.annex", &network.annex),
        ("in.sibling", &network.sibling),
        ("in.authority", &network.authority),
        ("in.none", ""),
    ] {
        ids.push(network::person(server, username, institution_id).await.id);
    }

    let all = set(&["dora", "in.school", "in.annex"]);
    assert_eq!(list(&director, "", "").await, all);
    assert_eq!(list(&director, &network.authority, "").await, all);
    assert_eq!(
        list(&director, &network.annex, "").await,
        set(&["in.annex"])
    );
    assert_eq!(list(&director, &network.sibling, "").await, set(&[]));
    let own = format!("institution_id = \"{}\"", network.school);
    assert_eq!(list(&director, "", &own).await, set(&["dora", "in.school"]));

    let request = BatchGetAccountsRequest {
        account_ids: ids.clone(),
    };
    let batch = director.account().batch_get_accounts(request).await;
    let batch = names(batch.expect("accounts").into_inner().accounts);
    assert_eq!(batch, set(&["in.school", "in.annex"]));

    for (username, found) in [("in.annex", 1), ("in.sibling", 0), ("in.none", 0)] {
        let request = LookupAccountsRequest {
            key: Some(Key::Username(username.into())),
        };
        let reply = director.account().lookup_accounts(request).await;
        let accounts = reply.expect("a look-up").into_inner().accounts;
        assert_eq!(accounts.len(), found, "{username}");
    }
    for id in &ids[..2] {
        get(&director, id).await.expect("an account in reach");
    }
    for id in &ids[2..] {
        assert_eq!(refusal(get(&director, id).await), "NOT_FOUND");
    }
}

#[tokio::test]
async fn rights_move_with_a_school() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let old = network::director(server, "old", &network.authority).await;
    let new = network::director(server, "new", &network.stranger).await;
    let pupil = network::person(server, "paul", &network.annex).await;
    get(&old, &pupil.id).await.expect("a pupil");
    assert_eq!(refusal(get(&new, &pupil.id).await), "NOT_FOUND");

    let moved = network::move_below(&admin, &network.school, &network.stranger).await;
    moved.expect("a move");

    assert_eq!(refusal(get(&old, &pupil.id).await), "NOT_FOUND");
    get(&new, &pupil.id).await.expect("a pupil");
    assert_eq!(
        refusal(network::get(&old, &network.annex).await),
        "NOT_FOUND"
    );
    network::get(&new, &network.annex).await.expect("an annex");

    let top = network::move_below(&admin, &network.school, "").await;
    top.expect("a move to the top");
    assert_eq!(refusal(get(&new, &pupil.id).await), "NOT_FOUND");
}

#[tokio::test]
async fn accounts_are_created_and_kept_in_reach() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let account = |username: &str, institution_id: &str| Account {
        username: username.into(),
        institution_id: institution_id.into(),
        ..Account::default()
    };

    let made = create(&director, account("made", &network.annex)).await;
    let made = made.expect("an account");
    for institution_id in ["", &network.sibling, &network.authority, &made.id] {
        let refused = create(&director, account("not.made", institution_id)).await;
        let status = refused.expect_err("a refusal");
        assert_eq!(error::reason(&status), Some(Reason::InvalidFields));
        let violation = error::violations(&status).remove(0);
        let reason = if institution_id.is_empty() {
            "REQUIRED"
        } else {
            "UNKNOWN_INSTITUTION"
        };
        assert_eq!(
            (violation.field.as_str(), violation.reason.as_str()),
            ("account.institution_id", reason)
        );
    }
    let with_role = Account {
        roles: vec!["institution_admin".into()],
        ..account("not.made", &network.annex)
    };
    assert_eq!(refusal(create(&director, with_role).await), "FORBIDDEN");

    let goes = |institution_id: &str| Account {
        id: made.id.clone(),
        institution_id: institution_id.into(),
        ..Account::default()
    };
    let moved = change(&director, goes(&network.school), &["institution_id"]).await;
    assert_eq!(moved.expect("a move").institution_id, network.school);
    for institution_id in ["", &network.sibling] {
        let moved = change(&director, goes(institution_id), &["institution_id"]).await;
        assert_eq!(refusal(moved), "INVALID_FIELDS");
    }
    let promoted = Account {
        id: made.id.clone(),
        roles: vec!["admin".into()],
        ..Account::default()
    };
    let promoted = change(&director, promoted, &["roles"]).await;
    assert_eq!(refusal(promoted), "FORBIDDEN");
}

#[tokio::test]
async fn a_batch_answers_row_by_row() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let director = network::director(server, "dora", &network.school).await;
    let mut requests = Vec::new();
    for (username, institution_id) in [
        ("near", &network.annex),
        ("far", &network.sibling),
        ("nowhere", &String::new()),
    ] {
        let mut account = Account {
            username: username.into(),
            institution_id: institution_id.clone(),
            ..Account::default()
        };
        account.set_state(AccountState::Legacy);
        let account = create(&admin, account).await.expect("an account");
        requests.push(MigrateAccountRequest {
            account_id: account.id,
            email: format!("{username}@ecole.example"),
            locale: String::new(),
        });
    }

    let request = BatchMigrateAccountsRequest { requests };
    let batch = director.account().batch_migrate_accounts(request).await;

    let results = batch.expect("verdicts").into_inner().results;
    let reasons: Vec<&str> = results.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(reasons, ["", "NOT_FOUND", "NOT_FOUND"]);
}

#[tokio::test]
async fn what_is_out_of_reach_stays_as_it_is() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    people::disabled(server, "leo", "leo@ecole.example").await;
    let admin = server.admin().await;
    let request = LookupAccountsRequest {
        key: Some(Key::Username("leo".into())),
    };
    let found = admin.account().lookup_accounts(request).await;
    let leo = found.expect("a look-up").into_inner().accounts.remove(0);

    let request = EnableAccountRequest {
        account_id: leo.id.clone(),
    };
    let enabled = director.account().enable_account(request).await;
    assert_eq!(refusal(enabled), "NOT_FOUND");
    let renamed = Account {
        id: leo.id.clone(),
        username: "mine".into(),
        ..Account::default()
    };
    assert_eq!(
        refusal(change(&director, renamed, &["username"]).await),
        "NOT_FOUND"
    );

    assert_eq!(people::find(server, &leo.id).await, leo);
}

#[tokio::test]
async fn texts_are_changed_by_the_institutions_own_people_and_its_place_is_not() {
    let network = Network::start().await;
    let director = network::director(&network.server, "dora", &network.school).await;
    let named = |id: &str| Institution {
        id: id.into(),
        display_name: "Renamed".into(),
        parent_id: network.stranger.clone(),
        ..Institution::default()
    };

    for id in [&network.school, &network.annex] {
        let renamed = network::update(&director, named(id), &["display_name"]).await;
        renamed.expect("a new name");
        for path in ["parent_id", "external_id"] {
            let refused = network::update(&director, named(id), &[path]).await;
            assert_eq!(refusal(refused), "FORBIDDEN", "{path}");
        }
    }
    for id in [&network.authority, &network.sibling] {
        let refused = network::update(&director, named(id), &["display_name"]).await;
        assert_eq!(refusal(refused), "NOT_FOUND");
    }
    let refused = network::create(&director, named("")).await;
    assert_eq!(refusal(refused), "FORBIDDEN");
}

#[tokio::test]
async fn of_requests_for_a_reset_only_those_of_ones_own_people_are_listed() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let near = network::person(server, "near", &network.annex).await;
    network::person(server, "far", &network.sibling).await;
    for username in ["near", "far", "nobody"] {
        people::ask_reset(server, Identifier::Username(username.into())).await;
    }
    people::reset_outcomes(server).await;

    let request = ListResetRequestsRequest::default();
    let listed = director.reset().list_reset_requests(request).await;
    let requests = listed.expect("a list").into_inner().requests;
    let identifiers: Vec<&str> = requests.iter().map(|one| one.identifier.as_str()).collect();
    assert_eq!(identifiers, ["near"]);
    assert_eq!(requests[0].decisions[0].account_id, near.id);

    let admin = server.admin().await;
    let request = ListResetRequestsRequest::default();
    let listed = admin.reset().list_reset_requests(request).await;
    assert_eq!(listed.expect("a list").into_inner().requests.len(), 3);
}
