//! Who may want a hash at once: as many as there are threads and room in front of them, and of those no network may hold so
//! many that others find none.
//!
//! A network gets no further place once it holds twice as many as are free. So one that storms holds two thirds of them,
//! two that storm hold two fifths each, and a person from a third finds room, however often those ask (Choudhury and Hahne,
//! "Dynamic queue length thresholds for shared-memory packet switches", 1998). Not the institution counts: it is known only
//! of names that exist, and how long somebody waits must not tell whose name it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many times as many places as are free a network may hold.
const SHARE: usize = 2;

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_network: HashMap<String, usize>,
}

/// A place among those who may want a hash, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    network: String,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: Mutex::default(),
        }
    }

    /// A place for somebody from there; none if that network has its share.
    pub(super) fn take(self: &Arc<Self>, network: &str) -> Option<Place> {
        let mut taken = self.lock();
        let held = taken.by_network.get(network).copied().unwrap_or_default();
        let free = self.most - taken.all;
        if held >= free * SHARE {
            return None;
        }
        taken.all += 1;
        *taken.by_network.entry(network.to_owned()).or_default() += 1;
        drop(taken);
        Some(Place {
            places: Arc::clone(self),
            network: network.to_owned(),
        })
    }

    fn give_back(&self, network: &str) {
        let mut taken = self.lock();
        taken.all -= 1;
        if let Some(held) = taken.by_network.get_mut(network) {
            *held -= 1;
            if *held == 0 {
                taken.by_network.remove(network);
            }
        }
    }

    /// The counts are whole whenever it is not locked: nothing in between can panic.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(&self.network);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as it gets.
    fn storm(places: &Arc<Places>, network: &str) -> Vec<Place> {
        std::iter::from_fn(|| places.take(network)).collect()
    }

    #[test]
    fn one_network_gets_two_thirds_and_leaves_the_others_room() {
        let places = Arc::new(Places::new(66));
        let held = storm(&places, "a");
        assert_eq!(held.len(), 44);

        let others: Vec<_> = ["b", "c", "d", "e"]
            .iter()
            .map(|network| places.take(network))
            .collect();
        assert!(others.iter().all(Option::is_some));
    }

    #[test]
    fn two_that_storm_get_as_much_as_each_other_once_both_have_asked_again() {
        let places = Arc::new(Places::new(65));
        let mut first = storm(&places, "a");
        let mut second = storm(&places, "b");
        // Whoever is served makes room, and asks again.
        for _ in 0..65 {
            drop((first.pop(), second.pop()));
            second.extend(storm(&places, "b"));
            first.extend(storm(&places, "a"));
        }
        assert!(first.len().abs_diff(second.len()) <= 2);
        assert!(places.take("c").is_some());
    }

    #[test]
    fn few_places_are_all_given() {
        for most in 1..=2 {
            let places = Arc::new(Places::new(most));
            assert_eq!(storm(&places, "a").len(), most);
        }
    }

    #[test]
    fn a_place_that_is_given_back_is_there_again_and_leaves_nothing_behind() {
        let places = Arc::new(Places::new(3));
        for _ in 0..10 {
            assert_eq!(storm(&places, "a").len(), 2);
        }
        let taken = places.lock();
        assert_eq!((taken.all, taken.by_network.len()), (0, 0));
    }
}
