//! What is refused is counted, and operators are told once that it is.

use std::time::Duration;

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, sea_query::Expr,
};

use super::{Closed, latest};
use crate::{
    clock::Timestamp,
    error::Error,
    event::{self, Subject, Witness},
    metrics::{Metrics, Throttle, Tried},
    store::{
        Store,
        throttle::{Column, Entity},
    },
};

/// How long the journal keeps silent about a counter that goes on refusing.
pub const AT_MOST_EVERY: Duration = Duration::from_hours(1);

/// One try that a counter did not let through.
#[derive(Debug)]
pub struct Refusal {
    /// What was tried.
    pub tried: Tried,
    /// Whose counter it was.
    pub throttle: Throttle,
    /// The counter.
    pub closed: Closed,
}

impl Refusal {
    /// Whether operators were told within the last hour that this counter refuses.
    fn is_told(&self, now: Timestamp) -> bool {
        self.closed.told.is_some_and(|told| is_recent(told, now))
    }
}

/// Whether what was told then was told within the last hour: not by a clock that was ahead.
pub(super) fn is_recent(told: Timestamp, now: Timestamp) -> bool {
    now.minus(AT_MOST_EVERY) < told && told <= latest(Duration::ZERO, now)
}

/// Counts a refusal. The first of an episode is written in the journal, about `subject`; one of many people's also in the
/// log, for it means an attack or a figure that is too small. Returns what the caller is told.
pub async fn refuse(
    (store, metrics): (&Store, &Metrics),
    witness: &impl Witness,
    subject: Subject,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<Error, DbErr> {
    if refusal.is_told(now) {
        metrics.throttled(refusal.tried, refusal.throttle);
    } else {
        let txn = store.write().await?;
        tell_within(&txn, metrics, witness, subject, refusal, now).await?;
        txn.commit().await?;
    }
    let retry_after = refusal.closed.wait;
    Ok(Error::Throttled { retry_after })
}

/// Tells it in a transaction of the caller's, who commits it.
pub async fn tell_within(
    txn: &DatabaseTransaction,
    metrics: &Metrics,
    witness: &impl Witness,
    subject: Subject,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<(), DbErr> {
    let Refusal {
        tried,
        throttle,
        closed,
    } = refusal;
    metrics.throttled(*tried, *throttle);
    if refusal.is_told(now) || !mark(txn, &closed.key, now).await? {
        return Ok(());
    }
    let (tried, by) = (tried.name(), throttle.name());
    let kind = format!("{tried}.throttled");
    let about = serde_json::json!({ "by": by });
    event::append(txn, witness, &kind, subject, None, about).await?;
    if matches!(throttle, Throttle::Network | Throttle::Deployment) {
        let network = witness.network();
        tracing::warn!(tried, by, network, "over its budget");
    }
    Ok(())
}

/// How many counters have refused tries within the last hour.
pub async fn lately_refusing(db: &impl ConnectionTrait, now: Timestamp) -> Result<u64, DbErr> {
    let refusing = Entity::find()
        .filter(Column::RefuseTime.gt(now.minus(AT_MOST_EVERY)))
        .filter(Column::RefuseTime.lte(latest(Duration::ZERO, now)));
    refusing.count(db).await
}

/// Writes down that operators were told; false if another call did.
async fn mark(txn: &DatabaseTransaction, key: &[u8], now: Timestamp) -> Result<bool, DbErr> {
    let unless_told = Condition::any()
        .add(Column::RefuseTime.is_null())
        .add(Column::RefuseTime.lte(now.minus(AT_MOST_EVERY)))
        .add(Column::RefuseTime.gt(latest(Duration::ZERO, now)));
    let marked = Entity::update_many()
        .col_expr(Column::RefuseTime, Expr::value(now))
        .filter(Column::Key.eq(key))
        .filter(unless_told)
        .exec(txn)
        .await?;
    Ok(marked.rows_affected == 1)
}
