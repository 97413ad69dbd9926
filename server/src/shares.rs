//! Seats for what lasts as long as its caller wishes, of which one caller gets a share only.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use crate::store::scope::Scope;

/// Seats, and who holds how many of them.
#[derive(Debug)]
pub struct Shares<K> {
    all: usize,
    taken: Arc<Mutex<Taken<K>>>,
}

#[derive(Debug)]
struct Taken<K> {
    by: HashMap<K, usize>,
    all: usize,
}

/// A seat, given back when it is dropped.
#[derive(Debug)]
pub struct Seat<K: Eq + Hash> {
    holder: K,
    taken: Arc<Mutex<Taken<K>>>,
}

impl<K> Clone for Shares<K> {
    fn clone(&self) -> Self {
        Self {
            taken: self.taken.clone(),
            ..*self
        }
    }
}

impl<K: Clone + Eq + Hash> Shares<K> {
    /// `all` seats.
    pub fn new(all: usize) -> Self {
        let taken = Taken {
            by: HashMap::new(),
            all: 0,
        };
        Self {
            all,
            taken: Arc::new(Mutex::new(taken)),
        }
    }

    /// A seat, if there is one, and this holder has fewer than `most`.
    pub fn take(&self, holder: K, most: usize) -> Option<Seat<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.by.get(&holder).copied().unwrap_or_default();
        if own >= most || taken.all >= self.all {
            return None;
        }
        taken.by.insert(holder.clone(), own + 1);
        taken.all += 1;
        Some(Seat {
            holder,
            taken: self.taken.clone(),
        })
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        // Whoever holds nothing any more takes no room either.
        match taken.by.get_mut(&self.holder) {
            Some(seats) if *seats > 1 => *seats -= 1,
            _ => drop(taken.by.remove(&self.holder)),
        }
    }
}

/// Seats of which those who act for institutions get a part, however many they are: they make accounts themselves.
#[derive(Debug)]
pub struct Seats {
    all: Shares<Option<Uuid>>,
    /// Taken in addition by who doesn't reach everything.
    delegates: Shares<()>,
}

/// A seat of [`Seats`], given back when it is dropped.
#[derive(Debug)]
pub struct Held {
    _own: Seat<Option<Uuid>>,
    _together: Option<Seat<()>>,
}

impl Seats {
    fn new(all: usize, of_delegates: usize) -> Self {
        Self {
            all: Shares::new(all),
            delegates: Shares::new(of_delegates),
        }
    }

    /// A seat, if there is one. Who doesn't reach everything has no more than `most`.
    pub fn take(&self, holder: Option<Uuid>, scope: &Scope, most: usize) -> Option<Held> {
        let (together, most) = match scope {
            Scope::Everything => (None, self.all.all),
            Scope::Below(_) => (Some(self.delegates.take((), self.delegates.all)?), most),
        };
        Some(Held {
            _own: self.all.take(holder, most)?,
            _together: together,
        })
    }
}

/// What lasts as long as its caller wishes. Its callers are known by what they show.
#[derive(Debug)]
pub struct Streams {
    /// That follow the journal: each looks at it every second.
    pub watchers: Seats,
    /// Imports: they all want `SQLite`'s one writer, and sign-ins want it too.
    pub imports: Seats,
    /// Of all that is held about a person: each keeps a page of it in memory.
    pub exports: Shares<Option<Uuid>>,
}

impl Streams {
    /// At a time.
    const WATCHERS: usize = 64;

    /// Of those who act for institutions together: applications find room beside them.
    const WATCHERS_OF_DELEGATES: usize = 48;

    /// At a time.
    const IMPORTS: usize = 4;

    /// Likewise, and an administrator of everything finds room.
    const IMPORTS_OF_DELEGATES: usize = 3;

    /// At a time.
    const EXPORTS: usize = 64;
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            watchers: Seats::new(Self::WATCHERS, Self::WATCHERS_OF_DELEGATES),
            imports: Seats::new(Self::IMPORTS, Self::IMPORTS_OF_DELEGATES),
            exports: Shares::new(Self::EXPORTS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_holds_more_than_a_share_and_all_no_more_than_there_is() {
        let shares = Shares::new(3);

        let first = shares.take("anne", 2).unwrap();
        let second = shares.take("anne", 2).unwrap();
        assert!(shares.take("anne", 2).is_none());
        let third = shares.take("bea", 2).unwrap();
        assert!(shares.take("carl", 2).is_none());

        drop(first);
        let fourth = shares.take("carl", 2).unwrap();
        drop((second, third, fourth));
        assert!(shares.taken.lock().unwrap().by.is_empty());
    }

    #[test]
    fn those_who_act_for_institutions_never_have_all_seats() {
        let seats = Seats::new(4, 2);
        let school = Scope::Below(vec![Uuid::from_u128(1)]);
        let delegate = |who| seats.take(Some(Uuid::from_u128(who)), &school, 1);

        let first = delegate(1).unwrap();
        assert!(delegate(1).is_none());
        let second = delegate(2).unwrap();
        assert!(delegate(3).is_none());
        let admin = Some(Uuid::from_u128(4));
        let admins: Vec<_> = (0..3)
            .map(|_| seats.take(admin, &Scope::Everything, 1))
            .collect();
        assert_eq!(admins.iter().flatten().count(), 2);

        drop((first, admins));
        let third = delegate(3).unwrap();
        assert!(delegate(1).is_none());
        drop((second, third));
        assert!(delegate(1).is_some());
    }
}
