//! Secrets of authenticator apps that were begun, and until when they can be confirmed.

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::{
    ChangePasswordRequest, ConfirmTotpEnrollmentRequest, ConfirmTotpEnrollmentResponse,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, expect_error};
use tonic::{Code, Response, Status};
use totp_rs::Totp;

use crate::second_factor::{begin, person, shown};

const EMAIL: &str = "lea@ecole.example";

async fn confirm(
    lea: &Guichet,
    app: &Totp,
    ahead: Duration,
) -> Result<Response<ConfirmTotpEnrollmentResponse>, Status> {
    let totp_code = shown(app, ahead);
    let request = ConfirmTotpEnrollmentRequest { totp_code };
    lea.auth().confirm_totp_enrollment(request).await
}

/// Whoever knew the password before could have kept a secret in store, and locked the person out with it later.
#[tokio::test]
async fn a_secret_that_was_begun_with_the_password_before_is_not_confirmed() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let lea = person(&server).await;
    let before = begin(&lea, GOOD_PASSWORD).await;
    let request = ChangePasswordRequest {
        current_password: GOOD_PASSWORD.into(),
        new_password: OTHER_PASSWORD.into(),
    };
    let changed = lea.account().change_password(request).await;
    changed.expect("another password");

    let refused = confirm(&lea, &before, Duration::ZERO).await;

    expect_error(refused, Code::FailedPrecondition, "STATE");
    let app = begin(&lea, OTHER_PASSWORD).await;
    let confirmed = confirm(&lea, &app, Duration::ZERO).await;
    confirmed.expect("recovery codes");
}

#[tokio::test]
async fn a_secret_that_was_begun_before_a_reset_is_not_confirmed_after_it() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let before = begin(&person(&server).await, GOOD_PASSWORD).await;
    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let done = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    done.expect("a reset");
    let tokens = people::tokens(&server, "lea", OTHER_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;

    let refused = confirm(&lea, &before, Duration::ZERO).await;

    expect_error(refused, Code::FailedPrecondition, "STATE");
}

#[tokio::test]
async fn a_secret_that_was_begun_can_be_confirmed_for_an_hour() {
    for (minutes, is_good) in [(59, true), (61, false)] {
        let server = Server::start().await;
        people::active(&server, "lea", EMAIL).await;
        let app = begin(&person(&server).await, GOOD_PASSWORD).await;
        let ahead = Duration::from_mins(minutes);
        server.advance(ahead);

        let confirmed = confirm(&person(&server).await, &app, ahead).await;

        if is_good {
            confirmed.expect("recovery codes");
        } else {
            expect_error(confirmed, Code::FailedPrecondition, "STATE");
        }
    }
}
