//! `RequestEmailChange` and `ConfirmEmailChange`.

use guichet_proto::v1::{
    ConfirmEmailChangeRequest, ConfirmEmailChangeResponse, RequestEmailChangeRequest,
    RequestEmailChangeResponse,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait};
use serde_json::json;
use uuid::Uuid;

use super::{current_password, email_address::EmailAddress, fields::Fields, row};
use crate::{
    call::{Call, parse_id},
    error::{Error, Violation},
    event,
    outbox::{self, Cause},
    store::{
        account::{ActiveModel, Model, State},
        reset_code::{self, Purpose},
    },
};

/// `RequestEmailChange`.
pub async fn request_email_change(
    call: &Call<'_>,
    request: RequestEmailChangeRequest,
) -> Result<RequestEmailChangeResponse, Error> {
    let id = call.named_account("account_id", &request.account_id)?;
    let own = call.caller.account_id() == Some(id);
    if !own {
        call.scope()?;
    }
    let mut fields = Fields::default();
    fields.email("new_email", &request.new_email);
    if own && request.current_password.is_empty() {
        fields.refuse(Violation::new("current_password", "REQUIRED"));
    }
    fields.finish()?;
    if own {
        let account = row::find(&call.app.store.read, id).await?;
        check_state(&account)?;
        current_password::verify(call, &account, &request.current_password).await?;
    }

    enqueue(call, id, own, &request.new_email).await?;
    call.app.wake.send_replace(());
    Ok(RequestEmailChangeResponse {})
}

/// An address is of use only to who signs in with the account or is about to.
fn check_state(account: &Model) -> Result<(), Error> {
    if matches!(account.state, State::Pending | State::Active) {
        Ok(())
    } else {
        Err(Error::State)
    }
}

async fn enqueue(call: &Call<'_>, id: Uuid, own: bool, new_email: &str) -> Result<(), Error> {
    let txn = call.app.store.write().await?;
    let account = if own {
        row::lock(&txn, id).await?
    } else {
        row::lock_in_scope(&txn, call, id).await?
    };
    check_state(&account)?;
    // Only the address asked for last can be confirmed.
    reset_code::Entity::revoke_all_for(&txn, id, Purpose::EmailChange, call.now).await?;
    let cause = Cause::ConfirmEmail {
        new_email: new_email.to_owned(),
    };
    outbox::enqueue(&txn, call.app, cause, &account, new_email).await?;
    if let Some(old_email) = &account.email {
        let cause = Cause::EmailChangeRequested {
            new_email: new_email.to_owned(),
            by_person: own,
        };
        outbox::enqueue(&txn, call.app, cause, &account, old_email).await?;
    }
    let actor = call.caller.actor_id();
    event::append(
        &txn,
        call,
        "email_change.requested",
        &account,
        actor,
        json!({}),
    )
    .await?;
    txn.commit().await?;
    Ok(())
}

/// `ConfirmEmailChange`.
pub async fn confirm_email_change(
    call: &Call<'_>,
    request: ConfirmEmailChangeRequest,
) -> Result<ConfirmEmailChangeResponse, Error> {
    let mut fields = Fields::default();
    for (field, text) in [("user_id", &request.user_id), ("code", &request.code)] {
        if text.is_empty() {
            fields.refuse(Violation::new(field, "REQUIRED"));
        }
    }
    fields.finish()?;
    // A wrong id tells no more than a wrong code.
    let id = parse_id("user_id", &request.user_id).map_err(|_| Error::ResetCodeInvalid)?;

    let txn = call.app.store.write().await?;
    let email = use_code(&txn, call, id, &request.code).await?;
    let before = row::lock(&txn, id).await?;
    check_state(&before).map_err(|_| Error::ResetCodeInvalid)?;
    let changes = ActiveModel {
        email: Set(Some(email.as_str().to_owned())),
        email_key: Set(Some(email.key().to_owned())),
        email_verified: Set(true),
        ..Default::default()
    };
    let account = row::save(&txn, &before, changes, call.now).await?;
    reset_code::Entity::revoke_all(&txn, id, call.now).await?;
    event::append(&txn, call, "email.changed", &account, Some(id), json!({})).await?;
    notify(&txn, call, before.email, &account, email.as_str()).await?;
    txn.commit().await?;

    call.app.wake.send_replace(());
    Ok(ConfirmEmailChangeResponse {
        email: email.as_str().to_owned(),
    })
}

/// Uses the code up, which only one call can, and returns the address that it was mailed to.
async fn use_code(
    db: &impl ConnectionTrait,
    call: &Call<'_>,
    id: Uuid,
    code: &str,
) -> Result<EmailAddress, Error> {
    let code = reset_code::Entity::find_live(db, id, code, call.now)
        .await?
        .filter(|code| code.purpose == Purpose::EmailChange)
        .ok_or(Error::ResetCodeInvalid)?;
    if !reset_code::Entity::consume(db, code.id, call.now).await? {
        return Err(Error::ResetCodeInvalid);
    }

    let email = code
        .email
        .and_then(|email| EmailAddress::parse(&email).ok());
    email.ok_or(Error::ResetCodeInvalid)
}

async fn notify(
    db: &impl ConnectionTrait,
    call: &Call<'_>,
    old_email: Option<String>,
    account: &Model,
    new_email: &str,
) -> Result<(), Error> {
    let Some(old_email) = old_email.filter(|old_email| old_email != new_email) else {
        return Ok(());
    };
    for recipient in [old_email.as_str(), new_email] {
        let cause = Cause::EmailChanged {
            old_email: old_email.clone(),
            new_email: new_email.to_owned(),
        };
        outbox::enqueue(db, call.app, cause, account, recipient).await?;
    }
    Ok(())
}
