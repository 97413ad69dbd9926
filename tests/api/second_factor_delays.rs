//! How the delays of wrong codes end, and how they do not.

use guichet_client::Guichet;
use guichet_client::proto::continue_login_request::Answer;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ChangePasswordRequest, ChangePasswordResponse, GenerateRecoveryCodesRequest,
    GenerateRecoveryCodesResponse, UnlockAccountRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Mail, Server, expect_error};
use tonic::{Code, Response, Status};

use crate::second_factor::Lea;

const EMAIL: &str = "lea@ecole.example";

async fn enrolled() -> Lea {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_PASSWORD_HISTORY", "2")
        .start()
        .await;
    Lea::enrolled(server).await
}

/// Wrong codes until no more are looked at.
async fn guess(lea: &Lea, challenge: &str) {
    for _ in 0..5 {
        let wrong = Answer::TotpCode("no code".into());
        let refused = lea.answer(challenge, wrong).await;
        expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    let right = Answer::TotpCode(lea.code());
    let refused = lea.answer(challenge, right).await;
    expect_error(refused, Code::ResourceExhausted, "THROTTLED");
}

/// Does what takes the password.
async fn confirm(
    lea: &Guichet,
    password: &str,
) -> Result<Response<GenerateRecoveryCodesResponse>, Status> {
    let request = GenerateRecoveryCodesRequest {
        current_password: password.into(),
    };
    lea.auth().generate_recovery_codes(request).await
}

/// Chooses a password, which may be the present one.
async fn choose(lea: &Guichet, password: &str) -> Result<Response<ChangePasswordResponse>, Status> {
    let request = ChangePasswordRequest {
        current_password: GOOD_PASSWORD.into(),
        new_password: password.into(),
    };
    lea.account().change_password(request).await
}

#[tokio::test]
async fn who_is_unlocked_need_not_wait_for_a_code_a_confirmation_nor_another_password() {
    let lea = enrolled().await;
    let challenge = lea.challenge().await;
    let code = |number: usize| Answer::RecoveryCode(lea.recovery_codes[number].clone());
    let tokens = lea.answer(&challenge, code(0)).await;
    let tokens = tokens.expect("tokens").into_inner();
    let signed_in = lea.server.as_person(&tokens.access_token).await;
    guess(&lea, &challenge).await;
    for _ in 0..5 {
        let refused = choose(&signed_in, GOOD_PASSWORD).await;
        expect_error(refused, Code::InvalidArgument, "PASSWORD_RULES");
    }
    let refused = choose(&signed_in, OTHER_PASSWORD).await;
    expect_error(refused, Code::ResourceExhausted, "THROTTLED");
    for _ in 0..5 {
        let refused = confirm(&signed_in, OTHER_PASSWORD).await;
        expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    let refused = confirm(&signed_in, GOOD_PASSWORD).await;
    expect_error(refused, Code::ResourceExhausted, "THROTTLED");

    let request = UnlockAccountRequest {
        account_id: tokens.account_id,
    };
    let admin = lea.server.admin().await;
    let unlocked = admin.account().unlock_account(request).await;
    unlocked.expect("an unlocked account");

    let right = lea.answer(&challenge, code(1)).await;
    right.expect("a right code");
    let right = confirm(&signed_in, GOOD_PASSWORD).await;
    right.expect("a right password");
    let chosen = choose(&signed_in, OTHER_PASSWORD).await;
    chosen.expect("another password");
}

/// Whoever reads the person's mail must not guess on at the second factor.
#[tokio::test]
async fn a_reset_of_the_password_gives_no_code_more_to_guess() {
    let lea = enrolled().await;
    guess(&lea, &lea.challenge().await).await;
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
    let Some(Outcome::Challenge(challenge)) = reply.expect("a challenge").into_inner().outcome
    else {
        panic!("signed in without a code");
    };
    let right = Answer::TotpCode(lea.code());
    let refused = lea.answer(&challenge.challenge_token, right).await;

    expect_error(refused, Code::ResourceExhausted, "THROTTLED");
}
