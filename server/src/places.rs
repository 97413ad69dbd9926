//! Places for what callers want at once, such as a hash: no network may hold so many that others find none.
//!
//! A network gets no further place once it holds twice as many as are free. So one that storms holds two thirds of them,
//! two that storm hold two fifths each, and a person from a third finds room, however often those ask (Choudhury and Hahne,
//! "Dynamic queue length thresholds for shared-memory packet switches", 1998). Not the institution counts: it is known only
//! of names that exist, and how long somebody waits must not tell whose name it is.
//!
//! A network of IPv4 is many people's, and no one of them may keep his neighbours out for as long as he likes. So where
//! the caller's address is told, it gets no further place once it holds as many as are free: half of them, if it storms
//! alone. In IPv6 the network is all that can be told of somebody.
//!
//! Whoever has an IPv6 site has 65,536 networks, and would need but one try from each. So the networks of a site together
//! get no further place either, once they hold three times as many as are free.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::transport::peer::{Network, Site};

/// How many times as many places as are free one address of an IPv4 network may hold: less than the network, so that it
/// leaves room to its neighbours.
const ADDRESS_SHARE: usize = 1;

/// How many times as many places as are free a network may hold.
const SHARE: usize = 2;

/// How many times as many places as are free the networks of one IPv6 site may hold together: more than one of them, so
/// that one that storms leaves room to the others of its site, and still three quarters at most.
const SITE_SHARE: usize = 3;

/// All places.
#[derive(Debug)]
pub struct Places {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// By address, by network, and by site.
    by_origin: HashMap<Origin, usize>,
}

/// From where a place is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    Address(Ipv4Addr),
    Network(Network),
    Site(Site),
}

/// The address if it counts, the network, and its site if it has one, with how many times as many places as are free each
/// may hold.
type Origins = [Option<(Origin, usize)>; 3];

/// A place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    origins: Origins,
}

impl Places {
    /// So many places.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            taken: Mutex::default(),
        }
    }

    /// A place for somebody from the network of this client; none if that network or its site has its share.
    pub fn take(self: &Arc<Self>, client: Option<IpAddr>) -> Option<Place> {
        self.take_as(origins(None, client))
    }

    /// A place for this client; none if its address, its network or its site has its share.
    pub fn take_at(self: &Arc<Self>, client: Option<IpAddr>) -> Option<Place> {
        self.take_as(origins(address(client), client))
    }

    /// Whether [`take`](Self::take) would find a place now.
    pub fn has_room(&self, client: Option<IpAddr>) -> bool {
        self.lock().leaves_room(self.most, &origins(None, client))
    }

    fn take_as(self: &Arc<Self>, origins: Origins) -> Option<Place> {
        let mut taken = self.lock();
        if !taken.leaves_room(self.most, &origins) {
            return None;
        }
        taken.all += 1;
        for (origin, _) in origins.iter().flatten() {
            *taken.by_origin.entry(*origin).or_default() += 1;
        }
        drop(taken);
        Some(Place {
            places: Arc::clone(self),
            origins,
        })
    }

    fn give_back(&self, origins: &Origins) {
        let mut taken = self.lock();
        taken.all -= 1;
        for (origin, _) in origins.iter().flatten() {
            if let Some(held) = taken.by_origin.get_mut(origin) {
                *held -= 1;
                if *held == 0 {
                    taken.by_origin.remove(origin);
                }
            }
        }
    }

    /// The counts are whole whenever it is not locked: nothing in between can panic.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn leaves_room(&self, most: usize, origins: &Origins) -> bool {
        let free = most - self.all;
        origins.iter().flatten().all(|(origin, share)| {
            let held = self.by_origin.get(origin).copied().unwrap_or_default();
            held < free * share
        })
    }
}

fn origins(address: Option<Ipv4Addr>, client: Option<IpAddr>) -> Origins {
    let network = Network::of(client);
    [
        address.map(|address| (Origin::Address(address), ADDRESS_SHARE)),
        Some((Origin::Network(network), SHARE)),
        network.site().map(|site| (Origin::Site(site), SITE_SHARE)),
    ]
}

/// The address, where it tells of one person.
fn address(client: Option<IpAddr>) -> Option<Ipv4Addr> {
    match client.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => Some(address),
        Some(IpAddr::V6(_)) | None => None,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(&self.origins);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "192.0.2.1";
    const B: &str = "198.51.100.1";
    const C: &str = "203.0.113.1";
    const D: &str = "2001:db8::1";
    const UNKNOWN: &str = "";

    fn take(places: &Arc<Places>, client: &str) -> Option<Place> {
        places.take(client.parse().ok())
    }

    /// As many as it gets.
    fn storm(places: &Arc<Places>, client: &str) -> Vec<Place> {
        std::iter::from_fn(|| take(places, client)).collect()
    }

    #[test]
    fn one_network_gets_two_thirds_and_leaves_the_others_room() {
        let places = Arc::new(Places::new(66));
        let held = storm(&places, A);
        assert_eq!(held.len(), 44);

        let others: Vec<_> = [B, C, D, UNKNOWN]
            .iter()
            .map(|client| take(&places, client))
            .collect();
        assert!(others.iter().all(Option::is_some));
    }

    #[test]
    fn room_is_told_and_not_taken() {
        let places = Arc::new(Places::new(3));
        let has_room = |client: &str| places.has_room(client.parse().ok());
        let held = storm(&places, A);

        assert!(!has_room(A));
        assert!(has_room(B));
        drop(held);
        assert!(has_room(A));
        assert_eq!(places.lock().all, 0);
    }

    #[test]
    fn two_that_storm_get_as_much_as_each_other_once_both_have_asked_again() {
        let places = Arc::new(Places::new(65));
        let mut first = storm(&places, A);
        let mut second = storm(&places, B);
        // Whoever is served makes room, and asks again.
        for _ in 0..65 {
            drop((first.pop(), second.pop()));
            second.extend(storm(&places, B));
            first.extend(storm(&places, A));
        }
        assert!(first.len().abs_diff(second.len()) <= 2);
        assert!(take(&places, C).is_some());
    }

    #[test]
    fn a_site_that_storms_from_ever_new_networks_leaves_a_quarter_to_the_others() {
        let places = Arc::new(Places::new(64));
        let held: Vec<_> = (0..64)
            .filter_map(|network| take(&places, &format!("2001:db8:7:{network:x}::1")))
            .collect();
        assert_eq!(held.len(), 48);

        for elsewhere in ["2001:db8:8:1::1", A, UNKNOWN] {
            assert!(take(&places, elsewhere).is_some(), "{elsewhere}");
        }
    }

    #[test]
    fn one_network_of_a_site_that_storms_leaves_room_to_its_neighbours() {
        let places = Arc::new(Places::new(66));
        let held = storm(&places, "2001:db8:7:1::1");
        assert_eq!(held.len(), 44);

        assert!(take(&places, "2001:db8:7:2::1").is_some());
    }

    #[test]
    fn one_address_gets_half_and_leaves_its_neighbours_room() {
        let places = Arc::new(Places::new(66));
        let all_of = |address: &str| -> Vec<_> {
            let client = address.parse().ok();
            std::iter::from_fn(|| places.take_at(client)).collect()
        };
        let first = all_of("192.0.2.7");
        assert_eq!(first.len(), 33);

        let neighbours = all_of("192.0.2.8");
        assert_eq!(first.len() + neighbours.len(), 44);
        assert!(places.take_at("198.51.100.7".parse().ok()).is_some());

        drop((first, neighbours));
        assert_eq!(all_of("2001:db8:7:1::1").len(), 44);
        assert_eq!(all_of("::ffff:192.0.2.7").len(), 33);
        assert_eq!(places.lock().by_origin.len(), 0);
    }

    #[test]
    fn ipv4_networks_have_no_site() {
        let places = Arc::new(Places::new(64));
        let held: Vec<_> = (0..64)
            .filter_map(|network| take(&places, &format!("10.0.{network}.1")))
            .collect();
        assert_eq!(held.len(), 64);
    }

    #[test]
    fn few_places_are_all_given() {
        for most in 1..=2 {
            let places = Arc::new(Places::new(most));
            assert_eq!(storm(&places, A).len(), most);
        }
    }

    #[test]
    fn a_place_that_is_given_back_is_there_again_and_leaves_nothing_behind() {
        let places = Arc::new(Places::new(3));
        for network in ["a", "2001:db8:7:1::1", "2001:db8:7:2::/64"] {
            for _ in 0..10 {
                assert_eq!(storm(&places, network).len(), 2);
            }
        }
        let taken = places.lock();
        assert_eq!((taken.all, taken.by_origin.len()), (0, 0));
    }
}
