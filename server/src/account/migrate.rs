//! `MigrateAccount`, `BatchMigrateAccounts` and `SendActivation`.

use guichet_proto::v1::{
    BatchMigrateAccountsRequest, BatchMigrateAccountsResponse, MigrateAccountRequest,
    MigrateAccountResponse, SendActivationRequest, SendActivationResponse,
    batch_migrate_accounts_response::Result as RowResult,
};
use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use serde_json::json;

use super::{email_address::EmailAddress, fields::Fields, lifecycle, row, state::Transition, view};
use crate::{
    call::{Call, parse_id},
    error::{Error, Violation},
    event,
    outbox::{self, Cause},
    store::account::{ActiveModel, Model, State},
};

/// Most rows of one `BatchMigrateAccounts`.
const MAX_BATCH: usize = 100;

/// `MigrateAccount`.
pub async fn migrate_account(
    call: &Call<'_>,
    request: MigrateAccountRequest,
) -> Result<MigrateAccountResponse, Error> {
    let mut fields = Fields::default();
    let id = fields.part(parse_id("account_id", &request.account_id))?;
    let email = fields.email("email", &request.email);
    let locale = fields.locale("locale", &request.locale);
    fields.finish()?;
    let id = id.ok_or_else(|| Error::field("account_id", "REQUIRED"))?;
    let email = email.ok_or_else(|| Error::field("email", "REQUIRED"))?;

    let txn = call.app.store.write().await?;
    let before = row::lock_in_scope(&txn, call, id).await?;
    let mut changes = ActiveModel {
        email: Set(Some(email.as_str().to_owned())),
        email_key: Set(Some(email.key().to_owned())),
        email_verified: Set(false),
        // The person chooses a new one by the link: PENDING means that there is none.
        password_hash: Set(None),
        ..Default::default()
    };
    if locale.is_some() {
        changes.locale = Set(locale);
    }
    let account = lifecycle::apply(&txn, call, &before, Transition::Migrate, changes).await?;
    outbox::enqueue(&txn, call.app, Cause::Activation, &account, email.as_str()).await?;
    txn.commit().await?;

    call.app.wake.send_replace(());
    Ok(MigrateAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `BatchMigrateAccounts`: each row in its own transaction.
pub async fn batch_migrate_accounts(
    call: &Call<'_>,
    request: BatchMigrateAccountsRequest,
) -> Result<BatchMigrateAccountsResponse, Error> {
    if request.requests.is_empty() {
        return Err(Error::field("requests", "REQUIRED"));
    }
    if request.requests.len() > MAX_BATCH {
        return Err(Error::InvalidFields(vec![Violation::with_limit(
            "requests", "TOO_MANY", MAX_BATCH,
        )]));
    }

    let mut results = Vec::with_capacity(request.requests.len());
    for row in request.requests {
        let account_id = row.account_id.clone();
        results.push(match call.carry_out(row, migrate_account).await {
            Ok(reply) => RowResult {
                account_id,
                account: reply.account,
                reason: String::new(),
            },
            // No verdict on the row: the caller repeats the batch, and rows already migrated answer STATE.
            Err(error @ (Error::StoreUnavailable(_) | Error::Internal(_))) => return Err(error),
            Err(error) => RowResult {
                account_id,
                account: None,
                reason: error.reason().to_owned(),
            },
        });
    }
    Ok(BatchMigrateAccountsResponse { results })
}

/// `SendActivation`.
pub async fn send_activation(
    call: &Call<'_>,
    request: SendActivationRequest,
) -> Result<SendActivationResponse, Error> {
    let mut fields = Fields::default();
    let id = fields.part(parse_id("account_id", &request.account_id))?;
    let corrected = match request.email.as_str() {
        "" => None,
        typed => fields.email("email", typed),
    };
    fields.finish()?;
    let id = id.ok_or_else(|| Error::field("account_id", "REQUIRED"))?;

    let txn = call.app.store.write().await?;
    let mut account = row::lock_in_scope(&txn, call, id).await?;
    if account.state != State::Pending {
        return Err(Error::State);
    }
    // The same address is no correction: links that were mailed there stay good.
    if let Some(email) = corrected
        && account.email.as_deref() != Some(email.as_str())
    {
        account = correct(&txn, call, &account, &email).await?;
    }
    let email = account.email.as_deref().ok_or(Error::State)?;
    outbox::enqueue(&txn, call.app, Cause::Activation, &account, email).await?;
    let actor = call.caller.actor_id();
    event::append(
        &txn,
        call,
        "activation.requested",
        &account,
        actor,
        json!({}),
    )
    .await?;
    txn.commit().await?;

    call.app.wake.send_replace(());
    Ok(SendActivationResponse {})
}

/// Gives an account without a password another address. Whoever has the mails to the wrong one can do nothing with them any
/// more. But where somebody has opened it by that one, "this was not me" has taken the password away since, and that person
/// is told, and can bring the address back.
async fn correct(
    txn: &DatabaseTransaction,
    call: &Call<'_>,
    before: &Model,
    email: &EmailAddress,
) -> Result<Model, Error> {
    let changes = ActiveModel {
        email: Set(Some(email.as_str().to_owned())),
        email_key: Set(Some(email.key().to_owned())),
        email_verified: Set(false),
        ..Default::default()
    };
    let account = row::save(txn, before, changes, call.now).await?;
    if before.email_verified
        && let Some(old_email) = &before.email
    {
        let cause = Cause::EmailChanged {
            old_email: old_email.clone(),
            new_email: email.as_str().to_owned(),
        };
        outbox::enqueue(txn, call.app, cause, &account, old_email).await?;
    }
    let actor = call.caller.actor_id();
    event::append(txn, call, "email.corrected", &account, actor, json!({})).await?;
    Ok(account)
}
