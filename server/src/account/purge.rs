//! The end of an account: all that is held about a person goes, and cannot come back.

use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use uuid::Uuid;

use crate::{
    call::Call,
    error::Error,
    event,
    store::{
        account::{Entity, Model},
        first_reply, outbox, reset_request,
    },
};

/// Removes an account that the transaction holds. Events stay: they hold no personal data. Sessions, codes and the rows of
/// imports go with the account's row. Requests stay that are about others too, or might be as they are not decided: they go
/// when they are old.
pub async fn purge(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    account: Model,
) -> Result<(), Error> {
    let id = account.id;
    let subject = event::Subject::from(&account);
    reset_request::Entity::delete_many()
        .filter(reset_request::Entity::about(&account))
        .filter(reset_request::Column::DecideTime.is_not_null())
        .exec(txn)
        .await?;
    forget_mails(txn, id).await?;
    first_reply::Entity::delete_many()
        .filter(first_reply::Column::AccountId.eq(id))
        .exec(txn)
        .await?;
    Entity::delete_by_id(id).exec(txn).await?;
    event::append(
        txn,
        call,
        "account.purged",
        subject,
        call.caller.actor_id(),
        json!({}),
    )
    .await?;
    Ok(())
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
