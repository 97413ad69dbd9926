//! Whether the journal is what it was when it was sealed.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
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
        for seal in &seals {
            walk.step(db, master_key, seal, known_head).await?;
        }
    }
    walk.finish(db, known_head).await
}

#[derive(Default)]
struct Walk {
    report: Report,
    /// Seals without any of their events, and how many they had.
    empty: Vec<(i64, u64)>,
    /// Up to which seal events were removed on purpose.
    pruned_up_to: i64,
    has_known_head: bool,
    /// The master key of the seal before, counted from the oldest.
    oldest_key: usize,
}

impl Walk {
    async fn step(
        &mut self,
        db: &impl ConnectionTrait,
        master_key: &MasterKey,
        seal: &event_seal::Model,
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
        let events = event::Entity::find()
            .filter(event::Column::SealNumber.eq(number))
            .order_by_asc(event::Column::Id)
            .all(db)
            .await?;
        let count = u64::try_from(seal.event_count).unwrap_or_default();
        let digest = chain::digest(&events).map_err(|cause| Error::Internal(cause.into()))?;
        if events.is_empty() && count > 0 {
            self.empty.push((number, count));
        } else if digest != seal.digest {
            let what = "an event was changed, added or removed";
            self.broken(format!(
                "seal {number}: {what} ({} of {count} are there)",
                events.len()
            ));
        } else if is_genuine {
            self.report.events += count;
            self.excuse(&events);
        }
        let head = Head::from(seal);
        self.has_known_head |= known_head == Some(&head);
        self.report.head = Some(head);
        self.report.seals += 1;
        Ok(())
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
        for (number, count) in std::mem::take(&mut self.empty) {
            if number <= self.pruned_up_to {
                self.report.pruned += count;
            } else {
                self.broken(format!("seal {number}: all of its {count} events are gone"));
            }
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

    fn broken(&mut self, what: String) {
        self.report.broken.push(what);
    }
}
