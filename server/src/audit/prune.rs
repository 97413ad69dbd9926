//! The end of old events. Their seals stay, so that the chain does, and an event says up to which seal they are gone.

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::seal;
use crate::{
    app::App,
    error::Error,
    event::{self, Subject},
    store::{event as journal, event_pruned, event_seal},
};

/// What tells that events were removed on purpose.
pub(super) const PRUNED: &str = "audit.pruned";

/// Its attribute.
pub(super) const UP_TO_SEAL: &str = "up_to_seal";

/// Removes the events of every seal that is older than the configured retention.
pub async fn prune(app: &App) -> Result<(), Error> {
    let oldest_kept = app.clock.now().minus(app.config.lifetimes.events);
    let txn = app.store.write().await?;
    let newest_old = event_seal::Entity::find()
        .filter(event_seal::Column::SealTime.lt(oldest_kept))
        .order_by_desc(event_seal::Column::Number)
        .one(&txn)
        .await?;
    let Some(newest_old) = newest_old else {
        return Ok(());
    };
    event_pruned::Entity::let_go(&txn, newest_old.number, app.clock.now()).await?;
    let removed = journal::Entity::delete_many()
        .filter(journal::Column::SealNumber.lte(newest_old.number))
        .exec(&txn)
        .await?;
    if removed.rows_affected == 0 {
        return Ok(());
    }
    let about = serde_json::json!({ UP_TO_SEAL: newest_old.number });
    event::append(&txn, &app.clock, PRUNED, Subject::default(), None, about).await?;
    txn.commit().await?;
    // Only what is sealed excuses that events are gone.
    seal(app).await
}
