//! Passwords that a person had before.

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ChangePasswordRequest, DeleteAccountRequest, ExportAccountDataRequest, PurgeAccountRequest,
    RevokeResetRequest,
};
use guichet_client::{Guichet, error};
use guichet_tests::door::is_throttled;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, expect_error};
use tonic::{Code, Response, Status};

const EMAIL: &str = "lea@ecole.example";

/// After [`GOOD_PASSWORD`], one after the other.
const LATER: [&str; 4] = ["Tilou93!", "Zigou71?", "Bidou54+", "Filou32*"];

async fn server(history: &str) -> Server {
    Server::builder()
        .env("GUICHET_PASSWORD_HISTORY", history)
        .start()
        .await
}

/// Likewise, and whoever tries too often must wait.
async fn throttled(history: &str) -> Server {
    Server::builder()
        .env("GUICHET_PASSWORD_HISTORY", history)
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await
}

async fn change(lea: &Guichet, current: &str, new: &str) -> Result<(), Status> {
    let request = ChangePasswordRequest {
        current_password: current.into(),
        new_password: new.into(),
    };
    lea.account().change_password(request).await.map(drop)
}

fn refused(result: Result<(), Status>) {
    let status = expect_error(
        result.map(Response::new),
        Code::InvalidArgument,
        "PASSWORD_RULES",
    );
    let violations = error::violations(&status);
    let [violation] = violations.as_slice() else {
        panic!("{violations:?}");
    };
    assert_eq!(
        (violation.field.as_str(), violation.reason.as_str()),
        ("new_password", "NOT_PREVIOUS")
    );
}

#[tokio::test]
async fn the_last_passwords_are_refused_and_older_ones_are_not() {
    let server = server("3").await;
    for password in LATER {
        server.remember(password);
    }
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;

    refused(change(&lea, GOOD_PASSWORD, GOOD_PASSWORD).await);
    change(&lea, GOOD_PASSWORD, LATER[0])
        .await
        .expect("a change");
    change(&lea, LATER[0], LATER[1]).await.expect("a change");
    for one in [GOOD_PASSWORD, LATER[0], LATER[1]] {
        refused(change(&lea, LATER[1], one).await);
    }
    // A reset compares with the same ones, and its link stays good.
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    // Two mails told of the changes.
    let link = server.mailbox().last(EMAIL, 3).await.link();
    let anyone = server.anyone().await;
    let reset = async |password: &str| {
        let reply = people::complete(&anyone, &link, EMAIL, password).await;
        reply.map(drop)
    };
    refused(reset(GOOD_PASSWORD).await);
    reset(LATER[2]).await.expect("a reset");

    let tokens = people::tokens(&server, "lea", LATER[2]).await;
    let lea = server.as_person(&tokens.access_token).await;
    refused(change(&lea, LATER[2], LATER[0]).await);
    change(&lea, LATER[2], GOOD_PASSWORD)
        .await
        .expect("the fourth last");
}

#[tokio::test]
async fn nothing_is_told_about_them_before_the_present_password_is_right() {
    let server = server("5").await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;

    let result = change(&lea, "Wrong45+", GOOD_PASSWORD).await;
    expect_error(
        result.map(Response::new),
        Code::Unauthenticated,
        "BAD_CREDENTIALS",
    );

    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let result = people::complete(&anyone, &link, "leo@ecole.example", GOOD_PASSWORD).await;
    expect_error(result, Code::FailedPrecondition, "RESET_CODE_INVALID");
}

#[tokio::test]
async fn whoever_may_change_the_password_cant_keep_the_hasher_busy_with_it() {
    let server = throttled("24").await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;

    let mut tries = 0;
    let status = loop {
        let status = change(&lea, GOOD_PASSWORD, GOOD_PASSWORD).await;
        let status = status.expect_err("the present password");
        if error::reason(&status) == Some(guichet_client::Reason::Throttled) {
            break status;
        }
        tries += 1;
        assert!(tries < 20, "compared {tries} times");
    };
    assert!(error::retry_after(&status).is_some());
}

/// Who knows the password may compare with it as often as there are tries, again and again.
#[tokio::test]
async fn a_thief_s_tries_hold_up_no_reset() {
    let server = throttled("2").await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let thief = server.as_person(&tokens.access_token).await;
    for _ in 0..5 {
        refused(change(&thief, GOOD_PASSWORD, GOOD_PASSWORD).await);
    }
    let throttled = change(&thief, GOOD_PASSWORD, LATER[0]).await;
    assert!(is_throttled(&throttled.expect_err("too many tries")));

    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let done = people::complete(&anyone, &link, EMAIL, LATER[0]).await;
    done.expect("a new password");
}

#[tokio::test]
async fn a_reset_forgets_the_tries_before_it() {
    let server = throttled("2").await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    for _ in 0..4 {
        refused(change(&lea, GOOD_PASSWORD, GOOD_PASSWORD).await);
    }

    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let done = people::complete(&anyone, &link, EMAIL, LATER[0]).await;
    done.expect("a new password");

    let tokens = people::tokens(&server, "lea", LATER[0]).await;
    let lea = server.as_person(&tokens.access_token).await;
    change(&lea, LATER[0], LATER[1]).await.expect("a change");
}

#[tokio::test]
async fn a_thief_s_tries_hold_up_nobody_who_says_this_was_not_me() {
    let server = throttled("2").await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let thief = server.as_person(&tokens.access_token).await;
    change(&thief, GOOD_PASSWORD, LATER[0])
        .await
        .expect("a change");
    for _ in 0..4 {
        refused(change(&thief, LATER[0], LATER[0]).await);
    }

    let not_me = server.mailbox().last(EMAIL, 1).await.revoke_link();
    let request = RevokeResetRequest {
        user_id: not_me.user_id,
        code: not_me.code,
    };
    let anyone = server.anyone().await;
    let taken = anyone.reset().revoke_reset(request).await;
    taken.expect("an answer");

    let link = server.mailbox().last(EMAIL, 2).await.link();
    let done = people::complete(&anyone, &link, EMAIL, LATER[1]).await;
    done.expect("a new password");
}

#[tokio::test]
async fn they_are_never_exported_and_gone_with_the_account() {
    let mut server = server("24").await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    change(&lea, GOOD_PASSWORD, LATER[0])
        .await
        .expect("a change");
    let admin = server.admin().await;
    let request = ExportAccountDataRequest {
        account_id: id.clone(),
    };
    let exported = admin.account().export_account_data(request).await;
    let mut exported = exported.expect("an export").into_inner();
    while let Some(record) = exported.message().await.expect("a record") {
        assert!(!record.json.contains("argon2"), "{}", record.json);
    }
    let kept = former(&server).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].contains("argon2id"));

    let account_id = id.clone();
    let deleted = admin
        .account()
        .delete_account(DeleteAccountRequest {
            account_id,
            ..DeleteAccountRequest::default()
        })
        .await;
    deleted.expect("a deletion");
    let request = PurgeAccountRequest { account_id: id };
    let purged = admin.account().purge_account(request).await;
    purged.expect("a purge");

    assert_eq!(former(&server).await, [""; 0]);
    server.stop().await;
}

async fn former(server: &Server) -> Vec<String> {
    let copy = guichet_tests::Place::file();
    let copied = server.cli(&["copy", "--to", copy.url()]);
    assert!(copied.status.success(), "{copied:?}");
    let mut tables = copy.dump().await;
    tables.remove("former_password").expect("the table")
}
