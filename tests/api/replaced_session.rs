//! Signing in anew ends the session that a browser had before (OWASP ASVS 5.0, 7.2.4): nobody could end it from there any
//! more, once its token is overwritten.

use guichet_client::proto::continue_login_request::Answer;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::{LoginRequest, Tokens};
use guichet_client::{Reason, error};
use guichet_tests::Server;
use guichet_tests::browser::Browser;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use tonic::Status;

use crate::cookie;
use crate::second_factor::Lea;

/// Signs in, in the place of another session.
async fn replace(
    server: &Server,
    username: &str,
    password: &str,
    replaced: &str,
) -> Result<Outcome, Status> {
    let request = LoginRequest {
        username: username.into(),
        password: password.into(),
        replaced_refresh_token: replaced.into(),
        ..LoginRequest::default()
    };
    let reply = server.anyone().await.auth().login(request).await?;
    Ok(reply.into_inner().outcome.expect("an outcome"))
}

async fn is_live(server: &Server, refresh_token: &str) -> bool {
    match people::refresh(server, refresh_token).await {
        Ok(_) => true,
        Err(refused) => {
            assert_eq!(error::reason(&refused), Some(Reason::TokenInvalid));
            false
        }
    }
}

async fn two_people() -> (Server, Tokens) {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "jean", "jean@ecole.example").await;
    let before = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    (server, before)
}

#[tokio::test]
async fn the_session_that_is_named_ends_whoever_signs_in() {
    let (server, before) = two_people().await;
    let other = people::tokens(&server, "lea", GOOD_PASSWORD).await;

    let outcome = replace(&server, "jean", GOOD_PASSWORD, &before.refresh_token).await;

    assert!(matches!(outcome, Ok(Outcome::Tokens(_))));
    assert!(!is_live(&server, &before.refresh_token).await);
    assert!(is_live(&server, &other.refresh_token).await);
    let Ok(Outcome::Tokens(tokens)) = replace(&server, "jean", GOOD_PASSWORD, "invented").await
    else {
        panic!("a token that is not good is ignored");
    };
    assert!(is_live(&server, &tokens.refresh_token).await);
}

#[tokio::test]
async fn a_wrong_password_ends_nothing() {
    let (server, before) = two_people().await;

    let refused = replace(&server, "jean", OTHER_PASSWORD, &before.refresh_token).await;

    refused.expect_err("a wrong password");
    assert!(is_live(&server, &before.refresh_token).await);
}

#[tokio::test]
async fn with_a_second_factor_it_ends_once_that_is_given() {
    let lea = Lea::enrolled(Server::start().await).await;
    let server = &lea.server;
    people::active(server, "jean", "jean@ecole.example").await;
    let before = people::tokens(server, "jean", GOOD_PASSWORD).await;

    let outcome = replace(server, "lea", GOOD_PASSWORD, &before.refresh_token).await;
    let Ok(Outcome::Challenge(challenge)) = outcome else {
        panic!("signed in without a code");
    };
    let renewed = people::refresh(server, &before.refresh_token).await;
    let renewed = renewed.expect("a password alone ends nothing");
    let code = Answer::TotpCode(lea.code());
    let tokens = lea.answer(&challenge.challenge_token, code).await;

    tokens.expect("tokens");
    assert!(!is_live(server, &renewed.refresh_token).await);
}

#[tokio::test]
async fn a_page_ends_the_session_of_its_cookie() {
    let (server, _) = two_people().await;
    let (_, before) = cookie::login(&server, "").await;

    let (_, after) = cookie::login(&server, &before).await;

    cookie::refresh(&server, &before)
        .await
        .expect_err("ended by the second sign-in");
    cookie::refresh(&server, &after).await.expect("the new one");
}

#[tokio::test]
async fn a_form_without_scripts_does_too() {
    let (server, _) = two_people().await;
    let mut browser = Browser::new(&server, "fr");
    let mut kept = Vec::new();
    for username in ["lea", "jean"] {
        let page = browser.open("/Account/Login").await;
        let typed = [("username", username), ("password", GOOD_PASSWORD)];
        browser.submit(&page, "login", &typed).await;
        let token = browser.cookie("guichet_refresh").expect("a session");
        server.remember(token);
        kept.push(token.to_owned());
    }

    assert_eq!(
        [
            is_live(&server, &kept[0]).await,
            is_live(&server, &kept[1]).await
        ],
        [false, true]
    );
}
