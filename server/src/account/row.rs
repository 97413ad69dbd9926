//! An account's row while it is changed: locked, written only as it was read, its conflicts named.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, SqlErr,
};
use uuid::Uuid;

use super::rank;
use crate::{
    call::Call,
    clock::Timestamp,
    error::Error,
    store::{
        account::{ActiveModel, Column, Entity, Model},
        reset_code,
    },
};

/// The account, only to be read.
pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Model, Error> {
    Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// The account, held until the transaction ends.
pub async fn lock(txn: &impl ConnectionTrait, id: Uuid) -> Result<Model, Error> {
    Entity::find_by_id(id)
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or(Error::NotFound)
}

/// Likewise, if the account is in the caller's scope and not ranked above the caller.
///
/// # Errors
/// `NotFound` for what is out of scope, as if it didn't exist; `Forbidden` for who is ranked above.
pub async fn lock_in_scope(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    id: Uuid,
) -> Result<Model, Error> {
    let scope = call.scope()?;
    let account = Entity::within(&scope)
        .filter(Column::Id.eq(id))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or(Error::NotFound)?;
    rank::check(txn, &scope, &account).await?;
    Ok(account)
}

/// Writes `changes` over `before` and returns the account as it is then. All codes die that were made for an address which
/// it no longer has; those that were given to others, where it gets other roles or goes to another institution.
///
/// # Errors
/// `EtagMismatch` if the row is not `before` any more; `UsernameTaken` and `ExternalIdTaken`.
pub async fn save(
    txn: &impl ConnectionTrait,
    before: &Model,
    mut changes: ActiveModel,
    now: Timestamp,
) -> Result<Model, Error> {
    changes.update_time = Set(now);
    changes.version = Set(before.version + 1);
    let update = Entity::update_many()
        .set(changes)
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version));
    if update.exec(txn).await.map_err(conflict)?.rows_affected == 0 {
        return Err(Error::EtagMismatch);
    }

    let after = find(txn, before.id).await?;
    if after.email != before.email {
        reset_code::Entity::revoke_all(txn, before.id, now).await?;
    }
    // Whoever could act for the person that this was need not be let act for who it is now.
    if after.roles != before.roles || after.institution_id != before.institution_id {
        reset_code::Entity::revoke_granted(txn, before.id, now).await?;
    }
    Ok(after)
}

/// Names a broken unique index; both stores name it in their message.
pub fn conflict(error: DbErr) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(message)) if message.contains("username_key") => {
            Error::UsernameTaken
        }
        Some(SqlErr::UniqueConstraintViolation(message)) if message.contains("external_id") => {
            Error::ExternalIdTaken
        }
        _ => error.into(),
    }
}
