//! Slows guessing down: counters in the database, so that every replica and every restart agrees.
//!
//! A try is charged before the work and refunded on success, and a charge holds its counter until it is committed.
//! Parallel guesses therefore can't outrun the counter, and a call that is cancelled has still been counted.

use std::time::Duration;

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::{
    clock::Timestamp,
    config,
    master_key::{MasterKey, Purpose},
    store::throttle::{ActiveModel, Column, Entity, Model},
};

/// How long a counter is remembered after its last try.
const MEMORY: Duration = Duration::from_hours(24);

/// When an open counter opened. Not the moment of the last try: a call that began a little earlier, or on a replica whose
/// clock is behind, would find it closed.
const LONG_OPEN: Timestamp = Timestamp(0);

/// Free tries, then a delay that doubles up to a limit and expires.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    /// Tries without any delay.
    pub free: u32,
    /// Delay after the first try beyond them.
    pub base: Duration,
    /// Longest delay.
    pub longest: Duration,
}

impl Curve {
    /// The curve of wrong passwords.
    pub const fn of_failures(limits: &config::Throttle) -> Self {
        Self {
            free: limits.free_failures,
            base: limits.base_delay,
            longest: limits.max_delay,
        }
    }

    /// How long the next try waits after `tries`.
    fn delay(self, tries: i64) -> Duration {
        let Some(beyond) = u32::try_from(tries)
            .ok()
            .and_then(|tries| tries.checked_sub(self.free))
        else {
            return Duration::ZERO;
        };
        let doubled = self
            .base
            .saturating_mul(2_u32.saturating_pow(Ord::min(beyond, 30)));
        doubled.min(self.longest)
    }

    /// When the next try after `tries` is let through, of which the last is made `now`.
    fn open_time(self, tries: i64, now: Timestamp) -> Timestamp {
        match self.delay(tries) {
            Duration::ZERO => LONG_OPEN,
            delay => now.plus(delay),
        }
    }
}

/// The key of a counter: a keyed hash, so that the table tells nobody what was typed.
pub fn key(master_key: &MasterKey, parts: &[&[u8]]) -> Vec<u8> {
    master_key.mac(Purpose::ThrottleKeys, parts).to_vec()
}

/// Charges one try. `Err` carries how long to wait; then nothing was charged, so that nobody can hold a delay open.
pub async fn charge(
    txn: &DatabaseTransaction,
    key: &[u8],
    curve: Curve,
    now: Timestamp,
) -> Result<Result<(), Duration>, DbErr> {
    let counter = hold(txn, key, now).await?;
    let forgotten = counter.expire_time <= now;
    if !forgotten && now < counter.open_time {
        return Ok(Err(counter.open_time.since(now)));
    }
    let failures = if forgotten { 1 } else { counter.failures + 1 };
    let charged = ActiveModel {
        key: Unchanged(counter.key),
        failures: Set(failures),
        open_time: Set(curve.open_time(failures, now)),
        expire_time: Set(now.plus(MEMORY)),
    };
    Entity::update(charged).exec(txn).await?;
    Ok(Ok(()))
}

/// Reads a counter, or begins one, and keeps others from it until the transaction ends.
///
/// An update that changes nothing takes the row's lock on every database, and finds what the last holder committed.
async fn hold(txn: &DatabaseTransaction, key: &[u8], now: Timestamp) -> Result<Model, DbErr> {
    let begun = ActiveModel {
        key: Set(key.to_vec()),
        failures: Set(0),
        open_time: Set(LONG_OPEN),
        expire_time: Set(now.plus(MEMORY)),
    };
    let as_it_was = OnConflict::column(Column::Key)
        .value(Column::Failures, Expr::col((Entity, Column::Failures)))
        .to_owned();
    Entity::insert(begun)
        .on_conflict(as_it_was)
        .exec_with_returning(txn)
        .await
}

/// Tries that leak away one by one: so many at once, and then as many as leak.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Tries that it holds.
    pub size: u32,
    /// Time in which one leaks away.
    pub leak: Duration,
}

/// Pours one try into a bucket. `Err` carries how long to wait until there is room for it; then nothing was poured.
///
/// `open_time` is when the bucket will be empty: one number tells how full it is, at every moment, on every replica.
pub async fn pour(
    txn: &DatabaseTransaction,
    key: &[u8],
    bucket: Bucket,
    now: Timestamp,
) -> Result<Result<(), Duration>, DbErr> {
    let counter = hold(txn, key, now).await?;
    let empty_time = Ord::max(counter.open_time, now).plus(bucket.leak);
    let level = empty_time.since(now);
    let full = bucket.leak.saturating_mul(bucket.size);
    if level > full {
        return Ok(Err(level.saturating_sub(full)));
    }
    let poured = ActiveModel {
        key: Unchanged(counter.key),
        failures: Set(counter.failures + 1),
        open_time: Set(empty_time),
        expire_time: Set(empty_time),
    };
    Entity::update(poured).exec(txn).await?;
    Ok(Ok(()))
}

/// Takes one try out again: it was a good one, or nobody looked at it.
pub async fn scoop(db: &impl ConnectionTrait, key: &[u8], bucket: Bucket) -> Result<(), DbErr> {
    let leak = i64::try_from(bucket.leak.as_micros()).unwrap_or(i64::MAX);
    Entity::update_many()
        .col_expr(Column::OpenTime, Expr::col(Column::OpenTime).sub(leak))
        .filter(Column::Key.eq(key))
        .exec(db)
        .await
        .map(drop)
}

/// Takes one charge back, because the try was never looked at. The tries before it still count.
///
/// A charged try found its counter open, so it is open again.
pub async fn take_back(db: &impl ConnectionTrait, key: &[u8]) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Failures, Expr::col(Column::Failures).sub(1))
        .col_expr(Column::OpenTime, Expr::value(LONG_OPEN))
        .filter(Column::Key.eq(key))
        .filter(Column::Failures.gt(0))
        .exec(db)
        .await
        .map(drop)
}

/// Forgets a counter: the try was a good one, or an administrator unlocks.
pub async fn forget(db: &impl ConnectionTrait, key: &[u8]) -> Result<(), DbErr> {
    Entity::delete_by_id(key.to_vec()).exec(db).await.map(drop)
}

/// Deletes the counters that nobody needs any more.
pub async fn sweep(db: &impl ConnectionTrait, now: Timestamp) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::ExpireTime.lte(now))
        .exec(db)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_from_the_free_tries_to_the_limit() {
        let curve = Curve {
            free: 5,
            base: Duration::from_secs(30),
            longest: Duration::from_hours(1),
        };

        for (tries, seconds) in [
            (1, 0),
            (4, 0),
            (5, 30),
            (6, 60),
            (7, 120),
            (12, 3_600),
            (1_000, 3_600),
        ] {
            assert_eq!(
                curve.delay(tries),
                Duration::from_secs(seconds),
                "after {tries} tries"
            );
        }
    }
}
