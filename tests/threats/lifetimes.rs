//! How long a session lives, and what ends it (OWASP ASVS 5.0, chapter 7).

use std::collections::BTreeSet;
use std::time::Duration;

use guichet_client::proto::{
    Account, DeleteAccountRequest, DisableAccountRequest, GetUserInfoRequest, IntrospectRequest,
    ListSessionsRequest, RequestEmailChangeRequest, RevokeAllSessionsRequest, Tokens,
    UpdateAccountRequest,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, Untouched, expect_error, signer};
use prost_types::FieldMask;
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";
const DAY: Duration = Duration::from_hours(24);
const SECOND: Duration = Duration::from_secs(1);

/// A server, Léa's account id, and her tokens.
async fn signed_in() -> (Server, String, Tokens) {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    (server, id, tokens)
}

async fn sessions(admin: &Guichet, account_id: &str) -> BTreeSet<String> {
    let request = ListSessionsRequest {
        account_id: account_id.into(),
    };
    let listed = admin.auth().list_sessions(request).await;
    let sessions = listed.expect("a list").into_inner().sessions;
    sessions.into_iter().map(|session| session.id).collect()
}

async fn assert_dead(server: &Server, tokens: &Tokens, what: &str) {
    let refreshed = people::refresh(server, &tokens.refresh_token).await;
    let code = refreshed.expect_err(what).code();
    assert_eq!(code, Code::Unauthenticated, "{what}");
    let request = IntrospectRequest {
        token: tokens.access_token.clone(),
    };
    let admin = server.admin().await;
    let reply = admin.auth().introspect(request).await;
    assert!(!reply.expect("an answer").into_inner().active, "{what}");
    let caller = server.as_person(&tokens.access_token).await;
    let called = caller.auth().get_user_info(GetUserInfoRequest {}).await;
    assert_eq!(
        called.expect_err(what).code(),
        Code::Unauthenticated,
        "{what}"
    );
}

async fn expired(server: &Server, refresh_token: &str) {
    let refused = people::refresh(server, refresh_token).await;
    let status = refused.expect_err("an expired session");
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(error::reason(&status), Some(Reason::TokenExpired));
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_after_thirty_days() {
    let (server, _, first) = signed_in().await;

    server.advance((30 * DAY).saturating_sub(60 * SECOND));
    let second = people::refresh(&server, &first.refresh_token).await;
    let second = second.expect("a session that is used in time");
    server.advance(30 * DAY + SECOND);

    expired(&server, &second.refresh_token).await;
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_often_it_is_used() {
    let (server, _, mut tokens) = signed_in().await;
    for _ in 0..4 {
        server.advance(20 * DAY);
        let renewed = people::refresh(&server, &tokens.refresh_token).await;
        tokens = renewed.expect("a session that is used");
    }

    server.advance((10 * DAY).saturating_sub(60 * SECOND));
    let renewed = people::refresh(&server, &tokens.refresh_token).await;
    let last = renewed.expect("the last tokens");
    server.advance(61 * SECOND);

    expired(&server, &last.refresh_token).await;
    assert_dead(&server, &last, "after ninety days").await;
}

/// At the moment that it names, and not a second later.
#[tokio::test]
async fn an_access_token_ends_to_the_second() {
    let (server, _, tokens) = signed_in().await;
    let lea = server.as_person(&tokens.access_token).await;
    let ends = tokens.access_token_expire_time.expect("an end").seconds;
    let (_, claims) = signer::read(&tokens.access_token);
    assert_eq!(claims["exp"], ends);
    let issued = claims["iat"].as_i64().expect("a time");
    assert_eq!(ends - issued, 600);

    // The clock of the machine goes on meanwhile.
    server.advance(Duration::from_secs(590));
    let before = lea.auth().get_user_info(GetUserInfoRequest {}).await;
    before.expect("a token that is good");
    server.advance(Duration::from_secs(10));

    let after = lea.auth().get_user_info(GetUserInfoRequest {}).await;
    expect_error(after, Code::Unauthenticated, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn the_fifty_first_session_ends_the_one_that_was_idle_longest() {
    let (server, id, first) = signed_in().await;
    let admin = server.admin().await;
    server.advance(SECOND);
    let second = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    server.advance(SECOND);
    for _ in 0..48 {
        people::tokens(&server, "lea", GOOD_PASSWORD).await;
    }
    let first = people::refresh(&server, &first.refresh_token)
        .await
        .expect("it lives");
    assert_eq!(sessions(&admin, &id).await.len(), 50);

    server.advance(SECOND);
    people::tokens(&server, "lea", GOOD_PASSWORD).await;

    assert_eq!(sessions(&admin, &id).await.len(), 50);
    assert_dead(&server, &second, "the idle one").await;
    people::refresh(&server, &first.refresh_token)
        .await
        .expect("the one that was used");
    let events = server.cli(&["audit", "verify"]);
    assert!(events.status.success());
}

#[tokio::test]
async fn each_sign_in_is_a_session_of_its_own() {
    let (server, id, first) = signed_in().await;

    let second = people::tokens(&server, "lea", GOOD_PASSWORD).await;

    assert_ne!(first.session_id, second.session_id);
    assert_ne!(first.refresh_token, second.refresh_token);
    assert_ne!(first.access_token, second.access_token);
    let listed = sessions(&server.admin().await, &id).await;
    assert_eq!(
        listed,
        BTreeSet::from([first.session_id, second.session_id])
    );
}

#[tokio::test]
async fn whoever_is_stopped_or_deleted_is_signed_out_everywhere_at_once() {
    for is_deleted in [false, true] {
        let (server, account_id, first) = signed_in().await;
        let mut all = vec![first];
        for _ in 0..2 {
            all.push(people::tokens(&server, "lea", GOOD_PASSWORD).await);
        }
        let admin = server.admin().await;

        if is_deleted {
            let request = DeleteAccountRequest {
                account_id,
                etag: String::new(),
            };
            admin
                .account()
                .delete_account(request)
                .await
                .expect("a deletion");
        } else {
            let request = DisableAccountRequest { account_id };
            admin
                .account()
                .disable_account(request)
                .await
                .expect("a stop");
        }

        for tokens in &all {
            assert_dead(&server, tokens, "somebody who is stopped").await;
        }
    }
}

#[tokio::test]
async fn an_administrator_ends_every_session_of_a_person() {
    let (server, account_id, first) = signed_in().await;
    let second = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let request = RevokeAllSessionsRequest {
        account_id,
        keep_current: false,
    };

    let admin = server.admin().await;
    let revoked = admin.auth().revoke_all_sessions(request).await;

    assert_eq!(revoked.expect("an answer").into_inner().revoked_count, 2);
    for tokens in [first, second] {
        assert_dead(&server, &tokens, "a session that was ended").await;
    }
}

/// Whoever has only the session, by theft or at an open screen, changes nothing that opens the account.
#[tokio::test]
async fn what_opens_an_account_is_changed_by_who_knows_the_password_however_fresh_the_session() {
    let (server, _, tokens) = signed_in().await;
    let lea = server.as_person(&tokens.access_token).await;
    let untouched = Untouched::before(&server).await;

    for current in ["", "Wrong45+"] {
        let request = RequestEmailChangeRequest {
            new_email: "evil@evil.example".into(),
            current_password: current.into(),
            ..RequestEmailChangeRequest::default()
        };
        lea.account()
            .request_email_change(request)
            .await
            .expect_err(current);
        let request = guichet_client::proto::BeginTotpEnrollmentRequest {
            current_password: current.into(),
        };
        lea.auth()
            .begin_totp_enrollment(request)
            .await
            .expect_err(current);
        let request = guichet_client::proto::RemoveTotpRequest {
            current_password: current.into(),
            ..Default::default()
        };
        lea.auth().remove_totp(request).await.expect_err(current);
        let request = guichet_client::proto::GenerateRecoveryCodesRequest {
            current_password: current.into(),
        };
        lea.auth()
            .generate_recovery_codes(request)
            .await
            .expect_err(current);
    }

    untouched.assert("a session alone").await;
}

/// CVE-2026-27946: nobody writes what only the server may.
#[tokio::test]
async fn people_write_nothing_of_themselves_but_name_and_language() {
    let (server, id, tokens) = signed_in().await;
    let lea = server.as_person(&tokens.access_token).await;
    let untouched = Untouched::before(&server).await;
    let mut account = Account {
        id: id.clone(),
        username: "root".into(),
        email: "evil@evil.example".into(),
        email_verified: true,
        roles: vec!["admin".into()],
        institution_id: id.clone(),
        external_id: "x".into(),
        ..Account::default()
    };
    account.set_state(guichet_client::proto::AccountState::Deleted);

    for path in [
        "id",
        "username",
        "email",
        "email_verified",
        "state",
        "institution_id",
        "external_id",
        "roles",
        "attributes",
        "create_time",
        "update_time",
        "last_login_time",
        "etag",
        "password_hash",
        "password",
        "*",
        "",
        "account.roles",
        "display_name.x",
        "Roles",
    ] {
        for paths in [
            vec![path.to_owned()],
            vec!["display_name".to_owned(), path.to_owned()],
        ] {
            let request = UpdateAccountRequest {
                account: Some(account.clone()),
                update_mask: Some(FieldMask { paths }),
            };
            let refused = lea.account().update_account(request).await;
            let status = refused.expect_err(path);
            let expected = [Code::PermissionDenied, Code::InvalidArgument];
            assert!(expected.contains(&status.code()), "{path}: {status}");
        }
    }
    let request = UpdateAccountRequest {
        account: Some(account),
        update_mask: None,
    };
    let refused = lea.account().update_account(request).await;
    expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");

    untouched.assert("a field of the server's").await;
}
