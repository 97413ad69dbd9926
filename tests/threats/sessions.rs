//! Sessions that ought to have ended, however close the race and however the end came about.

use std::time::Duration;

use guichet_client::proto::{
    ChangePasswordRequest, CompleteResetRequest, DeleteAccountRequest, DisableAccountRequest,
    IntrospectRequest, LogoutRequest, RefreshRequest, RevokeAllSessionsRequest,
    RevokeApiKeyRequest, RevokeSessionRequest, Tokens,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Place, Server};
use tokio::task::JoinSet;
use tonic::Status;

const EMAIL: &str = "lea@ecole.example";

/// How often something is raced against its end.
const ROUNDS: usize = 12;

/// Renewals that are under way while a session ends.
const RENEWALS: usize = 4;

/// What ends the sessions of a person.
#[derive(Clone, Copy, Debug)]
enum End {
    Logout,
    RevokeSession,
    RevokeAllSessions,
    CompleteReset,
    ChangePassword,
    DisableAccount,
    DeleteAccount,
}

use End::{
    ChangePassword, CompleteReset, DeleteAccount, DisableAccount, Logout, RevokeAllSessions,
    RevokeSession,
};

const ENDS: [End; 7] = [
    Logout,
    RevokeSession,
    RevokeAllSessions,
    CompleteReset,
    ChangePassword,
    DisableAccount,
    DeleteAccount,
];

/// Somebody with a session that is to end, another one to end it from, and a link to a new password.
struct Person {
    username: String,
    tokens: Tokens,
    link: Link,
    /// Of the other session.
    own: Guichet,
    admin: Guichet,
    anyone: Guichet,
}

impl Person {
    async fn new(server: &Server, username: &str) -> Self {
        let email = format!("{username}@ecole.example");
        people::active(server, username, &email).await;
        let link = people::reset_link(server, &email).await;
        let tokens = people::tokens(server, username, GOOD_PASSWORD).await;
        let other = people::tokens(server, username, GOOD_PASSWORD).await;
        Self {
            username: username.to_owned(),
            tokens,
            link,
            own: server.as_person(&other.access_token).await,
            admin: server.admin().await,
            anyone: server.anyone().await,
        }
    }

    async fn end(&self, by: End) -> Result<(), Status> {
        let account_id = self.tokens.account_id.clone();
        match by {
            Logout => {
                let refresh_token = self.tokens.refresh_token.clone();
                let request = LogoutRequest { refresh_token };
                self.anyone.auth().logout(request).await.map(drop)
            }
            RevokeSession => {
                let session_id = self.tokens.session_id.clone();
                let request = RevokeSessionRequest { session_id };
                self.own.auth().revoke_session(request).await.map(drop)
            }
            RevokeAllSessions => {
                let request = RevokeAllSessionsRequest {
                    account_id,
                    keep_current: false,
                };
                self.admin
                    .auth()
                    .revoke_all_sessions(request)
                    .await
                    .map(drop)
            }
            CompleteReset => {
                let request = CompleteResetRequest {
                    user_id: self.link.user_id.clone(),
                    code: self.link.code.clone(),
                    email: format!("{}@ecole.example", self.username),
                    new_password: OTHER_PASSWORD.into(),
                    ..Default::default()
                };
                self.anyone.reset().complete_reset(request).await.map(drop)
            }
            ChangePassword => {
                let request = ChangePasswordRequest {
                    current_password: GOOD_PASSWORD.into(),
                    new_password: OTHER_PASSWORD.into(),
                };
                self.own.account().change_password(request).await.map(drop)
            }
            DisableAccount => {
                let request = DisableAccountRequest { account_id };
                self.admin
                    .account()
                    .disable_account(request)
                    .await
                    .map(drop)
            }
            DeleteAccount => {
                let request = DeleteAccountRequest {
                    account_id,
                    etag: String::new(),
                };
                self.admin.account().delete_account(request).await.map(drop)
            }
        }
    }

    /// Refresh tokens that follow the first one, as far as the session goes on.
    async fn renewed(anyone: Guichet, first: Tokens) -> Vec<Tokens> {
        let mut chain = vec![first];
        for _ in 0..RENEWALS {
            let refresh_token = chain[chain.len() - 1].refresh_token.clone();
            let request = RefreshRequest { refresh_token };
            let Ok(reply) = anyone.auth().refresh(request).await else {
                break;
            };
            chain.extend(reply.into_inner().tokens);
        }
        chain
    }

    async fn assert_over(&self, server: &Server, tokens: &Tokens, by: End) {
        let refused = people::refresh(server, &tokens.refresh_token).await;
        let refused = refused.expect_err(&format!("{by:?} left a refresh token alive"));
        let reason = error::reason(&refused);
        assert!(
            [Some(Reason::TokenInvalid), Some(Reason::TokenReused)].contains(&reason),
            "{by:?}: {refused}"
        );
        let request = IntrospectRequest {
            token: tokens.access_token.clone(),
        };
        let seen = self
            .admin
            .auth()
            .introspect(request)
            .await
            .expect("an answer");
        assert!(
            !seen.into_inner().active,
            "{by:?} left an access token alive"
        );
    }
}

/// Also CVE-2025-32441: a renewal that is under way must not write the ended session back.
#[tokio::test]
async fn keycloak_51312_a_renewal_that_meets_an_end_leaves_nothing_alive() {
    let server = Server::start().await;

    for by in ENDS {
        for round in 0..ROUNDS {
            let username = format!("lea.{by:?}.{round}").to_lowercase();
            let person = Person::new(&server, &username).await;
            let mut renewals = JoinSet::new();
            for _ in 0..2 {
                let (anyone, tokens) = (person.anyone.clone(), person.tokens.clone());
                renewals.spawn(Person::renewed(anyone, tokens));
            }
            // A little later in each round.
            tokio::time::sleep(Duration::from_micros(250) * u32::try_from(round).expect("few"))
                .await;

            // Whoever renews twice with one token has it stolen, which ends the session before.
            let ended = person.end(by).await;
            let renewed = renewals.join_all().await;

            ended.unwrap_or_else(|status| panic!("{by:?}: {status}"));
            for tokens in renewed.iter().flatten() {
                server.remember(&tokens.refresh_token);
                person.assert_over(&server, tokens, by).await;
            }
        }
    }
}

#[tokio::test]
async fn keycloak_51885_an_older_token_is_told_apart_within_the_same_second() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;

    for replayed in 0..4 {
        let mut chain = vec![people::tokens(&server, "lea", GOOD_PASSWORD).await];
        for _ in 0..5 {
            let newest = &chain[chain.len() - 1].refresh_token;
            chain.push(people::refresh(&server, newest).await.expect("a successor"));
        }

        let reused = people::refresh(&server, &chain[replayed].refresh_token).await;

        let reused = reused.expect_err("an old token");
        assert_eq!(
            error::reason(&reused),
            Some(Reason::TokenReused),
            "{replayed}"
        );
        for tokens in &chain {
            let refused = people::refresh(&server, &tokens.refresh_token).await;
            refused.expect_err("a session that ended");
        }
    }
}

#[tokio::test]
async fn cve_2020_15223_an_end_that_could_not_be_written_is_not_said_to_be_one() {
    let server = Server::start().await;
    let mut persons = Vec::new();
    for by in ENDS {
        let username = format!("lea.{by:?}").to_lowercase();
        persons.push((by, Person::new(&server, &username).await));
    }
    let database = Place::behind(&server);
    database.refuse_updates("session").await;

    for (by, person) in &persons {
        let refused = person.end(*by).await;
        assert!(refused.is_err(), "{by:?} says that it ended a session");
    }

    database.remove_trigger("session").await;
    for (by, person) in &persons {
        // Nor was half of it written.
        person
            .end(*by)
            .await
            .unwrap_or_else(|status| panic!("{by:?}: {status}"));
        person.assert_over(&server, &person.tokens, *by).await;
    }
}

#[tokio::test]
async fn a_key_whose_end_could_not_be_written_is_not_said_to_be_revoked() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let listed = admin
        .auth()
        .list_api_keys(guichet_client::proto::ListApiKeysRequest {})
        .await;
    let api_key_id = listed.expect("keys").into_inner().api_keys[0].id.clone();
    let database = Place::behind(&server);
    database.refuse_updates("api_key").await;
    let request = RevokeApiKeyRequest { api_key_id };

    let refused = admin.auth().revoke_api_key(request.clone()).await;

    assert!(refused.is_err());
    database.remove_trigger("api_key").await;
    admin
        .auth()
        .revoke_api_key(request)
        .await
        .expect("a revocation");
}

/// What was there before a sign-in is not what comes out of it.
#[tokio::test]
async fn cve_2024_28197_a_sign_in_takes_no_session_over() {
    let server = Server::start().await;
    people::active(&server, "mallory", "").await;
    people::active(&server, "lea", EMAIL).await;
    let planted = people::tokens(&server, "mallory", GOOD_PASSWORD).await;
    let first = people::tokens(&server, "lea", GOOD_PASSWORD).await;

    let mut request = tonic::Request::new(guichet_client::proto::LoginRequest {
        username: "lea".into(),
        password: GOOD_PASSWORD.into(),
        device_name: String::new(),
        ..Default::default()
    });
    let metadata = request.metadata_mut();
    let cookie = format!("guichet_refresh={}", planted.refresh_token);
    metadata.insert("cookie", cookie.parse().expect("a header"));
    let bearer = format!("Bearer {}", planted.access_token);
    metadata.insert("authorization", bearer.parse().expect("a header"));
    let channel = server.anyone().await.channel();
    let mut auth = guichet_proto::v1::auth_service_client::AuthServiceClient::new(channel);
    let reply = auth.login(request).await.expect("a sign-in").into_inner();

    let Some(guichet_client::proto::login_response::Outcome::Tokens(second)) = reply.outcome else {
        panic!("no tokens");
    };
    assert_eq!(second.account_id, first.account_id);
    for before in [&planted, &first] {
        assert_ne!(second.session_id, before.session_id);
        assert_ne!(second.refresh_token, before.refresh_token);
    }
}

/// CVE-2025-24070: whose session goes on is what the refresh token says, and nothing beside it.
#[tokio::test]
async fn cve_2025_24070_a_renewal_is_of_whose_token_it_is() {
    let server = Server::start().await;
    people::active(&server, "mallory", "").await;
    people::active(&server, "lea", EMAIL).await;
    let mallory = people::tokens(&server, "mallory", GOOD_PASSWORD).await;
    let lea = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let channel = server.anyone().await.channel();
    let mut auth = guichet_proto::v1::auth_service_client::AuthServiceClient::new(channel);
    let mut request = tonic::Request::new(RefreshRequest {
        refresh_token: mallory.refresh_token.clone(),
    });
    let metadata = request.metadata_mut();
    let cookie = format!("guichet_refresh={}", lea.refresh_token);
    metadata.insert("cookie", cookie.parse().expect("a header"));
    let bearer = format!("Bearer {}", lea.access_token);
    metadata.insert("authorization", bearer.parse().expect("a header"));

    let renewed = auth.refresh(request).await.expect("tokens").into_inner();

    let renewed = renewed.tokens.expect("tokens");
    server.remember(&renewed.refresh_token);
    assert_eq!(renewed.account_id, mallory.account_id);
    assert_eq!(renewed.session_id, mallory.session_id);
}
