//! `DeleteAccount`, `UndeleteAccount` and `PurgeAccount`.

use guichet_proto::v1::{
    DeleteAccountRequest, DeleteAccountResponse, PurgeAccountRequest, PurgeAccountResponse,
    UndeleteAccountRequest, UndeleteAccountResponse,
};
use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use uuid::Uuid;

use super::{lifecycle, row, state::Transition, view};
use crate::{
    call::{Call, parse_id},
    error::Error,
    event,
    store::{
        account::{Entity, State},
        first_reply, outbox, reset_request,
    },
};

/// `DeleteAccount`.
pub async fn delete_account(
    call: &Call<'_>,
    request: DeleteAccountRequest,
) -> Result<DeleteAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let account = lifecycle::change(call, id, &request.etag, Transition::Delete).await?;
    Ok(DeleteAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `UndeleteAccount`.
pub async fn undelete_account(
    call: &Call<'_>,
    request: UndeleteAccountRequest,
) -> Result<UndeleteAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let account = lifecycle::change(call, id, "", Transition::Undelete).await?;
    Ok(UndeleteAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `PurgeAccount`. Events stay: they hold no personal data. Sessions and codes go with the account's row.
pub async fn purge_account(
    call: &Call<'_>,
    request: PurgeAccountRequest,
) -> Result<PurgeAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let txn = call.app.store.write().await?;
    let account = row::lock_in_scope(&txn, call, id).await?;
    if account.state != State::Deleted {
        return Err(Error::State);
    }

    let subject = event::Subject::from(&account);
    let keys = [Some(account.username_key), account.email_key];
    reset_request::Entity::delete_many()
        .filter(reset_request::Column::IdentifierKey.is_in(keys.into_iter().flatten()))
        .exec(&txn)
        .await?;
    forget_mails(&txn, id).await?;
    first_reply::Entity::delete_many()
        .filter(first_reply::Column::AccountId.eq(id))
        .exec(&txn)
        .await?;
    Entity::delete_by_id(id).exec(&txn).await?;
    event::append(
        &txn,
        &call.app.clock,
        "account.purged",
        subject,
        call.caller.actor_id(),
        json!({}),
    )
    .await?;
    txn.commit().await?;

    Ok(PurgeAccountResponse {})
}

/// Deletes the mails to an account and what is kept of those to several; one to several that is still to leave stays, for
/// the others' sake, and no longer names this account.
async fn forget_mails(db: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    let past_to_several = Condition::all()
        .add(outbox::Column::AccountId.is_null())
        .add(outbox::Column::State.ne(outbox::State::Queued))
        .add(outbox::Column::Subject.contains(id.to_string()));
    let doomed = Condition::any()
        .add(outbox::Column::AccountId.eq(id))
        .add(past_to_several);
    outbox::Entity::delete_many()
        .filter(doomed)
        .exec(db)
        .await?;
    Ok(())
}
