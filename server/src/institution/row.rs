//! An institution's row: found in the caller's scope, locked, written only as it was read.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, Select,
};
use uuid::Uuid;

use crate::{
    account::row::conflict,
    clock::Timestamp,
    error::Error,
    store::{
        institution::{ActiveModel, Column, Entity, Model},
        scope::Scope,
    },
};

/// The institution, only to be read.
///
/// # Errors
/// `NotFound` for what is out of scope, as if it didn't exist.
pub async fn find(db: &impl ConnectionTrait, scope: &Scope, id: Uuid) -> Result<Model, Error> {
    one(scope, id).one(db).await?.ok_or(Error::NotFound)
}

/// The institution, which can't be deleted until the transaction ends: something is about to belong to it.
pub async fn keep(txn: &impl ConnectionTrait, scope: &Scope, id: Uuid) -> Result<Model, Error> {
    let kept = one(scope, id).lock_shared().one(txn).await?;
    kept.ok_or(Error::NotFound)
}

/// The institution, held until the transaction ends. An `etag` that is not empty must be the current one.
pub async fn lock(
    txn: &impl ConnectionTrait,
    scope: &Scope,
    id: Uuid,
    etag: &str,
) -> Result<Model, Error> {
    let held = one(scope, id).lock_exclusive().one(txn).await?;
    let held = held.ok_or(Error::NotFound)?;
    if !etag.is_empty() && etag != super::view::etag(&held) {
        return Err(Error::EtagMismatch);
    }
    Ok(held)
}

fn one(scope: &Scope, id: Uuid) -> Select<Entity> {
    Entity::within(scope).filter(Column::Id.eq(id))
}

/// Writes `changes` over `before` and returns the institution as it is then.
///
/// # Errors
/// `EtagMismatch` if the row is not `before` any more; `ExternalIdTaken`.
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

    find(txn, &Scope::Everything, before.id).await
}
