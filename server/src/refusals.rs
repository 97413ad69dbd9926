//! Refusals in the journal: wrong passwords and codes, and calls by who may not (OWASP ASVS 5.0, 16.3.1 to 16.3.3).
//!
//! They are counted here, in memory, and written by the worker (`audit::write_refusals`), a row for each who, what and where
//! with how often. So a sign-in that fails writes nothing before its answer, whether the account exists or not; and whoever guesses makes the counts
//! grow, not the database. What a process had not written when it died is lost: a refusal has changed nothing.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use crate::{clock::Timestamp, transport::peer};

/// Rows that a process writes at once, and for each turn of the worker afterwards, of five seconds: at most 86,400 a day.
const BURST: usize = 60;
const EACH_TURN: usize = 5;

/// Counts that are kept apart until they are written; what does not fit is counted together, by its kind.
const MOST_APART: usize = 4_096;

/// What was refused, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// A sign-in with this username, in the form that it is looked up by; empty for what can be nobody's. If it is nobody's,
    /// it is not kept: it may be a password, in the wrong field.
    SignIn(String),
    /// A code of a second factor, for this account.
    SecondFactor(Uuid),
    /// The present password of this account, which is signed in.
    Confirmation(Uuid),
    /// A code, or the address given with it; with the account that it was meant for.
    ResetCode(Uuid),
    /// An RPC, to this account or API key.
    Access(&'static str, Uuid),
    /// A token that is none of ours, or no longer.
    Token,
}

impl Refused {
    /// The event's type.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SignIn(_) => "sign_in.failed",
            Self::SecondFactor(_) => "second_factor.failed",
            Self::Confirmation(_) => "password.confirmation_failed",
            Self::ResetCode(_) => "reset.code_refused",
            Self::Access(..) => "access.denied",
            Self::Token => "token.refused",
        }
    }

    /// On whom, where that is an id.
    pub const fn account_id(&self) -> Option<Uuid> {
        match self {
            Self::SecondFactor(id) | Self::Confirmation(id) | Self::ResetCode(id) => Some(*id),
            Self::SignIn(_) | Self::Access(..) | Self::Token => None,
        }
    }

    /// By whom, where that is known.
    pub const fn actor_id(&self) -> Option<Uuid> {
        match self {
            Self::Confirmation(id) | Self::Access(_, id) => Some(*id),
            _ => None,
        }
    }

    /// Of which RPC.
    pub const fn method(&self) -> Option<&'static str> {
        match self {
            Self::Access(method, _) => Some(method),
            _ => None,
        }
    }
}

/// How often, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first of them.
    pub first: Timestamp,
}

impl Tally {
    /// Nothing yet.
    pub const fn none(first: Timestamp) -> Self {
        Self { count: 0, first }
    }

    /// These as well.
    pub fn add(&mut self, more: Self) {
        self.count += more.count;
        self.first = self.first.min(more.first);
    }
}

/// What is to be written.
#[derive(Default)]
struct Ledger {
    /// By what was refused and from which network.
    apart: HashMap<(Refused, String), Tally>,
    together: BTreeMap<&'static str, Tally>,
    /// Rows that were written beyond what the turns so far allow.
    overdrawn: usize,
}

/// The refusals that are not written yet.
#[derive(Default)]
pub struct Refusals(Mutex<Ledger>);

impl Refusals {
    /// Counts one.
    pub fn note(&self, refused: Refused, client: Option<IpAddr>, now: Timestamp) {
        let once = Tally {
            count: 1,
            first: now,
        };
        self.ledger().add(refused, peer::network(client), once);
    }

    /// What may be written now: what is counted together, and the greatest of what is apart.
    pub fn take(&self) -> Rows {
        self.ledger().take()
    }

    /// Keeps what could not be written for the next time.
    pub fn put_back(&self, rows: Rows) {
        self.ledger().put_back(rows);
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Whatever it was that panicked, counts are still counts.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    fn add(&mut self, refused: Refused, network: String, more: Tally) {
        let is_full = self.apart.len() >= MOST_APART;
        let kind = refused.kind();
        let key = (refused, network);
        if is_full && !self.apart.contains_key(&key) {
            return self.add_together(kind, more);
        }
        let tally = self.apart.entry(key).or_insert(Tally::none(more.first));
        tally.add(more);
    }

    fn add_together(&mut self, kind: &'static str, more: Tally) {
        let tally = self.together.entry(kind).or_insert(Tally::none(more.first));
        tally.add(more);
    }

    fn take(&mut self) -> Rows {
        self.overdrawn = self.overdrawn.saturating_sub(EACH_TURN);
        let mut room = BURST.saturating_sub(self.overdrawn);
        let together = if room < self.together.len() {
            BTreeMap::new()
        } else {
            std::mem::take(&mut self.together)
        };
        room -= together.len().min(room);

        let mut apart: Vec<_> = self.apart.drain().collect();
        apart.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.count));
        let later = apart.split_off(apart.len().min(room));
        self.apart.extend(later);
        self.overdrawn += apart.len() + together.len();
        Rows { apart, together }
    }

    fn put_back(&mut self, rows: Rows) {
        for ((refused, network), tally) in rows.apart {
            self.add(refused, network, tally);
        }
        for (kind, tally) in rows.together {
            self.add_together(kind, tally);
        }
    }
}

/// What is written at a time.
#[derive(Default)]
pub struct Rows {
    /// What was refused, and from which network, the most frequent first.
    pub apart: Vec<((Refused, String), Tally)>,
    /// What there was no room to keep apart, by its kind.
    pub together: BTreeMap<&'static str, Tally>,
}

impl Rows {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.apart.is_empty() && self.together.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(refusals: &Refusals, name: &str, times: u64) {
        let client = Some(IpAddr::from([192, 0, 2, 7]));
        for moment in 0..times {
            let moment = Timestamp(i64::try_from(moment).unwrap());
            refusals.note(Refused::SignIn(name.to_owned()), client, moment);
        }
    }

    #[test]
    fn the_same_is_counted_and_not_repeated() {
        let refusals = Refusals::default();
        refuse(&refusals, "lea", 3);
        refuse(&refusals, "lea", 2);

        let rows = refusals.take();

        let sum = Tally {
            count: 5,
            first: Timestamp(0),
        };
        let key = (Refused::SignIn("lea".to_owned()), "192.0.2.0/24".to_owned());
        assert_eq!(rows.apart, [(key, sum)]);
        assert!(refusals.take().is_empty());
    }

    #[test]
    fn whoever_guesses_makes_counts_grow_and_not_rows() {
        let refusals = Refusals::default();
        let mut written = 0;
        let mut counted = 0;
        for turn in 0..1_000 {
            for name in 0..100 {
                refuse(&refusals, &format!("guess{}", turn * 100 + name), 1);
            }
            refuse(&refusals, "lea", 9);
            let rows = refusals.take();
            assert!(rows.apart.len() + rows.together.len() <= BURST);
            assert!(turn > 0 || rows.apart[0].0.0 == Refused::SignIn("lea".to_owned()));
            written += rows.apart.len() + rows.together.len();
            counted += rows.apart.iter().map(|(_, tally)| tally.count).sum::<u64>();
            counted += rows.together.values().map(|tally| tally.count).sum::<u64>();
        }

        assert!(written <= BURST + EACH_TURN * 1_000, "{written}");
        let ledger = refusals.ledger();
        assert!(ledger.apart.len() <= MOST_APART);
        counted += ledger.apart.values().map(|tally| tally.count).sum::<u64>();
        counted += ledger
            .together
            .values()
            .map(|tally| tally.count)
            .sum::<u64>();
        assert_eq!(counted, 1_000 * 109);
    }

    #[test]
    fn what_could_not_be_written_is_not_lost() {
        let refusals = Refusals::default();
        refuse(&refusals, "lea", 3);
        let rows = refusals.take();
        refuse(&refusals, "lea", 1);
        refusals.put_back(rows);

        let rows = refusals.take();

        assert_eq!(rows.apart.len(), 1);
        assert_eq!(rows.apart[0].1.count, 4);
    }
}
