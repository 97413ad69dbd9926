//! Sealing what is new in the journal.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::OnConflict,
};

use super::chain::{self, Head};
use crate::{
    app::App,
    error::Error,
    store::{event, event_seal, retired_key},
};

/// Events under one seal: what is read and written at a time.
const BATCH: u64 = 1_000;

/// Seals all events that are not sealed yet.
pub async fn seal(app: &App) -> Result<(), Error> {
    while seal_some(app).await? == BATCH {}
    Ok(())
}

/// One seal over up to [`BATCH`] events. Of several replicas that seal the same, one does.
async fn seal_some(app: &App) -> Result<u64, Error> {
    // Read without the write lock, since a row of the journal never changes: whether all of them are still unsealed is
    // seen when they are marked.
    let events = event::Entity::find()
        .filter(event::Column::SealNumber.is_null())
        .order_by_asc(event::Column::Id)
        .limit(BATCH)
        .all(&app.store.read)
        .await?;
    if events.is_empty() {
        return Ok(0);
    }
    let count = events.len() as u64;
    let digest = chain::digest(&events).map_err(|cause| Error::Internal(cause.into()))?;

    let txn = app.store.write().await?;
    let before = Head::newest(&txn).await?;
    // Behind a seal under a newer key there must be none under an older one. Within seconds this server knows the newer.
    if retired_key::Entity::is_retired(&txn, &app.master_key.id_in_force()).await? {
        return Ok(0);
    }
    let mut seal = event_seal::Model {
        number: before.as_ref().map_or(0, |head| head.number) + 1,
        event_count: i64::try_from(count).unwrap_or(i64::MAX),
        digest,
        seal_time: app.clock.now(),
        mac: Vec::new(),
    };
    let before = before.map_or_else(Vec::new, |head| head.mac);
    seal.mac = chain::mac(&app.master_key, &seal, &before);

    let number = seal.number;
    let taken = OnConflict::column(event_seal::Column::Number)
        .do_nothing()
        .to_owned();
    let written = event_seal::Entity::insert(event_seal::ActiveModel::from(seal))
        .on_conflict(taken)
        .exec_without_returning(&txn)
        .await?;
    let marked = event::Entity::update_many()
        .set(event::ActiveModel {
            seal_number: Set(Some(number)),
            ..Default::default()
        })
        .filter(event::Column::Id.is_in(events.iter().map(|event| event.id)))
        .filter(event::Column::SealNumber.is_null())
        .exec(&txn)
        .await?;
    if written == 0 || marked.rows_affected != count {
        // Another replica was faster; what it left is for the next time.
        return Ok(0);
    }
    txn.commit().await?;
    Ok(count)
}
