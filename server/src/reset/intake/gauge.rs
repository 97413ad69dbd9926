//! How full the buckets of one kind are, a network's and a site's.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    clock::Timestamp,
    throttle::{Bucket, Buckets, Full},
    transport::peer,
};

/// Networks whose requests are counted apart, and sites.
const MOST_APART: usize = 4_096;

/// Those of one kind.
#[derive(Debug, Default)]
pub(super) struct Gauge(Mutex<Levels>);

#[derive(Debug)]
struct Levels {
    networks: Buckets<String>,
    sites: Buckets<String>,
}

impl Default for Levels {
    fn default() -> Self {
        Self {
            networks: Buckets::new(MOST_APART),
            sites: Buckets::new(MOST_APART),
        }
    }
}

/// What a full bucket did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The network's, or the site's.
    pub(super) by: String,
    pub(super) full: Full,
}

impl Refusal {
    fn by(name: &str, full: Full) -> Self {
        Self {
            by: name.to_owned(),
            full,
        }
    }
}

impl Gauge {
    /// Pours one request of a network's. If its bucket or its site's is full, nothing was poured.
    pub(super) fn pour(
        &self,
        network: &str,
        bucket: Bucket,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut levels = self.levels();
        let site = peer::site(network);
        // The site first: the many networks of one that is full must not take the others' room to be counted apart.
        if let Some(site) = &site {
            let poured = levels.sites.pour(site.as_str(), bucket.of_site(), now);
            poured.map_err(|full| Refusal::by(site, full))?;
        }
        let poured = levels.networks.pour(network, bucket, now);
        if poured.is_err()
            && let Some(site) = &site
        {
            levels.sites.of(site.as_str(), now).scoop(bucket.of_site());
        }
        poured.map_err(|full| Refusal::by(network, full))
    }

    /// Takes one request out again.
    pub(super) fn scoop(&self, network: &str, bucket: Bucket, now: Timestamp) {
        let mut levels = self.levels();
        levels.networks.of(network, now).scoop(bucket);
        if let Some(site) = peer::site(network) {
            levels.sites.of(site.as_str(), now).scoop(bucket.of_site());
        }
    }

    /// Has the next refusal by a network's or a site's bucket be told.
    pub(super) fn forget_telling(&self, by: &str, now: Timestamp) {
        let mut levels = self.levels();
        levels.networks.of(by, now).forget_telling();
        levels.sites.of(by, now).forget_telling();
    }

    fn levels(&self) -> MutexGuard<'_, Levels> {
        // A level is changed in one step, so it is right whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
    const SCHOOL: &str = "192.0.2.0/24";
    const THREE: Bucket = Bucket {
        size: 3,
        leak: Duration::from_secs(10),
    };

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    /// How many of a hundred requests at one moment are let in.
    fn rush(intake: &Gauge, network: &str, now: Timestamp) -> usize {
        let tries = (0..100).map(|_| intake.pour(network, THREE, now));
        tries.flatten().count()
    }

    #[test]
    fn so_many_at_once_and_then_as_many_as_leak() {
        let intake = Gauge::default();

        for (seconds, let_in) in [(0, 3), (9, 0), (10, 1), (29, 1), (30, 1), (1_000, 3)] {
            assert_eq!(rush(&intake, SCHOOL, after(seconds)), let_in, "{seconds} s");
        }
    }

    #[test]
    fn whoever_is_refused_is_told_how_long_it_takes_and_makes_it_no_longer() {
        let intake = Gauge::default();
        rush(&intake, SCHOOL, NOW);

        for (seconds, wait) in [(0, 10), (4, 6), (9, 1)] {
            let full = intake.pour(SCHOOL, THREE, after(seconds)).unwrap_err().full;
            assert_eq!(full.wait, Duration::from_secs(wait), "after {seconds} s");
        }
        assert_eq!(intake.pour(SCHOOL, THREE, after(10)), Ok(()));
    }

    #[test]
    fn a_network_is_not_held_up_for_another() {
        let intake = Gauge::default();
        rush(&intake, SCHOOL, NOW);

        assert_eq!(rush(&intake, "198.51.100.0/24", NOW), 3);
    }

    #[test]
    fn the_networks_of_a_site_have_together_what_four_of_them_have() {
        let intake = Gauge::default();
        // A /56, as many a household has.
        let networks = (0..256).map(|number| format!("2001:db8:1:ff{number:02x}::/64"));
        let let_in: usize = networks.map(|one| rush(&intake, &one, NOW)).sum();
        assert_eq!(let_in, 4 * 3);
        assert_eq!(intake.levels().networks.apart(), 4);

        let refusal = intake.pour("2001:db8:1:1::/64", THREE, NOW).unwrap_err();
        assert_eq!(refusal.by, "2001:db8:1::/48");
        assert_eq!(refusal.full.wait, Duration::from_millis(2_500));
        assert_eq!(rush(&intake, "2001:db8:2:1::/64", NOW), 3, "another site");
        assert_eq!(rush(&intake, SCHOOL, NOW), 3);
        // Four times as fast, too.
        assert_eq!(rush(&intake, "2001:db8:1:1::/64", after(5)), 2);
    }

    #[test]
    fn what_a_network_is_refused_its_site_is_not_charged_for() {
        let intake = Gauge::default();
        assert_eq!(rush(&intake, "2001:db8:1:1::/64", NOW), 3);

        let others = (2..9).map(|number| rush(&intake, &format!("2001:db8:1:{number}::/64"), NOW));
        assert_eq!(others.sum::<usize>(), 3 * 3);
    }

    #[test]
    fn what_is_given_back_makes_room_again() {
        let intake = Gauge::default();
        for network in [SCHOOL, "2001:db8:1:1::/64"] {
            for _ in 0..100 {
                assert_eq!(intake.pour(network, THREE, NOW), Ok(()));
                intake.scoop(network, THREE, NOW);
            }
            assert_eq!(rush(&intake, network, NOW), 3);
        }
    }

    #[test]
    fn operators_are_told_once_an_episode_and_once_an_hour() {
        let intake = Gauge::default();
        let news = |now| {
            let tries = (0..10).map(|_| intake.pour(SCHOOL, THREE, now));
            tries
                .filter(|one| one.as_ref().is_err_and(|one| one.full.is_news))
                .count()
        };

        // Asked for all the time, it is full all the time.
        assert_eq!(news(NOW), 1);
        let told: usize = (1..=720).map(|minute| news(after(minute * 10))).sum();
        assert_eq!(told, 2, "within two hours");

        assert_eq!(news(after(7_240)), 1, "another episode");
        let full = intake.pour(SCHOOL, THREE, after(7_240)).unwrap_err().full;
        assert!(!full.is_news);
        intake.forget_telling(SCHOOL, after(7_240));
        let full = intake.pour(SCHOOL, THREE, after(7_240)).unwrap_err().full;
        assert!(full.is_news, "it could not be written");
    }

    #[test]
    fn networks_by_the_thousand_are_counted_together_and_forgotten() {
        let intake = Gauge::default();
        for number in 0..MOST_APART {
            assert_eq!(rush(&intake, &format!("network {number}"), NOW), 3);
        }

        assert_eq!(rush(&intake, "one more", NOW), 3);
        assert_eq!(rush(&intake, "and another", NOW), 0);
        assert_eq!(intake.levels().networks.apart(), MOST_APART);

        assert_eq!(rush(&intake, SCHOOL, after(30)), 3);
        assert_eq!(intake.levels().networks.apart(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody_up_for_longer_than_a_full_bucket() {
        let intake = Gauge::default();
        rush(&intake, SCHOOL, after(86_400));

        intake.pour(SCHOOL, THREE, NOW).expect("room for one");
        let full = intake.pour(SCHOOL, THREE, NOW).unwrap_err().full;

        assert_eq!(full.wait, Duration::from_secs(10));
        assert_eq!(rush(&intake, SCHOOL, after(30)), 3);
    }
}
