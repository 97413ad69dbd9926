//! What people do with their own account.

use guichet_client::proto::{
    Account, ChangePasswordRequest, ConfirmEmailChangeRequest, ExportAccountDataRequest,
    RequestEmailChangeRequest, UpdateAccountRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, expect_error};
use prost_types::FieldMask;
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

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

#[tokio::test]
async fn another_address_counts_once_it_is_confirmed_and_both_are_told() {
    const NEW: &str = "lea.martin@ecole.example";
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let request = RequestEmailChangeRequest {
        new_email: NEW.into(),
        current_password: GOOD_PASSWORD.into(),
        ..RequestEmailChangeRequest::default()
    };
    let lea = server.as_person(&tokens.access_token).await;

    lea.account()
        .request_email_change(request)
        .await
        .expect("a request");

    assert_eq!(people::find(&server, &id).await.email, EMAIL);
    server.mailbox().last(EMAIL, 1).await;
    let text = server.mailbox().last(NEW, 1).await.text;
    let line = text
        .lines()
        .find(|line| line.contains("/Account/ConfirmEmail?"))
        .expect("a link");
    let code = line.rsplit_once("code=").expect("a code").1.trim();
    let confirm = ConfirmEmailChangeRequest {
        user_id: id.clone(),
        code: code.into(),
    };
    let anyone = server.anyone().await;
    anyone
        .account()
        .confirm_email_change(confirm.clone())
        .await
        .expect("a confirmation");
    let again = anyone.account().confirm_email_change(confirm).await;
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
