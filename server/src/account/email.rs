//! `RequestEmailChange` and `ConfirmEmailChange`.

use guichet_proto::v1::{
    ConfirmEmailChangeRequest, ConfirmEmailChangeResponse, RequestEmailChangeRequest,
    RequestEmailChangeResponse,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction};
use serde_json::json;
use uuid::Uuid;

use super::{current_password, email_address::EmailAddress, fields::Fields, row};
use crate::{
    call::{Call, parse_id},
    error::{Error, Violation},
    event,
    metrics::{Throttle, Tried},
    outbox::{self, Cause},
    store::{
        account::{ActiveModel, Model, State},
        reset_code::{self, Purpose},
    },
    throttle::{self, Bucket, Curve, Refusal},
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
    let new_email = fields.email("new_email", &request.new_email);
    if own && request.current_password.is_empty() {
        fields.refuse(Violation::new("current_password", "REQUIRED"));
    }
    fields.finish()?;
    let new_email = new_email.ok_or_else(|| Error::field("new_email", "REQUIRED"))?;
    let mut verified = None;
    if own {
        let account = row::find(&call.app.store.read, id).await?;
        check_state(&account)?;
        current_password::verify(call, &account, &request.current_password).await?;
        verified = Some(account);
    }

    enqueue(call, id, verified.as_ref(), &new_email).await?;
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

/// Has the new address asked and the old one told. `verified` is the account as its own password was verified.
async fn enqueue(
    call: &Call<'_>,
    id: Uuid,
    verified: Option<&Model>,
    new_email: &EmailAddress,
) -> Result<(), Error> {
    let app = call.app;
    let txn = app.store.write().await?;
    let account = match verified {
        Some(verified) => current_password::lock(&txn, verified).await?,
        None => row::lock_in_scope(&txn, call, id).await?,
    };
    check_state(&account)?;
    let by_person = verified.is_some();
    if by_person && let Err(refusal) = admit(call, &txn, &account, new_email).await? {
        // Nothing is charged by what is refused, and the one writer is free for the refusal.
        txn.rollback().await?;
        let told_to = (&app.store, &app.metrics);
        let subject = (&account).into();
        return Err(throttle::refuse(told_to, call, subject, &refusal, call.now).await?);
    }

    // Only the address asked for last can be confirmed.
    reset_code::Entity::revoke_all_for(&txn, account.id, Purpose::EmailChange, call.now).await?;
    let new_email = new_email.as_str();
    let cause = Cause::ConfirmEmail {
        new_email: new_email.to_owned(),
    };
    outbox::enqueue(&txn, app, cause, &account, new_email).await?;
    if let Some(old_email) = &account.email {
        let cause = Cause::EmailChangeRequested {
            new_email: new_email.to_owned(),
            by_person,
        };
        outbox::enqueue(&txn, app, cause, &account, old_email).await?;
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

/// An address is asked as often as so many accounts may ask: one alone never closes it for its owner.
const ACCOUNTS_FOR_AN_ADDRESS: u32 = 10;

/// Counts a request for its account, as often as one for a new password (`reset::admission`), and for the address that it
/// would mail to, whoever else asks for that one.
async fn admit(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &Model,
    new_email: &EmailAddress,
) -> Result<Result<(), Refusal>, Error> {
    let limits = &call.app.config.throttle;
    if !limits.enabled {
        return Ok(Ok(()));
    }
    let key = |parts: &[&[u8]]| throttle::key(&call.app.master_key, parts);
    let own = key(&[b"email-change-account", account.id.as_bytes()]);
    let shared = key(&[b"email-change-address", new_email.key().as_bytes()]);
    let of_address = Bucket {
        size: limits
            .reset_requests
            .saturating_mul(ACCOUNTS_FOR_AN_ADDRESS),
        leak: limits.reset_interval / ACCOUNTS_FOR_AN_ADDRESS,
    };
    let mut admitted = throttle::charge(txn, &own, Curve::of_resets(limits), call.now).await?;
    if admitted.is_ok() {
        admitted = throttle::pour(txn, &shared, of_address, call.now).await?;
    }
    Ok(admitted.map_err(|closed| Refusal {
        tried: Tried::EmailChange,
        throttle: Throttle::Account,
        closed,
    }))
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
    let (before, email) = use_code(&txn, call, id, &request.code).await?;
    check_state(&before).map_err(|_| Error::ResetCodeInvalid)?;
    let changes = ActiveModel {
        email: Set(Some(email.as_str().to_owned())),
        email_key: Set(Some(email.key().to_owned())),
        email_verified: Set(true),
        ..Default::default()
    };
    let account = row::save(&txn, &before, changes, call.now).await?;
    // Also where the address is the one that it was: who confirms it is promised that no link is left.
    reset_code::Entity::revoke_all(&txn, id, call.now).await?;
    event::append(&txn, call, "email.changed", &account, Some(id), json!({})).await?;
    notify(&txn, call, before.email, &account, email.as_str()).await?;
    txn.commit().await?;

    call.app.wake.send_replace(());
    Ok(ConfirmEmailChangeResponse {
        email: email.as_str().to_owned(),
    })
}

/// Uses the code up, which only one call can, and returns its account and the address that it was mailed to.
async fn use_code(
    txn: &DatabaseTransaction,
    call: &Call<'_>,
    id: Uuid,
    code: &str,
) -> Result<(Model, EmailAddress), Error> {
    let code = reset_code::Entity::find_live(txn, id, code, call.now)
        .await?
        .filter(|code| code.purpose == Purpose::EmailChange)
        .ok_or(Error::ResetCodeInvalid)?;
    // The account first, as with all that changes its codes: in another order, two calls could wait for each other.
    let account = match row::lock(txn, id).await {
        Err(Error::NotFound) => return Err(Error::ResetCodeInvalid),
        locked => locked?,
    };
    if !reset_code::Entity::consume(txn, code.id, call.now).await? {
        return Err(Error::ResetCodeInvalid);
    }

    let email = code
        .email
        .and_then(|email| EmailAddress::parse(&email).ok());
    Ok((account, email.ok_or(Error::ResetCodeInvalid)?))
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
