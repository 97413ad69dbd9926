//! The journal: one row for each change that matters, written in the change's own transaction.

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::{clock::Clock, store::event};

/// Appends an event. `attributes` must hold neither secrets nor personal data: events outlive a purge.
pub async fn append(
    db: &impl ConnectionTrait,
    clock: &Clock,
    kind: &str,
    account_id: Option<Uuid>,
    actor_id: Option<Uuid>,
    attributes: serde_json::Value,
) -> Result<(), DbErr> {
    event::ActiveModel {
        id: Set(clock.new_id()),
        kind: Set(kind.to_owned()),
        time: Set(clock.now()),
        account_id: Set(account_id),
        actor_id: Set(actor_id),
        attributes: Set(attributes.to_string()),
    }
    .insert(db)
    .await
    .map(drop)
}
