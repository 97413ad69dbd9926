//! The end of old events. Their seals stay, so that the chain does, and an event says up to which seal they are gone.

use std::{iter, time::Duration};

use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select, SelectExt as _,
};

use super::seal;
use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    event::{self, Subject},
    store::{event as journal, event_pruned, event_seal},
};

/// What tells that events were removed on purpose.
pub(super) const PRUNED: &str = "audit.pruned";

/// Its attribute.
pub(super) const UP_TO_SEAL: &str = "up_to_seal";

/// The longest time between two seals that nobody wonders at: holidays, or a server that was switched off.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_hours(30 * 24);

/// Events that are removed at a time, and the rest of their last seal: others who write wait no longer than for these.
const STEP: u64 = 1_000;

/// Seals behind one that are looked at to see whether its clock was right: a day of one each second, as there may be where
/// somebody watches.
const AHEAD: i64 = 100_000;

/// By how much clocks may differ: those of replicas, and one before and after it is set.
const TOLERANCE: Duration = Duration::from_mins(1);

/// How often a clock may have been ahead for a moment; what is behind more of those is for the next time.
const MAX_JUMPS: usize = 100;

/// Whether old events go though nothing was sealed for long between them and the first that are kept. A clock that has
/// jumped years ahead looks like that, and would take the whole journal along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// They stay, and the log says what to do.
    Refused,
    /// They go: somebody has looked at the clock.
    Accepted,
}

/// Removes the events that are older than the configured retention, as whole seals: those before the first one that is
/// kept. What a stop leaves over is for the next time.
pub async fn prune(app: &App, gap: Gap) -> Result<(), Error> {
    // What has just happened may be the first that is kept.
    seal(app).await?;
    let mut up_to = event_pruned::Entity::up_to(&app.store.read).await?;
    if let Some(newest_old) = newest_old(app, up_to, gap).await? {
        let_go(app, newest_old).await?;
        up_to = newest_old;
    }
    remove(app, up_to).await
}

/// The last seal behind `gone` of which the events are to go.
///
/// The numbers decide: a seal that a wrong clock has dated into the past takes none along, and one of the future keeps none,
/// neither before its date nor once that has come: see [`first_kept`].
async fn newest_old(app: &App, gone: i64, gap: Gap) -> Result<Option<i64>, Error> {
    let db = &app.store.read;
    let Some(first_kept) = first_kept(app, gone).await? else {
        return Ok(None);
    };
    let newest_old = event_seal::Entity::find()
        .filter(event_seal::Column::Number.gt(gone))
        .filter(event_seal::Column::Number.lt(first_kept.number))
        .order_by_desc(event_seal::Column::Number)
        .one(db)
        .await?;
    let Some(newest_old) = newest_old else {
        return Ok(None);
    };

    if !under(gone + 1, newest_old.number).exists(db).await? {
        return Ok(None);
    }
    let pause = pause_before(app, gone, &first_kept).await?;
    if gap == Gap::Refused && pause > LONGEST_PAUSE {
        tracing::warn!(
            up_to_seal = newest_old.number,
            days = pause.as_secs() / 86_400,
            "old events are kept, because nothing happened for so many days after them: has the clock jumped? \
             If it is right, `guichet audit prune` removes them"
        );
        return Ok(None);
    }
    Ok(Some(newest_old.number))
}

/// How long nothing was sealed before a seal, by what no clock dated behind it. For ever where there is none.
async fn pause_before(app: &App, gone: i64, seal: &event_seal::Model) -> Result<Duration, Error> {
    let before = event_seal::Entity::find()
        .filter(event_seal::Column::Number.gt(gone))
        .filter(event_seal::Column::Number.lt(seal.number))
        .filter(event_seal::Column::SealTime.lte(seal.seal_time))
        .order_by_desc(event_seal::Column::Number)
        .one(&app.store.read)
        .await?;
    Ok(before.map_or(Duration::MAX, |before| {
        seal.seal_time.since(before.seal_time)
    }))
}

/// The first seal behind `gone` that is not old; not one of a clock that was ahead for a moment, which would hold up all that
/// is behind it until its own date is old.
///
/// An old seal behind one may also be of a clock that was behind, and began twice at the same date: a host's that forgets the
/// time. Then what comes next is long after that seal, or the clock springs once it is set: see [`springs`]. It takes nothing
/// young along.
async fn first_kept(app: &App, gone: i64) -> Result<Option<event_seal::Model>, Error> {
    let now = app.clock.now();
    let oldest_kept = now.minus(app.config.lifetimes.events);
    let mut first_kept: Option<event_seal::Model> = None;
    let mut from = gone + 1;
    for _ in 0..=MAX_JUMPS {
        let candidate = event_seal::Entity::find()
            .filter(event_seal::Column::Number.gte(from))
            .filter(event_seal::Column::SealTime.between(oldest_kept, now))
            .order_by_asc(event_seal::Column::Number)
            .one(&app.store.read)
            .await?;
        let Some(seal) = candidate else {
            return Ok(None);
        };
        let behind = old_behind(app, seal.number, oldest_kept).await?;
        let follows = match &first_kept {
            None => true,
            Some(skipped) => {
                pause_before(app, gone, &seal).await? <= LONGEST_PAUSE
                    && !springs(app, gone, skipped, &seal).await?
            }
        };
        if follows {
            first_kept = Some(seal);
        }
        match behind {
            Some(number) => from = number,
            None => break,
        }
    }
    Ok(first_kept)
}

/// Whether the clock springs, from a seal on, over what is young before it, back to the one that would be skipped.
///
/// Then it was behind until it was set, and right before. Had it been ahead before, time would flow past that, or not be
/// there yet. Among what is young may also be a moment of one that was ahead, so the first and the latest are looked at.
async fn springs(
    app: &App,
    gone: i64,
    skipped: &event_seal::Model,
    seal: &event_seal::Model,
) -> Result<bool, Error> {
    let db = &app.store.read;
    let now = app.clock.now();
    let latest = event_seal::Entity::find()
        .filter(event_seal::Column::Number.between(skipped.number, seal.number - 1))
        .filter(event_seal::Column::SealTime.between(skipped.seal_time, now))
        .order_by_desc(event_seal::Column::SealTime)
        .one(db)
        .await?;
    for young in iter::once(skipped).chain(&latest) {
        let past = event_seal::Entity::find()
            .filter(event_seal::Column::Number.gte(seal.number))
            .filter(event_seal::Column::SealTime.gte(young.seal_time))
            .order_by_asc(event_seal::Column::Number)
            .one(db)
            .await?;
        let Some(past) = past else {
            continue;
        };
        if pause_before(app, gone, &past).await? <= LONGEST_PAUSE {
            continue;
        }

        // That may be another moment of a clock that was ahead: it comes back, and time flows past all the same.
        let back = event_seal::Entity::find()
            .filter(event_seal::Column::Number.gt(past.number))
            .filter(event_seal::Column::SealTime.lt(young.seal_time.minus(TOLERANCE)))
            .order_by_desc(event_seal::Column::Number)
            .one(db)
            .await?;
        let number = back.map_or(past.number, |back| back.number + 1);
        let flows = match event_seal::Entity::find_by_id(number).one(db).await? {
            Some(past) => pause_before(app, gone, &past).await? <= LONGEST_PAUSE,
            None => false,
        };
        if !flows {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first seal that is old though it was made after that of a number, whose clock was ahead then.
///
/// It is no older than the one before that number: otherwise it was its own clock that was wrong, and behind.
async fn old_behind(app: &App, number: i64, oldest_kept: Timestamp) -> Result<Option<i64>, Error> {
    let db = &app.store.read;
    let Some(before) = event_seal::Entity::find_by_id(number - 1).one(db).await? else {
        return Ok(None);
    };
    let behind = event_seal::Entity::find()
        .filter(event_seal::Column::Number.between(number + 1, number.saturating_add(AHEAD)))
        .filter(event_seal::Column::SealTime.gte(before.seal_time))
        .filter(event_seal::Column::SealTime.lt(oldest_kept.minus(TOLERANCE)))
        .order_by_asc(event_seal::Column::Number)
        .one(db)
        .await?;
    Ok(behind.map(|seal| seal.number))
}

/// Says that events go, before the first of them does.
async fn let_go(app: &App, up_to: i64) -> Result<(), Error> {
    let txn = app.store.write().await?;
    if event_pruned::Entity::up_to(&txn).await? >= up_to {
        // Another replica was faster.
        return Ok(());
    }
    event_pruned::Entity::let_go(&txn, up_to, app.clock.now()).await?;
    let about = serde_json::json!({ UP_TO_SEAL: up_to });
    event::append(&txn, &app.clock, PRUNED, Subject::default(), None, about).await?;
    txn.commit().await?;
    // Only what is sealed excuses that events are gone.
    seal(app).await
}

/// Removes the events up to a seal that let them go, the oldest first.
async fn remove(app: &App, up_to: i64) -> Result<(), Error> {
    let db = &app.store.read;
    let mut from = 1;
    while under(from, up_to).exists(db).await? {
        let last = under(from, up_to)
            .select_only()
            .column(journal::Column::SealNumber)
            .order_by_asc(journal::Column::SealNumber)
            .order_by_asc(journal::Column::Id)
            .offset(STEP - 1)
            .into_tuple()
            .one(db)
            .await?;
        let to: i64 = last.unwrap_or(up_to);
        journal::Entity::delete_many()
            .filter(journal::Column::SealNumber.between(from, to))
            .exec(app.store.writer())
            .await?;
        from = to.saturating_add(1);
    }
    Ok(())
}

/// The events under some seals that follow each other.
fn under(first: i64, last: i64) -> Select<journal::Entity> {
    journal::Entity::find().filter(journal::Column::SealNumber.between(first, last))
}
