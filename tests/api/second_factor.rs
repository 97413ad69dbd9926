//! A code from an authenticator app after the password, and the codes that stand in for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use guichet_client::proto::continue_login_request::Answer;
use guichet_client::proto::continue_login_response::Outcome as Continued;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    BeginTotpEnrollmentRequest, ChangePasswordRequest, ConfirmTotpEnrollmentRequest,
    ContinueLoginRequest, DisableAccountRequest, GenerateRecoveryCodesRequest, GetUserInfoRequest,
    RemoveTotpRequest, Tokens,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Mail, Server, expect_error};
use tokio::task::JoinSet;
use tonic::{Code, Response, Status};
use totp_rs::Totp;

const EMAIL: &str = "lea@ecole.example";

/// Somebody with an authenticator app.
pub(crate) struct Lea {
    pub(crate) server: Server,
    app: Totp,
    account_id: String,
    pub(crate) recovery_codes: Vec<String>,
    /// How far the server's clock is ahead.
    ahead: Duration,
}

impl Lea {
    pub(crate) async fn enrolled(server: Server) -> Self {
        let account_id = people::active(&server, "lea", EMAIL).await.id;
        let lea = person(&server).await;
        let app = begin(&lea, GOOD_PASSWORD).await;
        let mut lea_with_app = Self {
            server,
            app,
            account_id,
            recovery_codes: Vec::new(),
            ahead: Duration::ZERO,
        };
        let request = ConfirmTotpEnrollmentRequest {
            totp_code: lea_with_app.code(),
        };
        let reply = lea.auth().confirm_totp_enrollment(request).await;
        lea_with_app.recovery_codes = reply.expect("codes").into_inner().recovery_codes;
        for code in &lea_with_app.recovery_codes {
            lea_with_app.server.remember(code);
        }
        lea_with_app.wait();
        lea_with_app
    }

    /// What the app shows.
    pub(crate) fn code(&self) -> String {
        shown(&self.app, self.ahead)
    }

    /// Until the app shows a code that is not used yet.
    pub(crate) fn wait(&mut self) {
        let a_while = Duration::from_mins(1);
        self.server.advance(a_while);
        self.ahead += a_while;
    }

    pub(crate) async fn challenge(&self) -> String {
        let reply = people::sign_in(&self.server, "lea", GOOD_PASSWORD).await;
        match reply.expect("a challenge").into_inner().outcome {
            Some(Outcome::Challenge(challenge)) => challenge.challenge_token,
            _ => panic!("signed in without a code"),
        }
    }

    pub(crate) async fn answer(
        &self,
        challenge_token: &str,
        answer: Answer,
    ) -> Result<Response<Tokens>, Status> {
        let request = ContinueLoginRequest {
            challenge_token: challenge_token.into(),
            answer: Some(answer),
        };
        let anyone = self.server.anyone().await;
        let reply = anyone.auth().continue_login(request).await?;
        Ok(reply.map(|reply| match reply.outcome {
            Some(Continued::Tokens(tokens)) => tokens,
            _ => panic!("an answer without tokens"),
        }))
    }

    async fn signed_in(&mut self) -> Guichet {
        self.wait();
        let challenge = self.challenge().await;
        let tokens = self.answer(&challenge, Answer::TotpCode(self.code())).await;
        self.server
            .as_person(&tokens.expect("tokens").get_ref().access_token)
            .await
    }
}

/// What an app shows on a telephone whose clock is right.
#[expect(
    clippy::disallowed_methods,
    reason = "a telephone asks nobody for the time"
)]
pub(crate) fn shown(app: &Totp, ahead: Duration) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("a time after 1970") + ahead;
    app.generate(now.as_secs()).to_string()
}

/// Léa, signed in with her password alone.
pub(crate) async fn person(server: &Server) -> Guichet {
    let tokens = people::tokens(server, "lea", GOOD_PASSWORD).await;
    server.as_person(&tokens.access_token).await
}

pub(crate) async fn begin(lea: &Guichet, password: &str) -> Totp {
    let request = BeginTotpEnrollmentRequest {
        current_password: password.into(),
    };
    let reply = lea.auth().begin_totp_enrollment(request).await;
    let reply = reply.expect("a secret").into_inner();
    let app = Totp::from_url(&reply.uri).expect("an address that apps read");
    assert_eq!(app.secret().to_base32(), reply.secret);
    app
}

fn wrong(result: Result<Response<Tokens>, Status>) {
    expect_error(result, Code::Unauthenticated, "BAD_CREDENTIALS");
}

#[tokio::test]
async fn who_has_an_app_signs_in_with_password_and_code() {
    let lea = Lea::enrolled(Server::start().await).await;
    let challenge = lea.challenge().await;

    let tokens = lea.answer(&challenge, Answer::TotpCode(lea.code())).await;

    let signed_in = lea
        .server
        .as_person(&tokens.expect("tokens").get_ref().access_token)
        .await;
    let about = signed_in.auth().get_user_info(GetUserInfoRequest {}).await;
    let about = about.expect("an answer").into_inner();
    assert!(about.totp_enrolled);
    assert_eq!(about.recovery_codes_left, 10);
    assert_eq!(lea.recovery_codes.len(), 10);
    let told = lea.server.mailbox().wait_for(EMAIL, 1).await;
    assert!(
        told[0]
            .text
            .contains("application d'authentification a été ajoutée")
    );
}

#[tokio::test]
async fn nothing_asks_for_an_app_before_it_is_confirmed() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let lea = person(&server).await;
    begin(&lea, GOOD_PASSWORD).await;
    let second = begin(&lea, GOOD_PASSWORD).await;
    let request = ConfirmTotpEnrollmentRequest {
        totp_code: second.generate(0).to_string(),
    };

    let confirmed = lea.auth().confirm_totp_enrollment(request).await;

    expect_error(confirmed, Code::Unauthenticated, "BAD_CREDENTIALS");
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn a_code_is_good_once_also_for_many_at_the_same_moment() {
    let lea = Lea::enrolled(Server::start().await).await;
    let challenge = lea.challenge().await;
    let code = lea.code();
    let mut tries = JoinSet::new();
    for _ in 0..4 {
        let guichet = lea.server.anyone().await;
        let request = ContinueLoginRequest {
            challenge_token: challenge.clone(),
            answer: Some(Answer::TotpCode(code.clone())),
        };
        tries.spawn(async move { guichet.auth().continue_login(request).await });
    }

    let replies = tries.join_all().await;

    let good = replies.iter().filter(|reply| reply.is_ok()).count();
    assert_eq!(good, 1, "{replies:?}");
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_app_once_and_is_told() {
    let lea = Lea::enrolled(Server::start().await).await;
    let challenge = lea.challenge().await;
    let code = lea.recovery_codes[3].to_lowercase();

    let first = lea
        .answer(&challenge, Answer::RecoveryCode(code.clone()))
        .await;
    let second = lea.answer(&challenge, Answer::RecoveryCode(code)).await;

    first.expect("tokens");
    wrong(second);
    let told = lea.server.mailbox().wait_for(EMAIL, 2).await;
    assert!(
        told.iter()
            .any(|mail| mail.text.contains("un code de secours a servi"))
    );
}

#[tokio::test]
async fn guesses_are_slowed_down_whatever_is_guessed_and_however_often_one_signs_in() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "3")
        .start()
        .await;
    let lea = Lea::enrolled(server).await;

    for guess in [
        Answer::TotpCode("000000".into()),
        Answer::RecoveryCode("2345-6789-BCDF".into()),
        Answer::TotpCode("no code".into()),
    ] {
        let challenge = lea.challenge().await;
        wrong(lea.answer(&challenge, guess).await);
    }

    let challenge = lea.challenge().await;
    let right = lea.answer(&challenge, Answer::TotpCode(lea.code())).await;
    expect_error(right, Code::ResourceExhausted, "THROTTLED");
}

#[tokio::test]
async fn a_challenge_dies_with_time_with_the_password_and_with_the_account() {
    let mut lea = Lea::enrolled(Server::start().await).await;
    let signed_in = lea.signed_in().await;
    lea.wait();
    let expired = lea.challenge().await;
    for _ in 0..5 {
        lea.wait();
    }
    let late = lea.answer(&expired, Answer::TotpCode(lea.code())).await;
    expect_error(late, Code::Unauthenticated, "TOKEN_EXPIRED");

    let before = lea.challenge().await;
    let request = ChangePasswordRequest {
        current_password: GOOD_PASSWORD.into(),
        new_password: OTHER_PASSWORD.into(),
    };
    let changed = signed_in.account().change_password(request).await;
    changed.expect("another password");
    let stale = lea.answer(&before, Answer::TotpCode(lea.code())).await;
    expect_error(stale, Code::Unauthenticated, "TOKEN_INVALID");

    let reply = people::sign_in(&lea.server, "lea", OTHER_PASSWORD).await;
    let Some(Outcome::Challenge(challenge)) = reply.expect("a challenge").into_inner().outcome
    else {
        panic!("signed in without a code");
    };
    let account_id = lea.account_id.clone();
    let admin = lea.server.admin().await;
    let request = DisableAccountRequest { account_id };
    let disabled = admin.account().disable_account(request).await;
    disabled.expect("a disabled account");
    let stopped = lea
        .answer(&challenge.challenge_token, Answer::TotpCode(lea.code()))
        .await;
    expect_error(stopped, Code::Unauthenticated, "TOKEN_INVALID");
}

#[tokio::test]
async fn a_reset_of_the_password_leaves_the_second_factor_where_it_is() {
    let lea = Lea::enrolled(Server::start().await).await;
    // The first mail is the notice.
    lea.server.mailbox().wait_for(EMAIL, 1).await;
    people::ask_reset(&lea.server, Identifier::Username("lea".into())).await;
    let mails = lea.server.mailbox().wait_for(EMAIL, 2).await;
    let mut links = mails.iter().flat_map(Mail::links);
    let link = links.next().expect("a link");
    let anyone = lea.server.anyone().await;
    let done = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    done.expect("a reset");

    let reply = people::sign_in(&lea.server, "lea", OTHER_PASSWORD).await;

    let outcome = reply.expect("a challenge").into_inner().outcome;
    assert!(matches!(outcome, Some(Outcome::Challenge(_))));
}

#[tokio::test]
async fn confirming_ends_the_sessions_that_were_opened_without_it() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let elsewhere = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = person(&server).await;
    let app = begin(&lea, GOOD_PASSWORD).await;
    let totp_code = shown(&app, Duration::ZERO);

    let request = ConfirmTotpEnrollmentRequest { totp_code };
    lea.auth()
        .confirm_totp_enrollment(request)
        .await
        .expect("codes");

    let ended = people::refresh(&server, &elsewhere.refresh_token).await;
    assert_eq!(
        error::reason(&ended.expect_err("an ended session")),
        Some(Reason::TokenInvalid)
    );
    lea.auth()
        .get_user_info(GetUserInfoRequest {})
        .await
        .expect("the own session");
}

#[tokio::test]
async fn new_codes_replace_the_earlier_ones_and_take_the_password() {
    let mut lea = Lea::enrolled(Server::start().await).await;
    let signed_in = lea.signed_in().await;
    let request = |current_password: &str| GenerateRecoveryCodesRequest {
        current_password: current_password.into(),
    };
    let refused = signed_in
        .auth()
        .generate_recovery_codes(request("wrong"))
        .await;
    expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");

    let reply = signed_in
        .auth()
        .generate_recovery_codes(request(GOOD_PASSWORD))
        .await;

    let codes = reply.expect("codes").into_inner().recovery_codes;
    let challenge = lea.challenge().await;
    let old = Answer::RecoveryCode(lea.recovery_codes[0].clone());
    wrong(lea.answer(&challenge, old).await);
    let new = Answer::RecoveryCode(codes[0].clone());
    lea.answer(&challenge, new).await.expect("tokens");
}

#[tokio::test]
async fn the_person_or_an_administrator_removes_the_app() {
    let mut lea = Lea::enrolled(Server::start().await).await;
    let signed_in = lea.signed_in().await;
    let without_password = signed_in
        .auth()
        .remove_totp(RemoveTotpRequest::default())
        .await;
    expect_error(without_password, Code::InvalidArgument, "INVALID_FIELDS");
    let challenge = lea.challenge().await;

    let request = RemoveTotpRequest {
        account_id: lea.account_id.clone(),
        ..RemoveTotpRequest::default()
    };
    let admin = lea.server.admin().await;
    admin
        .auth()
        .remove_totp(request.clone())
        .await
        .expect("no app any more");

    people::tokens(&lea.server, "lea", GOOD_PASSWORD).await;
    let code = Answer::RecoveryCode(lea.recovery_codes[0].clone());
    let stale = lea.answer(&challenge, code).await;
    expect_error(stale, Code::Unauthenticated, "TOKEN_INVALID");
    let again = admin.auth().remove_totp(request).await;
    expect_error(again, Code::FailedPrecondition, "STATE");
}
