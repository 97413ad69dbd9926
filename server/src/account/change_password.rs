//! `ChangePassword`.

use guichet_proto::v1::{ChangePasswordRequest, ChangePasswordResponse};
use sea_orm::ActiveValue::Set;
use serde_json::json;
use uuid::Uuid;

use super::{current_password, former_passwords, new_password, row};
use crate::{
    auth::device,
    call::Call,
    caller::Caller,
    error::Error,
    event,
    outbox::{self, Cause},
    password::{identifiers::Identifiers, policy::PasswordPolicy},
    store::{
        account::{ActiveModel, Model, State},
        reset_code, session,
    },
};

const FIELD: &str = "new_password";

/// `ChangePassword`, on the device of a token, which may be empty, or anything.
pub async fn change_password(
    call: &Call<'_>,
    (request, device_token): (ChangePasswordRequest, String),
) -> Result<ChangePasswordResponse, Error> {
    let Caller::Person {
        account_id,
        session_id,
        ..
    } = call.caller
    else {
        return Err(Error::Forbidden);
    };
    if request.current_password.is_empty() {
        return Err(Error::field("current_password", "REQUIRED"));
    }
    let account = row::find(&call.app.store.read, account_id).await?;
    let identifiers = Identifiers {
        username: &account.username,
        email: account.email.as_deref(),
        code: None,
    };
    let policy = new_password::policy(call.app, account.institution_id).await?;
    let password = new_password::read(&policy, FIELD, &request.new_password, &identifiers)?;
    let place = current_password::verify(call, &account, &request.current_password).await?;
    call.app.own_writes.count_password(account_id, call.now)?;
    let counted = Some((&account, account.id));
    new_password::compare(call, &policy, FIELD, &password, counted).await?;
    let hash = call.app.hasher.hash(&password, call.deadline).await?;
    drop(place);

    write(call, &account, session_id, hash, &policy).await?;
    call.app.wake.send_replace(());
    Ok(ChangePasswordResponse {
        device_token: device::token(
            &call.app.master_key,
            &device_token,
            account.id,
            call.app.clock.now(),
        )?,
    })
}

async fn write(
    call: &Call<'_>,
    verified: &Model,
    session_id: Uuid,
    hash: String,
    policy: &PasswordPolicy,
) -> Result<(), Error> {
    let txn = call.app.store.write().await?;
    let before = row::lock(&txn, verified.id).await?;
    if before.state != State::Active {
        return Err(Error::State);
    }
    // While this one was hashed, somebody set another password: the one given is not the current one any more.
    if before.password_hash != verified.password_hash {
        return Err(Error::BadCredentials);
    }
    let changes = ActiveModel {
        password_hash: Set(Some(hash)),
        // Whoever knew the old one may keep devices in store.
        devices_from_time: Set(Some(call.app.clock.now())),
        ..Default::default()
    };
    let account = row::save(&txn, &before, changes, call.now).await?;
    former_passwords::replace(&txn, call.app, &before, policy).await?;

    session::Entity::revoke_all(
        &txn,
        account.id,
        Some(session_id),
        "password.changed",
        call.now,
    )
    .await?;
    reset_code::Entity::revoke_all(&txn, account.id, call.now).await?;
    let actor = call.caller.actor_id();
    event::append(&txn, call, "password.changed", &account, actor, json!({})).await?;
    if let Some(email) = &account.email {
        outbox::enqueue(&txn, call.app, Cause::PasswordChanged, &account, email).await?;
    }
    txn.commit().await?;
    Ok(())
}
