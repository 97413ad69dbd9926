//! Whether the journal is what it was when it was sealed.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Func,
};

use super::{
    chain::{self, Head},
    prune::{PRUNED, UP_TO_SEAL},
};
use crate::{
    error::Error,
    master_key::MasterKey,
    store::{event, event_seal},
};

/// Seals that are read at a time.
const PAGE: u64 = 1_000;

/// Events that are read at a time; one seal's are, however many they are.
const EVENTS: i64 = 5_000;

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// Seals that were looked at.
    pub seals: u64,
    /// Events that are what they were.
    pub events: u64,
    /// Events that retention has removed.
    pub pruned: u64,
    /// Events that are too new to be sealed.
    pub unsealed: u64,
    /// Where the chain ends.
    pub head: Option<Head>,
    /// What is wrong, a line each.
    pub broken: Vec<String>,
}

/// Follows the chain from its beginning, and compares every event with its seal.
pub async fn verify(
    db: &impl ConnectionTrait,
    master_key: &MasterKey,
    known_head: Option<&Head>,
) -> Result<Report, Error> {
    let mut walk = Walk::default();
    loop {
        let after = walk.report.head.as_ref().map_or(0, |head| head.number);
        let seals = event_seal::Entity::find()
            .filter(event_seal::Column::Number.gt(after))
            .order_by_asc(event_seal::Column::Number)
            .limit(PAGE)
            .all(db)
            .await?;
        if seals.is_empty() {
            break;
        }
        let mut rest = seals.as_slice();
        while !rest.is_empty() {
            let (some, others) = rest.split_at(few(rest));
            walk.pass(db, master_key, some, known_head).await?;
            rest = others;
        }
    }
    walk.finish(db, known_head).await
}

/// How many of these seals have [`EVENTS`] together; one if the first has more.
fn few(seals: &[event_seal::Model]) -> usize {
    let mut events = 0_i64;
    let fitting = seals.iter().take_while(|seal| {
        events = events.saturating_add(seal.event_count.max(0));
        events <= EVENTS
    });
    fitting.count().max(1)
}

/// How many events some seals had that follow each other.
async fn events_once_under(db: &impl ConnectionTrait, first: i64, last: i64) -> Result<u64, DbErr> {
    // PostgreSQL adds whole numbers up to a numeric.
    let sum = Func::cast_as(event_seal::Column::EventCount.sum(), "bigint");
    let events = event_seal::Entity::find()
        .select_only()
        .expr(sum)
        .filter(event_seal::Column::Number.between(first, last))
        .into_tuple::<Option<i64>>()
        .one(db)
        .await?;
    Ok(u64::try_from(events.flatten().unwrap_or_default()).unwrap_or_default())
}

/// Seals that follow each other and have none of their events left.
struct Emptied {
    first: i64,
    last: i64,
    /// How many they had.
    events: u64,
}

#[derive(Default)]
struct Walk {
    report: Report,
    /// In order. With somebody who watches there may be a seal each second, so they are not kept one by one.
    emptied: Vec<Emptied>,
    /// Up to which seal events were removed on purpose.
    pruned_up_to: i64,
    has_known_head: bool,
    /// The master key of the seal before, counted from the oldest.
    oldest_key: usize,
}

impl Walk {
    /// Compares seals with their events.
    async fn pass(
        &mut self,
        db: &impl ConnectionTrait,
        master_key: &MasterKey,
        seals: &[event_seal::Model],
        known_head: Option<&Head>,
    ) -> Result<(), Error> {
        let (Some(first), Some(last)) = (seals.first(), seals.last()) else {
            return Ok(());
        };
        let events = event::Entity::find()
            .filter(event::Column::SealNumber.between(first.number, last.number))
            .order_by_asc(event::Column::SealNumber)
            .order_by_asc(event::Column::Id)
            .all(db)
            .await?;
        let by_seal: HashMap<_, _> = events
            .chunk_by(|event, next| event.seal_number == next.seal_number)
            .filter_map(|events| Some((events.first()?.seal_number?, events)))
            .collect();
        for seal in seals {
            let events = by_seal.get(&seal.number).copied().unwrap_or_default();
            self.step(master_key, seal, events, known_head)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        master_key: &MasterKey,
        seal: &event_seal::Model,
        events: &[event::Model],
        known_head: Option<&Head>,
    ) -> Result<(), Error> {
        let number = seal.number;
        let expected = self.report.head.as_ref().map_or(0, |head| head.number) + 1;
        if number != expected {
            self.broken(format!("seals {expected} to {} are missing", number - 1));
        }
        let before = self
            .report
            .head
            .take()
            .map_or_else(Vec::new, |head| head.mac);
        // Whoever finds an old key can't go on with the chain under it.
        let key = chain::key_of(master_key, seal, &before).filter(|key| *key >= self.oldest_key);
        let is_genuine = key.is_some();
        if let Some(key) = key {
            self.oldest_key = key;
        } else {
            self.broken(format!(
                "seal {number} is not what was written, or the one before is not"
            ));
        }
        let count = u64::try_from(seal.event_count).unwrap_or_default();
        let digest = chain::digest(events).map_err(|cause| Error::Internal(cause.into()))?;
        if events.is_empty() && count > 0 {
            self.note_emptied(number, count);
        } else if digest != seal.digest {
            let what = "an event was changed, added or removed";
            self.broken(format!(
                "seal {number}: {what} ({} of {count} are there)",
                events.len()
            ));
        } else if is_genuine {
            self.report.events += count;
            self.excuse(events);
        }
        let head = Head::from(seal);
        self.has_known_head |= known_head == Some(&head);
        self.report.head = Some(head);
        self.report.seals += 1;
        Ok(())
    }

    fn note_emptied(&mut self, number: i64, events: u64) {
        match self.emptied.last_mut() {
            Some(run) if run.last == number - 1 => {
                run.last = number;
                run.events = run.events.saturating_add(events);
            }
            _ => self.emptied.push(Emptied {
                first: number,
                last: number,
                events,
            }),
        }
    }

    /// Takes note of what retention says of itself.
    fn excuse(&mut self, events: &[event::Model]) {
        for event in events.iter().filter(|event| event.kind == PRUNED) {
            let about: serde_json::Value =
                serde_json::from_str(&event.attributes).unwrap_or_default();
            let up_to = about[UP_TO_SEAL].as_i64().unwrap_or_default();
            self.pruned_up_to = self.pruned_up_to.max(up_to);
        }
    }

    async fn finish(
        mut self,
        db: &impl ConnectionTrait,
        known_head: Option<&Head>,
    ) -> Result<Report, Error> {
        for run in std::mem::take(&mut self.emptied) {
            self.judge_emptied(db, &run).await?;
        }
        let head = self.report.head.as_ref().map_or(0, |head| head.number);
        let nowhere = Condition::any()
            .add(event::Column::SealNumber.lt(1_i64))
            .add(event::Column::SealNumber.gt(head));
        let nowhere = event::Entity::find().filter(nowhere).count(db).await?;
        if nowhere > 0 {
            self.broken(format!(
                "{nowhere} events stand under seals that do not exist"
            ));
        }
        if let Some(known) = known_head.filter(|_| !self.has_known_head) {
            self.broken(format!(
                "seal {} that was known is not there: the end was cut off",
                known.number
            ));
        }
        let unsealed = event::Entity::find().filter(event::Column::SealNumber.is_null());
        self.report.unsealed = unsealed.count(db).await?;
        Ok(self.report)
    }

    /// Whether retention has emptied seals, or somebody else.
    async fn judge_emptied(
        &mut self,
        db: &impl ConnectionTrait,
        run: &Emptied,
    ) -> Result<(), Error> {
        let (first, last) = (run.first, run.last);
        let pruned = if last <= self.pruned_up_to {
            run.events
        } else if first > self.pruned_up_to {
            0
        } else {
            events_once_under(db, first, self.pruned_up_to).await?
        };
        self.report.pruned += pruned;
        if last <= self.pruned_up_to {
            return Ok(());
        }
        let first = first.max(self.pruned_up_to + 1);
        let count = run.events.saturating_sub(pruned);
        self.broken(if first == last {
            format!("seal {last}: all of its {count} events are gone")
        } else {
            format!("seals {first} to {last}: all of their {count} events are gone")
        });
        Ok(())
    }

    fn broken(&mut self, what: String) {
        self.report.broken.push(what);
    }
}
