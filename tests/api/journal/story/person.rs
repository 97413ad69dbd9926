//! What people do with their own accounts.

use std::time::{SystemTime, UNIX_EPOCH};

use guichet_client::Guichet;
use guichet_client::proto::continue_login_request::Answer;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{self, AccountState};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use totp_rs::Totp;

use super::{Story, of_school};

impl Story {
    pub(super) async fn own_account(&mut self, school: &str) {
        let anyone = self.server.anyone().await;
        let account = of_school("leo", school, AccountState::Unspecified);
        let created = proto::CreateAccountRequest {
            account: Some(account),
            credential: Some(Credential::Password(GOOD_PASSWORD.into())),
            ..proto::CreateAccountRequest::default()
        };
        let created = self.admin.account().create_account(created).await;
        created.expect("Léo");
        self.forget().await;
        let tokens = people::tokens(&self.server, "leo", GOOD_PASSWORD).await;
        self.listen("Login").await;
        call!(
            self,
            anyone,
            auth,
            logout,
            LogoutRequest {
                refresh_token: tokens.refresh_token
            }
        );

        // Two that are ended apart from his own: there must be something left for the second call to end.
        people::tokens(&self.server, "leo", GOOD_PASSWORD).await;
        let other = people::tokens(&self.server, "leo", GOOD_PASSWORD).await;
        let tokens = people::tokens(&self.server, "leo", GOOD_PASSWORD).await;
        let leo = self.server.as_person(&tokens.access_token).await;
        call!(
            self,
            leo,
            auth,
            revoke_session,
            RevokeSessionRequest {
                session_id: other.session_id
            }
        );
        call!(
            self,
            leo,
            auth,
            revoke_all_sessions,
            RevokeAllSessionsRequest { keep_current: true }
        );
        self.password_and_address(&leo, tokens.account_id).await;
    }

    async fn password_and_address(&mut self, leo: &Guichet, account_id: String) {
        let anyone = self.server.anyone().await;
        call!(
            self,
            leo,
            account,
            change_password,
            ChangePasswordRequest {
                current_password: GOOD_PASSWORD.into(),
                new_password: OTHER_PASSWORD.into(),
            }
        );
        call!(
            self,
            leo,
            account,
            request_email_change,
            RequestEmailChangeRequest {
                new_email: "new@ecole.example".into(),
                current_password: OTHER_PASSWORD.into(),
            }
        );
        let mails = self.server.mailbox().wait_for("new@ecole.example", 1).await;
        let code = mails[0].codes().remove(0);
        call!(
            self,
            anyone,
            account,
            confirm_email_change,
            ConfirmEmailChangeRequest {
                user_id: account_id,
                code,
            }
        );
    }

    pub(super) async fn second_factor(&mut self) {
        let anyone = self.server.anyone().await;
        let tokens = people::tokens(&self.server, "lea", GOOD_PASSWORD).await;
        let lea = self.server.as_person(&tokens.access_token).await;
        let begun = lea
            .auth()
            .begin_totp_enrollment(proto::BeginTotpEnrollmentRequest {
                current_password: GOOD_PASSWORD.into(),
            })
            .await;
        let app = Totp::from_url(&begun.expect("a secret").into_inner().uri).expect("an app");
        let confirmed = call!(
            self,
            lea,
            auth,
            confirm_totp_enrollment,
            ConfirmTotpEnrollmentRequest {
                totp_code: shown(&app),
            }
        );
        let codes = call!(
            self,
            lea,
            auth,
            generate_recovery_codes,
            GenerateRecoveryCodesRequest {
                current_password: GOOD_PASSWORD.into(),
            }
        );
        for code in confirmed.recovery_codes.iter().chain(&codes.recovery_codes) {
            self.server.remember(code);
        }
        let reply = people::sign_in(&self.server, "lea", GOOD_PASSWORD).await;
        let Some(proto::login_response::Outcome::Challenge(challenge)) =
            reply.expect("a challenge").into_inner().outcome
        else {
            panic!("signed in without a code");
        };
        call!(
            self,
            anyone,
            auth,
            continue_login,
            ContinueLoginRequest {
                challenge_token: challenge.challenge_token,
                answer: Some(Answer::RecoveryCode(codes.recovery_codes[0].clone())),
            }
        );
        call!(
            self,
            lea,
            auth,
            remove_totp,
            RemoveTotpRequest {
                current_password: GOOD_PASSWORD.into(),
            }
        );
    }
}

/// What an app shows on a telephone whose clock is right.
#[expect(
    clippy::disallowed_methods,
    reason = "a telephone asks nobody for the time"
)]
fn shown(app: &Totp) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    app.generate(now.expect("a time after 1970").as_secs())
        .to_string()
}
