//! Accounts, as an administrator keeps them.

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::{
    Account, AccountState, CreateAccountRequest, DeleteAccountRequest, DisableAccountRequest,
    EnableAccountRequest, GetAccountRequest, ListAccountsRequest, LookupAccountsRequest,
    PurgeAccountRequest, UndeleteAccountRequest, UpdateAccountRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, expect_error};
use prost_types::FieldMask;
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

fn named(username: &str) -> CreateAccountRequest {
    CreateAccountRequest {
        account: Some(Account {
            username: username.into(),
            ..Account::default()
        }),
        ..CreateAccountRequest::default()
    }
}

async fn usernames(server: &Server, request: ListAccountsRequest) -> (Vec<String>, String) {
    let reply = server.admin().await.account().list_accounts(request).await;
    let page = reply.expect("a page").into_inner();
    let names = page.accounts.into_iter().map(|account| account.username);
    (names.collect(), page.next_page_token)
}

#[tokio::test]
async fn spellings_of_one_name_are_one_account() {
    let server = Server::start().await;
    let created = people::active(&server, "Jean.Dupont", EMAIL).await;
    assert_eq!(created.username, "Jean.Dupont");

    for spelling in ["JEAN.DUPONT", "jean.dupont", "ｊｅａｎ.ｄｕｐｏｎｔ"] {
        let result = server
            .admin()
            .await
            .account()
            .create_account(named(spelling))
            .await;
        expect_error(result, Code::AlreadyExists, "USERNAME_TAKEN");
        people::tokens(&server, spelling, GOOD_PASSWORD).await;
    }
    for hostile in [
        "jean@dupont",
        "jean dupont",
        "jеan",
        "jean\u{200b}",
        "jean\0",
    ] {
        let result = server
            .admin()
            .await
            .account()
            .create_account(named(hostile))
            .await;
        expect_error(result, Code::InvalidArgument, "INVALID_FIELDS");
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_reply() {
    let server = Server::start().await;
    let request = CreateAccountRequest {
        request_id: "0192f0a0-0000-7000-8000-000000000001".into(),
        ..named("lea")
    };
    let create = async || {
        let reply = server
            .admin()
            .await
            .account()
            .create_account(request.clone())
            .await;
        reply.expect("a reply").into_inner()
    };

    let first = create().await;

    assert_eq!(create().await, first);
}

#[tokio::test]
async fn a_request_that_only_validates_creates_nothing() {
    let server = Server::start().await;
    let request = CreateAccountRequest {
        validate_only: true,
        ..named("lea")
    };

    server
        .admin()
        .await
        .account()
        .create_account(request)
        .await
        .expect("a valid request");

    let lookup = LookupAccountsRequest {
        key: Some(Key::Username("lea".into())),
    };
    let found = server
        .admin()
        .await
        .account()
        .lookup_accounts(lookup)
        .await
        .expect("a reply");
    assert!(found.into_inner().accounts.is_empty());
}

#[tokio::test]
async fn a_weak_password_is_told_every_rule_it_breaks() {
    let server = Server::start().await;
    let request = CreateAccountRequest {
        credential: Some(Credential::Password("abc".into())),
        ..named("lea")
    };

    let result = server.admin().await.account().create_account(request).await;

    let status = expect_error(result, Code::InvalidArgument, "PASSWORD_RULES");
    let violations = guichet_client::error::violations(&status);
    let mut reasons: Vec<&str> = violations.iter().map(|one| one.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["DIGIT", "MIN_LENGTH", "SPECIAL", "UPPERCASE"]);
}

#[tokio::test]
async fn lists_go_on_page_by_page_under_one_filter() {
    let server = Server::start().await;
    for username in ["a1", "a2", "a3", "b1"] {
        people::active(&server, username, EMAIL).await;
    }
    let first = ListAccountsRequest {
        filter: r#"state = ACTIVE AND username = "a*""#.into(),
        page_size: 2,
        ..ListAccountsRequest::default()
    };

    let (names, token) = usernames(&server, first.clone()).await;
    assert_eq!(names, ["a1", "a2"]);
    let second = ListAccountsRequest {
        page_token: token.clone(),
        ..first
    };
    assert_eq!(
        usernames(&server, second).await,
        (vec!["a3".into()], String::new())
    );

    let elsewhere = ListAccountsRequest {
        page_token: token,
        ..ListAccountsRequest::default()
    };
    let result = server
        .admin()
        .await
        .account()
        .list_accounts(elsewhere)
        .await;
    expect_error(result, Code::InvalidArgument, "INVALID_FIELDS");
}

#[tokio::test]
async fn an_update_that_saw_an_older_account_is_refused() {
    let server = Server::start().await;
    let seen = people::active(&server, "lea", EMAIL).await;
    let rename = |display_name: &str| UpdateAccountRequest {
        account: Some(Account {
            display_name: display_name.into(),
            ..seen.clone()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".into()],
        }),
    };
    server
        .admin()
        .await
        .account()
        .update_account(rename("Léa"))
        .await
        .expect("an update");

    let result = server
        .admin()
        .await
        .account()
        .update_account(rename("Lea"))
        .await;

    expect_error(result, Code::Aborted, "ETAG_MISMATCH");
    assert_eq!(people::find(&server, &seen.id).await.display_name, "Léa");
}

#[tokio::test]
async fn a_deleted_account_comes_back_until_it_is_purged() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let admin = server.admin().await;
    let delete = DeleteAccountRequest {
        account_id: id.clone(),
        etag: String::new(),
    };
    let purge = PurgeAccountRequest {
        account_id: id.clone(),
    };

    expect_error(
        admin.account().purge_account(purge.clone()).await,
        Code::FailedPrecondition,
        "STATE",
    );
    admin
        .account()
        .delete_account(delete.clone())
        .await
        .expect("a deleted account");
    let refused = people::sign_in(&server, "lea", GOOD_PASSWORD).await;
    expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
    let undelete = UndeleteAccountRequest {
        account_id: id.clone(),
    };
    admin
        .account()
        .undelete_account(undelete)
        .await
        .expect("an account");
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    admin
        .account()
        .delete_account(delete)
        .await
        .expect("a deleted account");
    admin.account().purge_account(purge).await.expect("a purge");

    let gone = admin
        .account()
        .get_account(GetAccountRequest { account_id: id })
        .await;
    expect_error(gone, Code::NotFound, "NOT_FOUND");
    people::active(&server, "lea", EMAIL).await;
}

#[tokio::test]
async fn a_disabled_account_is_stopped_at_once_and_comes_back() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let admin = server.admin().await;

    let disable = DisableAccountRequest {
        account_id: id.clone(),
    };
    admin
        .account()
        .disable_account(disable)
        .await
        .expect("a disabled account");

    let own = server.as_person(&tokens.access_token).await;
    let refused = own
        .account()
        .get_account(GetAccountRequest::default())
        .await;
    expect_error(refused, Code::Unauthenticated, "TOKEN_INVALID");
    assert!(
        people::refresh(&server, &tokens.refresh_token)
            .await
            .is_err()
    );
    let enable = EnableAccountRequest {
        account_id: id.clone(),
    };
    admin
        .account()
        .enable_account(enable)
        .await
        .expect("an account");
    assert_eq!(
        people::find(&server, &id).await.state(),
        AccountState::Active
    );
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}
