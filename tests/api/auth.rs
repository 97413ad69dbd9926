//! Signing in, staying signed in, signing out.

use std::time::Duration;

use guichet_client::proto::{
    GetSigningKeysRequest, GetUserInfoRequest, IntrospectRequest, LoginRequest, LogoutRequest,
    Tokens, UnlockAccountRequest,
};
use guichet_client::{Reason, Session, TokenSource, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, expect_error};
use tokio::task::JoinSet;
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

async fn signed_in() -> (Server, Tokens) {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    let tokens = people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
    (server, tokens)
}

async fn is_active(server: &Server, access_token: &str) -> bool {
    let request = IntrospectRequest {
        token: access_token.into(),
    };
    let reply = server.admin().await.auth().introspect(request).await;
    reply.expect("an answer").into_inner().active
}

async fn refresh_reason(server: &Server, refresh_token: &str) -> Option<Reason> {
    let refused = people::refresh(server, refresh_token)
        .await
        .expect_err("a refused token");
    assert_eq!(refused.code(), Code::Unauthenticated);
    error::reason(&refused)
}

#[tokio::test]
async fn an_address_is_not_a_username() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;

    let result = people::sign_in(&server, EMAIL, GOOD_PASSWORD).await;

    expect_error(result, Code::InvalidArgument, "EMAIL_NOT_USERNAME");
}

#[tokio::test]
async fn every_failed_sign_in_gets_the_same_answer() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    people::legacy(&server, "legacy", "").await;
    people::disabled(&server, "disabled", EMAIL).await;

    let mut messages = Vec::new();
    for (username, password) in [
        ("unknown", GOOD_PASSWORD),
        ("lea.martin", OTHER_PASSWORD),
        ("disabled", GOOD_PASSWORD),
        ("legacy", GOOD_PASSWORD),
    ] {
        let result = people::sign_in(&server, username, password).await;
        let refused = expect_error(result, Code::Unauthenticated, "BAD_CREDENTIALS");
        messages.push(refused.message().to_owned());
    }

    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn a_refresh_token_gives_one_successor_even_when_its_reply_was_lost() {
    let (server, first) = signed_in().await;

    let second = people::refresh(&server, &first.refresh_token)
        .await
        .expect("new tokens");
    let repeated = people::refresh(&server, &first.refresh_token)
        .await
        .expect("the same tokens");

    assert_ne!(second.refresh_token, first.refresh_token);
    assert_eq!(repeated.refresh_token, second.refresh_token);
    assert_eq!(second.session_id, first.session_id);
    people::refresh(&server, &second.refresh_token)
        .await
        .expect("the session goes on");
}

#[tokio::test]
async fn a_refresh_token_shown_again_later_ends_the_session() {
    let (server, first) = signed_in().await;
    let second = people::refresh(&server, &first.refresh_token)
        .await
        .expect("new tokens");

    server.advance(Duration::from_secs(11));

    assert_eq!(
        refresh_reason(&server, &first.refresh_token).await,
        Some(Reason::TokenReused)
    );
    people::refresh(&server, &second.refresh_token)
        .await
        .expect_err("a dead session");
    assert!(!is_active(&server, &second.access_token).await);
}

#[tokio::test]
async fn logging_out_ends_the_session_at_once() {
    let (server, tokens) = signed_in().await;
    assert!(is_active(&server, &tokens.access_token).await);

    let request = LogoutRequest {
        refresh_token: tokens.refresh_token.clone(),
    };
    server
        .anyone()
        .await
        .auth()
        .logout(request)
        .await
        .expect("a logout");

    assert!(!is_active(&server, &tokens.access_token).await);
    assert_eq!(
        refresh_reason(&server, &tokens.refresh_token).await,
        Some(Reason::TokenInvalid)
    );
}

#[tokio::test]
async fn tokens_signed_before_a_rotation_still_verify() {
    let (server, tokens) = signed_in().await;

    let rotated = server.cli(&["keys", "rotate"]);
    assert!(
        rotated.status.success(),
        "{}",
        String::from_utf8_lossy(&rotated.stderr)
    );

    assert!(is_active(&server, &tokens.access_token).await);
    let header = jsonwebtoken::decode_header(&tokens.access_token).expect("a JWT");
    let keys = server
        .anyone()
        .await
        .auth()
        .get_signing_keys(GetSigningKeysRequest {})
        .await;
    let jwks = keys.expect("the keys").into_inner().jwks;
    assert!(jwks.contains(&header.kid.expect("a key id")), "{jwks}");
}

#[tokio::test]
async fn calls_made_at_once_share_one_refresh() {
    let (server, first) = signed_in().await;
    let session = Session::new(Tokens {
        access_token_expire_time: None,
        ..first.clone()
    });
    let person = server
        .anyone()
        .await
        .with_tokens(TokenSource::session(session.clone()));

    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let person = person.clone();
        calls.spawn(async move { person.auth().get_user_info(GetUserInfoRequest {}).await });
    }
    for result in calls.join_all().await {
        assert_eq!(
            result.expect("an answer").into_inner().username,
            "lea.martin"
        );
    }

    // The successor of the first token is the current one: there was no refresh in between.
    let successor = people::refresh(&server, &first.refresh_token)
        .await
        .expect("new tokens");
    assert_eq!(
        session.tokens().await.refresh_token,
        successor.refresh_token
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_delay_ends() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea.martin", EMAIL).await;
    for username in ["lea.martin", "nobody"] {
        for _ in 0..5 {
            let wrong = people::sign_in(&server, username, OTHER_PASSWORD).await;
            expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
        }

        let slowed = people::sign_in(&server, username, GOOD_PASSWORD).await;

        let status = expect_error(slowed, Code::ResourceExhausted, "THROTTLED");
        let wait = error::retry_after(&status).expect("how long to wait");
        assert!(wait <= Duration::from_secs(30), "{wait:?}");
    }
    server.advance(Duration::from_secs(31));
    people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn guesses_made_at_once_are_counted_one_by_one() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea.martin", EMAIL).await;

    let guichet = server.anyone().await;
    let mut guesses = JoinSet::new();
    for _ in 0..50 {
        let guichet = guichet.clone();
        let request = LoginRequest {
            username: "lea.martin".into(),
            password: OTHER_PASSWORD.into(),
            device_name: String::new(),
            ..LoginRequest::default()
        };
        guesses.spawn(async move { guichet.auth().login(request).await });
    }
    let refusals = guesses.join_all().await;

    let told = |wanted: &Reason| {
        let reasons = refusals.iter().filter_map(|refusal| {
            let status = refusal.as_ref().expect_err("a wrong password");
            error::reason(status)
        });
        reasons.filter(|reason| reason == wanted).count()
    };
    assert_eq!(
        [told(&Reason::BadCredentials), told(&Reason::Throttled)],
        [5, 45]
    );
}

#[tokio::test]
async fn an_administrator_unlocks_an_account() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    let account_id = people::active(&server, "lea.martin", EMAIL).await.id;
    for _ in 0..6 {
        let wrong = people::sign_in(&server, "lea.martin", OTHER_PASSWORD).await;
        assert!(wrong.is_err());
    }

    let request = UnlockAccountRequest { account_id };
    let admin = server.admin().await;
    admin
        .account()
        .unlock_account(request)
        .await
        .expect("an unlocked account");

    people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
}
