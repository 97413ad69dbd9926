//! From an imported account to a forgotten password.

use guichet_client::error;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, AccountState, IntrospectRequest, MigrateAccountRequest, ResetOutcome,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Mail, Server, expect_error};
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

async fn migrate(server: &Server, account: &Account) -> Account {
    let request = MigrateAccountRequest {
        account_id: account.id.clone(),
        email: EMAIL.into(),
        locale: "fr".into(),
    };
    let reply = server
        .admin()
        .await
        .account()
        .migrate_account(request)
        .await;
    reply
        .expect("a migration")
        .into_inner()
        .account
        .expect("the account")
}

/// The last lines of the text part, where the person finds what to sign in with.
fn ending(mail: &Mail) -> String {
    let lines: Vec<&str> = mail
        .text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(2)..].join("\n")
}

#[tokio::test]
async fn a_legacy_account_is_mailed_nothing_until_it_is_migrated() {
    let server = Server::start().await;
    let account = people::legacy(&server, "lea.martin", "").await;
    assert_eq!(account.state(), AccountState::Legacy);

    people::ask_reset(&server, Identifier::Username("lea.martin".into())).await;
    assert_ne!(
        people::reset_outcomes(&server).await,
        [ResetOutcome::Mailed]
    );
    assert!(server.mailbox().all().is_empty());

    let migrated = migrate(&server, &account).await;
    assert_eq!(migrated.state(), AccountState::Pending);
    let mail = server.mailbox().last(EMAIL, 1).await;
    assert_eq!(mail.link().user_id, account.id);
    let ending = ending(&mail);
    assert!(
        ending.contains("lea.martin") && ending.contains(EMAIL),
        "{ending}"
    );
}

#[tokio::test]
async fn the_activation_link_sets_the_first_password() {
    let server = Server::start().await;
    let account = people::legacy(&server, "lea.martin", "").await;
    migrate(&server, &account).await;
    let link = server.mailbox().last(EMAIL, 1).await.link();
    let guichet = server.anyone().await;

    let wrong_email = people::complete(&guichet, &link, "leo@ecole.example", GOOD_PASSWORD).await;
    expect_error(wrong_email, Code::FailedPrecondition, "RESET_CODE_INVALID");

    let weak = people::complete(&guichet, &link, EMAIL, "abc").await;
    let refused = expect_error(weak, Code::InvalidArgument, "PASSWORD_RULES");
    let broken: Vec<String> = error::violations(&refused)
        .into_iter()
        .map(|violation| violation.reason)
        .collect();
    for rule in ["MIN_LENGTH", "DIGIT", "UPPERCASE", "SPECIAL"] {
        assert!(
            broken.iter().any(|key| key == rule),
            "{rule} is not in {broken:?}"
        );
    }

    let done = people::complete(&guichet, &link, EMAIL, GOOD_PASSWORD).await;
    assert_eq!(done.expect("a reset").into_inner().username, "lea.martin");

    let tokens = people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
    let request = IntrospectRequest {
        token: tokens.access_token,
    };
    let seen = server
        .admin()
        .await
        .auth()
        .introspect(request)
        .await
        .expect("an answer");
    let seen = seen.into_inner();
    assert!(seen.active);
    assert_eq!(
        (seen.account_id, seen.username),
        (account.id, "lea.martin".to_owned())
    );
}

#[tokio::test]
async fn a_reset_ends_every_session_and_its_code_works_once() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    let session = people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
    let link = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;

    people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD)
        .await
        .expect("a reset");

    let dead = people::refresh(&server, &session.refresh_token)
        .await
        .expect_err("a dead session");
    let reason = error::reason(&dead).expect("a reason");
    assert!(
        ["TOKEN_INVALID", "TOKEN_EXPIRED"].contains(&reason.as_str()),
        "{reason}"
    );
    let again = people::complete(&guichet, &link, EMAIL, GOOD_PASSWORD).await;
    expect_error(again, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let old_password = people::sign_in(&server, "lea.martin", GOOD_PASSWORD).await;
    expect_error(old_password, Code::Unauthenticated, "BAD_CREDENTIALS");
    people::tokens(&server, "lea.martin", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_shared_address_gets_one_mail_with_a_link_for_each_account() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea.martin", EMAIL).await;
    let leo = people::active(&server, "leo.martin", EMAIL).await;

    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;

    let mail = server.mailbox().last(EMAIL, 1).await;
    let mut linked: Vec<String> = mail.links().into_iter().map(|link| link.user_id).collect();
    linked.sort();
    let mut expected = vec![lea.id, leo.id];
    expected.sort();
    assert_eq!(linked, expected);
    assert!(
        mail.text.contains("lea.martin") && mail.text.contains("leo.martin"),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn a_legacy_account_with_an_address_is_mailed_an_explanation_without_a_link() {
    let server = Server::start().await;
    people::legacy(&server, "lea.martin", EMAIL).await;

    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;

    let mail = server.mailbox().last(EMAIL, 1).await;
    assert_eq!(mail.links(), []);
    assert_eq!(
        people::reset_outcomes(&server).await,
        [ResetOutcome::NotMigrated]
    );
}
