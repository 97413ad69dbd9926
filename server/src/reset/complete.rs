//! `CompleteReset`: a code, an e-mail address and a new password make an account that can sign in.

use guichet_proto::v1::{CompleteResetRequest, CompleteResetResponse};
use sea_orm::{ActiveValue::Set, DatabaseTransaction};

use super::{code, refused};
use crate::{
    account::{former_passwords, new_password, row, state::Transition},
    app::App,
    auth::{device, lockout},
    call::Call,
    error::{Error, Violation},
    event,
    outbox::{self, Cause},
    password::identifiers::Identifiers,
    store::{
        account::{self, State},
        institution, reset_code, session,
    },
};

const FIELD: &str = "new_password";

/// Sets a new password, once.
///
/// Code and address are checked together and fail alike, so nothing about the account shows; a refused password leaves
/// the code good.
pub async fn complete_reset(
    call: &Call<'_>,
    request: CompleteResetRequest,
) -> Result<CompleteResetResponse, Error> {
    check_shape(&request)?;
    let app = call.app;
    let (code, account) = code::find(call, &request.user_id, &request.code).await?;
    // Not while wrong short codes are waited for, and before the address is looked at: whoever finds no room is told so
    // alike. That the code is good, InspectReset tells as well.
    let place = app.hasher.enter(call.client)?;
    refused::check_address(call, &request, &code, &account).await?;
    let identifiers = Identifiers {
        username: &account.username,
        email: account.email.as_deref(),
        code: Some(&request.code),
    };
    let settings = institution::Entity::holding(&app.store.read, account.institution_id).await?;
    let policy = new_password::policy_below(app, &settings);
    let password = new_password::read(&policy, FIELD, &request.new_password, &identifiers)?;
    let counted = Some((&account, code.id));
    new_password::compare(call, &policy, FIELD, &password, counted).await?;
    // Before the transaction: the one writer must not wait for argon2.
    let hash = app.hasher.hash(&password, call.deadline).await?;
    drop(place);

    let txn = app.store.write().await?;
    let before = use_up(call, &txn, &code).await?;
    set_password(call, &txn, &before, &code, hash).await?;
    former_passwords::replace(&txn, app, &before, &policy).await?;
    reset_code::Entity::revoke_all(&txn, account.id, call.now).await?;
    session::Entity::revoke_all(&txn, account.id, None, "password_reset", call.now).await?;
    lockout::forget(&txn, app, &account.username_key).await?;
    former_passwords::forgive(&txn, app, account.id).await?;
    event::append(
        &txn,
        call,
        "password.reset",
        &account,
        Some(account.id),
        serde_json::json!({}),
    )
    .await?;
    if let Some(email) = &account.email {
        outbox::enqueue(&txn, app, Cause::PasswordChanged, &account, email).await?;
    }
    txn.commit().await?;

    app.wake.send_replace(());
    Ok(CompleteResetResponse {
        return_url: code.return_url.unwrap_or_else(|| home(app, &settings)),
        device_token: device::token(
            &app.master_key,
            &request.device_token,
            account.id,
            app.clock.now(),
        )?,
        username: account.username,
    })
}

fn check_shape(request: &CompleteResetRequest) -> Result<(), Error> {
    let required = [
        ("user_id", &request.user_id),
        ("code", &request.code),
        ("email", &request.email),
        (FIELD, &request.new_password),
    ];
    let violations: Vec<Violation> = required
        .into_iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(field, _)| Violation::new(field, "REQUIRED"))
        .collect();
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Error::InvalidFields(violations))
    }
}

/// Uses the code up, and returns its account. That first, as with all that changes an account's codes: in another order,
/// two calls could wait for each other.
async fn use_up(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    code: &reset_code::Model,
) -> Result<account::Model, Error> {
    let account = match row::lock(txn, code.account_id).await {
        Err(Error::NotFound) => return Err(Error::ResetCodeInvalid),
        locked => locked?,
    };
    if reset_code::Entity::consume(txn, code.id, call.now).await? {
        Ok(account)
    } else {
        Err(Error::ResetCodeInvalid)
    }
}

/// Gives the account its hash and makes it active, unless it has been stopped in the meantime.
async fn set_password(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    before: &account::Model,
    code: &reset_code::Model,
    hash: String,
) -> Result<(), Error> {
    let state = match before.state {
        State::Active => Some(State::Active),
        other => Transition::Activate.next(other, before.prior_state, true),
    };
    let verified = before.email_verified || (code.email.is_some() && code.email == before.email);
    let changes = account::ActiveModel {
        password_hash: Set(Some(hash)),
        state: Set(state.ok_or(Error::ResetCodeInvalid)?),
        email_verified: Set(verified),
        // Now that the account is held: what was begun with the old password while this call waited is older.
        devices_from_time: Set(Some(call.app.clock.now())),
        ..Default::default()
    };
    row::save(txn, before, changes, call.now).await.map(drop)
}

/// The application of the person's institution, where the operator lists it: nobody who looks after a school may send its
/// people anywhere. Else the operator's.
fn home(app: &App, settings: &institution::Settings) -> String {
    let application = &app.config.application;
    let named = settings.application_url.as_deref();
    let listed = named.and_then(|url| application.return_target(url));
    listed.unwrap_or(&application.url).to_string()
}
