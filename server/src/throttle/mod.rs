//! Slows guessing down: counters in the database, so that every replica and every restart agrees.
//!
//! A try is charged before the work and refunded on success, and a charge holds its counter until it is committed.
//! Parallel guesses therefore can't outrun the counter, and a call that is cancelled has still been counted.
//! [`Turns`] keeps tries that are right from being refused for others that nobody has looked at yet, and [`refuse`] tells
//! operators what is refused. [`own_writes`] bounds what people write who are signed in.

use std::time::Duration;

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

pub use self::{
    bucket::Bucket,
    buckets::Buckets,
    level::{Full, Level},
    refusal::{AT_MOST_EVERY, Refusal, lately_refusing, refuse, tell_within},
    turns::{Turn, Turns},
};
use crate::{
    clock::Timestamp,
    config,
    master_key::{MasterKey, Purpose},
    store::{
        Store,
        throttle::{ActiveModel, Column, Entity, Model},
    },
};

mod bucket;
mod buckets;
mod level;
pub mod own_writes;
mod refusal;
mod turns;

/// How long a counter is remembered after its last try.
const MEMORY: Duration = Duration::from_hours(24);

/// When an open counter opened. Not the moment of the last try: a call that began a little earlier, or on a replica whose
/// clock is behind, would find it closed.
const LONG_OPEN: Timestamp = Timestamp(0);

/// How much later than for the call that looks at it a moment may be: a call takes ten seconds at most, and replicas follow
/// one clock.
const SLACK: Duration = Duration::from_mins(1);

/// The latest moment that a counter can name, if it names none that is further off than `furthest`. Only a clock that was
/// ahead has written a later one, and nobody waits until time has caught up with that.
fn latest(furthest: Duration, now: Timestamp) -> Timestamp {
    now.plus(furthest).plus(SLACK)
}

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

    /// The curve of requests for a mail: so many at once, and then one an interval. It does not double: the delay holds up
    /// the owner as well, and one mail an interval bothers nobody.
    pub const fn of_resets(limits: &config::Throttle) -> Self {
        Self {
            free: limits.reset_requests,
            base: limits.reset_interval,
            longest: limits.reset_interval,
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

/// A counter that lets no try through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Which.
    pub key: Vec<u8>,
    /// How long it will.
    pub wait: Duration,
    /// When operators were told so.
    told: Option<Timestamp>,
}

/// Charges one try. If the counter is closed, nothing was charged, so that nobody can hold a delay open.
pub async fn charge(
    txn: &DatabaseTransaction,
    key: &[u8],
    curve: Curve,
    now: Timestamp,
) -> Result<Result<(), Closed>, DbErr> {
    let counter = hold(txn, key, now).await?;
    let forgotten = counter.expire_time <= now;
    let is_closed = now < counter.open_time && counter.open_time <= latest(curve.longest, now);
    if !forgotten && is_closed {
        return Ok(Err(counter.closed_for(counter.open_time.since(now))));
    }
    let failures = if forgotten { 1 } else { counter.failures + 1 };
    let charged = ActiveModel {
        key: Unchanged(counter.key),
        failures: Set(failures),
        open_time: Set(curve.open_time(failures, now)),
        expire_time: Set(now.plus(MEMORY)),
        refuse_time: Set(counter.refuse_time.filter(|_| !forgotten)),
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
        refuse_time: Set(None),
    };
    let as_it_was = OnConflict::column(Column::Key)
        .value(Column::Failures, Expr::col((Entity, Column::Failures)))
        .to_owned();
    Entity::insert(begun)
        .on_conflict(as_it_was)
        .exec_with_returning(txn)
        .await
}

impl Model {
    fn closed_for(&self, wait: Duration) -> Closed {
        Closed {
            key: self.key.clone(),
            wait,
            told: self.refuse_time,
        }
    }
}

/// Pours one try into a bucket. If it is full, nothing was poured.
///
/// `open_time` is when the bucket will be empty: one number tells how full it is, at every moment, on every replica.
pub async fn pour(
    txn: &DatabaseTransaction,
    key: &[u8],
    bucket: Bucket,
    now: Timestamp,
) -> Result<Result<(), Closed>, DbErr> {
    let counter = hold(txn, key, now).await?;
    if let Some(wait) = bucket.wait(counter.open_time, now) {
        return Ok(Err(counter.closed_for(wait)));
    }
    let level = bucket.level(counter.open_time, now);
    let was_empty = level.is_zero();
    let empty_time = now.plus(level).plus(bucket.leak);
    let poured = ActiveModel {
        key: Unchanged(counter.key),
        failures: Set(counter.failures + 1),
        open_time: Set(empty_time),
        expire_time: Set(empty_time),
        refuse_time: Set(counter.refuse_time.filter(|_| !was_empty)),
    };
    Entity::update(poured).exec(txn).await?;
    Ok(Ok(()))
}

/// Whether a bucket that everybody shares has room, without holding it.
pub async fn look(
    db: &impl ConnectionTrait,
    key: &[u8],
    bucket: Bucket,
    now: Timestamp,
) -> Result<Result<(), Closed>, DbErr> {
    let counter = Entity::find_by_id(key.to_vec()).one(db).await?;
    let closed = counter.and_then(|counter| {
        let wait = bucket.wait(counter.open_time, now)?;
        Some(counter.closed_for(wait))
    });
    Ok(closed.map_or(Ok(()), Err))
}

/// Pours one try into a bucket that everybody shares, in one statement, so that nobody waits for it longer than for that.
/// The bucket may overflow by the tries that are looked at in the same moment.
pub async fn spill(
    db: &impl ConnectionTrait,
    key: &[u8],
    bucket: Bucket,
    now: Timestamp,
) -> Result<(), DbErr> {
    let empty_time = now.plus(bucket.leak);
    let first = ActiveModel {
        key: Set(key.to_vec()),
        failures: Set(1),
        open_time: Set(empty_time),
        expire_time: Set(empty_time),
        refuse_time: Set(None),
    };
    let leak = i64::try_from(bucket.leak.as_micros()).unwrap_or(i64::MAX);
    let of_row = |column| Expr::col((Entity, column));
    let is_empty = || of_row(Column::OpenTime).lte(now);
    let is_ahead = || of_row(Column::OpenTime).gt(latest(bucket.full(), now));
    // What `Bucket::level` says.
    let fuller = || {
        Expr::case(is_empty(), now)
            .case(is_ahead(), now.plus(bucket.full_but_for_one()))
            .finally(of_row(Column::OpenTime))
    };
    let poured = OnConflict::column(Column::Key)
        .value(Column::Failures, of_row(Column::Failures).add(1))
        .value(Column::OpenTime, Expr::expr(fuller()).add(leak))
        .value(Column::ExpireTime, Expr::expr(fuller()).add(leak))
        .value(
            Column::RefuseTime,
            Expr::case(is_empty(), Option::<i64>::None).finally(of_row(Column::RefuseTime)),
        )
        .to_owned();
    Entity::insert(first)
        .on_conflict(poured)
        .exec_without_returning(db)
        .await
        .map(drop)
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

/// Forgets a counter, and tells how many failures it had: the try was a good one, or an administrator unlocks.
pub async fn forget(db: &impl ConnectionTrait, key: &[u8]) -> Result<Option<i64>, DbErr> {
    let forgotten = Entity::delete_by_id(key.to_vec()).exec_with_returning(db);
    Ok(forgotten.await?.map(|counter| counter.failures))
}

/// Deletes the counters that nobody needs any more.
pub async fn sweep(store: &Store, now: Timestamp) -> Result<(), DbErr> {
    let old = Column::ExpireTime.lte(now);
    store.sweep::<Entity>(Column::Key, old).await
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
