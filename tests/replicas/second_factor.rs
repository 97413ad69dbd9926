//! Codes after the password, where PostgreSQL has one call wait for another, or rolls it back.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use guichet_client::proto::continue_login_request::Answer;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::{
    BeginTotpEnrollmentRequest, ConfirmTotpEnrollmentRequest, ContinueLoginRequest,
    ContinueLoginResponse,
};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::races::EMAIL;
use guichet_tests::{Postgres, Server};
use tonic::{Response, Status};
use totp_rs::Totp;

use crate::{empty_database, roll_back_two_of_three};

/// Until a statement of another connection sleeps.
const SOMEBODY_SLEEPS: &str = "DO $$ BEGIN FOR look IN 1..2000 LOOP \
     EXIT WHEN EXISTS (SELECT 1 FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'); \
     PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.01); \
     END LOOP; END $$";

/// Léa, who has proved to know her password and has an app.
struct Lea {
    server: Server,
    challenge_token: String,
    recovery_codes: Vec<String>,
}

impl Lea {
    async fn asked_for_a_code(postgres: &Arc<Postgres>, free_failures: &str) -> Self {
        let server = Server::builder()
            .sharing(postgres)
            .env("GUICHET_THROTTLE", "on")
            .env("GUICHET_THROTTLE_FREE_FAILURES", free_failures)
            .start()
            .await;
        people::active(&server, "lea", EMAIL).await;
        let recovery_codes = enrol(&server).await;
        let reply = people::sign_in(&server, "lea", GOOD_PASSWORD).await;
        let outcome = reply.expect("a challenge").into_inner().outcome;
        let Some(Outcome::Challenge(challenge)) = outcome else {
            panic!("signed in without a code");
        };
        Self {
            server,
            challenge_token: challenge.challenge_token,
            recovery_codes,
        }
    }

    async fn answers(&self, number: usize) -> Result<Response<ContinueLoginResponse>, Status> {
        let code = self.recovery_codes[number].clone();
        let request = ContinueLoginRequest {
            challenge_token: self.challenge_token.clone(),
            answer: Some(Answer::RecoveryCode(code)),
        };
        let anyone = self.server.anyone().await;
        anyone.auth().continue_login(request).await
    }
}

/// What the app shows that was given this address.
#[expect(
    clippy::disallowed_methods,
    reason = "a telephone asks nobody for the time"
)]
pub(crate) fn shown(uri: &str) -> String {
    let app = Totp::from_url(uri).expect("an address that apps read");
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("a time after 1970").as_secs();
    app.generate(now).to_string()
}

/// Adds an app, and returns what stands in for it.
async fn enrol(server: &Server) -> Vec<String> {
    let tokens = people::tokens(server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    let request = BeginTotpEnrollmentRequest {
        current_password: GOOD_PASSWORD.into(),
    };
    let begun = lea.auth().begin_totp_enrollment(request).await;
    let uri = begun.expect("a secret").into_inner().uri;
    let request = ConfirmTotpEnrollmentRequest {
        totp_code: shown(&uri),
    };
    let confirmed = lea.auth().confirm_totp_enrollment(request).await;
    let codes = confirmed.expect("codes").into_inner().recovery_codes;
    for code in &codes {
        server.remember(code);
    }
    codes
}

/// Both lock the account first: in another order each would wait for the other, until the database ends one of them.
#[tokio::test]
async fn a_code_waits_for_who_changes_the_codes_and_keeps_nobody_from_it() {
    let postgres = empty_database();
    let lea = Lea::asked_for_a_code(&postgres, "5").await;

    // What making new codes does, held open for so long that a sign-in comes to the row.
    let database = postgres.clone();
    let changing = tokio::task::spawn_blocking(move || {
        database.execute(
            "BEGIN; SELECT 1 FROM account FOR UPDATE; SELECT pg_sleep(2); \
             UPDATE recovery_code SET create_time = create_time + 1; COMMIT",
        );
    });
    let watching = tokio::task::spawn_blocking(move || postgres.execute(SOMEBODY_SLEEPS));
    watching.await.expect("a look at the database");
    let begun = Instant::now();
    let answered = lea.answers(0).await;
    let took = begun.elapsed();

    answered.expect("tokens");
    assert!(took > Duration::from_secs(1), "nothing waited: {took:?}");
    changing.await.expect("other codes");
}

#[tokio::test]
async fn a_code_that_the_database_has_looked_at_again_is_one_try() {
    let postgres = empty_database();
    let lea = Lea::asked_for_a_code(&postgres, "1").await;
    roll_back_two_of_three(&postgres, "INSERT ON session FOR EACH ROW");

    for number in 0..2 {
        lea.answers(number).await.expect("tokens");
    }
}
