//! After a database was put back from a copy: nobody stays signed in by it, and no link of it is good.
//!
//! What was used, ended or thrown away since the copy was made would live again otherwise: a mailed link that has been
//! used, a session that was signed out of because its telephone was stolen.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _,
    QueryFilter as _,
};
use serde_json::json;

use super::{Store, WITHOUT_LIMITS, reset_code, session};
use crate::{
    clock::Clock,
    event::{self, Subject},
};

/// How much was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Sessions that were open.
    pub sessions: u64,
    /// Codes that were neither used nor killed.
    pub codes: u64,
}

/// Ends every session and kills every code, all of them or none, and writes it into the journal.
pub async fn end_all(store: &Store, clock: &Clock) -> anyhow::Result<Ended> {
    let now = clock.now();
    let txn = store.write().await?;
    if txn.get_database_backend() == DbBackend::Postgres {
        // All sessions in one statement: there may be millions.
        txn.execute_unprepared(WITHOUT_LIMITS).await?;
    }
    let sessions = session::Entity::update_many()
        .set(session::ActiveModel {
            revoke_time: Set(Some(now)),
            revoke_reason: Set(Some("database.restored".to_owned())),
            ..Default::default()
        })
        .filter(session::Column::RevokeTime.is_null())
        .exec(&txn)
        .await?
        .rows_affected;
    let codes = reset_code::Entity::update_many()
        .set(reset_code::ActiveModel {
            revoke_time: Set(Some(now)),
            ..Default::default()
        })
        .filter(reset_code::Column::UseTime.is_null())
        .filter(reset_code::Column::RevokeTime.is_null())
        .exec(&txn)
        .await?
        .rows_affected;
    let about = json!({ "sessions": sessions, "codes": codes });
    event::append(
        &txn,
        clock,
        "database.restored",
        Subject::default(),
        None,
        about,
    )
    .await?;
    txn.commit().await?;
    Ok(Ended { sessions, codes })
}
