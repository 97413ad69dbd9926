//! `ContinueLogin`: a second factor after the password.

use guichet_proto::v1::{
    ContinueLoginRequest, ContinueLoginResponse, Tokens, continue_login_request::Answer,
    continue_login_response::Outcome,
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::{
    challenge::Challenge,
    login::mark_signed_in,
    recovery_codes, second_factor,
    session::{self, Arrival, Proof},
    totp as app_codes,
};
use crate::{
    call::Call,
    error::Error,
    mail::letter::SecondFactorChange,
    refusals::Refused,
    secret,
    store::{account, recovery_code, totp},
};

/// Signs in who answers the challenge.
///
/// A try is charged before it is looked at, and the code is used up in the transaction that opens the session.
pub async fn continue_login(
    call: &Call<'_>,
    request: ContinueLoginRequest,
) -> Result<ContinueLoginResponse, Error> {
    let answer = required(request.answer)?;
    let app = call.app;
    let challenge = Challenge::open(&app.master_key, &request.challenge_token, call.now)?;
    let account = account::Entity::find_by_id(challenge.account_id)
        .one(&app.store.read)
        .await?
        .filter(|account| challenge.holds_for(account))
        .ok_or(Error::TokenInvalid)?;

    second_factor::charge(call, &account).await?;
    let tokens = match open(call, &account, challenge.arrival, &answer).await {
        Err(error) if !matches!(error, Error::WrongCode) => {
            // Nobody learnt anything about the code, and a call that is begun again is charged again.
            second_factor::take_back(call, account.id).await?;
            return Err(error);
        }
        outcome => outcome?,
    };
    app.wake.send_replace(());
    Ok(ContinueLoginResponse {
        outcome: Some(Outcome::Tokens(tokens)),
    })
}

/// What was typed into the one field that takes either kind of code.
pub fn answer(typed: String) -> Answer {
    if secret::read_short_code(&typed).is_some() {
        Answer::RecoveryCode(typed)
    } else {
        Answer::TotpCode(typed)
    }
}

fn required(answer: Option<Answer>) -> Result<Answer, Error> {
    match answer {
        None => Err(Error::field("totp_code", "REQUIRED")),
        Some(Answer::TotpCode(code)) if code.is_empty() => {
            Err(Error::field("totp_code", "REQUIRED"))
        }
        Some(Answer::RecoveryCode(code)) if code.is_empty() => {
            Err(Error::field("recovery_code", "REQUIRED"))
        }
        Some(answer) => Ok(answer),
    }
}

/// Uses the code up and opens the session. A wrong code leaves nothing behind.
async fn open(
    call: &Call<'_>,
    account: &account::Model,
    arrival: Arrival,
    answer: &Answer,
) -> Result<Tokens, Error> {
    let before = session::Before::look(call, account, &arrival.device_token).await?;
    let txn = call.app.store.write().await?;
    // The account first, as with all that changes its codes: in another order, two calls could wait for each other. Not
    // if a reset or a disable came in between.
    if !mark_signed_in(call, &txn, account, None, Proof::SecondFactor).await? {
        return Err(Error::TokenInvalid);
    }
    if !take(call, &txn, account, answer).await? {
        call.note(Refused::SecondFactor(account.id));
        return Err(Error::WrongCode);
    }
    let tokens = session::open(call, &txn, (account, before), arrival, Proof::SecondFactor).await?;
    second_factor::forgive(call, &txn, account.id).await?;
    txn.commit().await?;
    Ok(tokens)
}

/// Uses the code up, if it is right.
async fn take(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
    answer: &Answer,
) -> Result<bool, Error> {
    // Codes that came before the factor that they stand in for was removed went with it.
    let Some(row) = totp::Entity::confirmed(account.id).one(txn).await? else {
        return Err(Error::TokenInvalid);
    };
    match answer {
        Answer::TotpCode(typed) => match app_codes::step_of(call, &row, typed)? {
            Some(step) => Ok(totp::Entity::take(txn, account.id, step).await?),
            None => Ok(false),
        },
        Answer::RecoveryCode(typed) => {
            let Some(code) = secret::read_short_code(typed) else {
                return Ok(false);
            };
            let hashes = recovery_codes::digest(call.app, account.id, &code).any();
            let taken = recovery_code::Entity::take(txn, account.id, hashes, call.now).await?;
            if taken {
                second_factor::tell(call, txn, account, SecondFactorChange::CodeUsed).await?;
            }
            Ok(taken)
        }
    }
}
