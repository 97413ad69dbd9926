//! How much is let in at once, and how fast there is room again: for a network, its site, everybody.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr};

use super::latest;
use crate::{clock::Timestamp, store::session};

/// Tries that leak away one by one: so many at once, and then as many as leak.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Tries that it holds.
    pub size: u32,
    /// Time in which one leaks away.
    pub leak: Duration,
}

/// Room for each of a network's people, and for all of them together.
const FOR_EACH_PERSON: u32 = 20;
const MOST_FOR_PEOPLE: u32 = 2_000;

/// So many times what one of its networks has, a site has altogether. Whoever has a /48 has 65,536 networks, and would get
/// as much from each; a site is hardly ever more than some of them. Boulder counts by the /48, too.
const NETWORKS_OF_A_SITE: u32 = 4;

/// Who signed in within this time is one of a network's people.
const A_DAY: Duration = Duration::from_hours(24);

impl Bucket {
    /// What leaks away in a second, on the average of a minute.
    pub fn per_second(rate: u32) -> Self {
        Self {
            size: rate.saturating_mul(60),
            leak: Duration::from_secs(1) / Ord::max(rate, 1),
        }
    }

    /// More room, the more people sign in from a network. So a school behind one address is not stopped on a morning when
    /// everybody mistypes, and a stranger who tries stolen passwords is.
    pub async fn grown(
        mut self,
        db: &impl ConnectionTrait,
        network: &str,
        now: Timestamp,
    ) -> Result<Self, DbErr> {
        let most = MOST_FOR_PEOPLE / FOR_EACH_PERSON;
        let people = session::Entity::people_of(db, network, now.minus(A_DAY), most).await?;
        self.size += people.saturating_mul(FOR_EACH_PERSON);
        Ok(self)
    }

    /// What all the networks of a site share, of which each has such a bucket.
    #[must_use]
    pub fn of_site(self) -> Self {
        Self {
            size: self.size.saturating_mul(NETWORKS_OF_A_SITE),
            leak: self.leak / NETWORKS_OF_A_SITE,
        }
    }

    /// What all the networks of a site share, to one of them whose bucket has `grown`: of that, one try takes the less, the
    /// more room people made. So each network fills a quarter of it at most, and those where nobody signed in today find
    /// room beside a crowded one.
    ///
    /// The site's people are not counted for it: an index in a language's order finds no networks by how they begin.
    #[must_use]
    pub fn of_site_with(self, grown: Self) -> Self {
        let size = grown.size.saturating_mul(NETWORKS_OF_A_SITE);
        Self {
            size,
            leak: self.leak.saturating_mul(self.size) / Ord::max(size, 1),
        }
    }

    /// How long until there is room for one more try in a bucket that will be empty at `empty_time`; none if there is.
    pub(super) fn wait(self, empty_time: Timestamp, now: Timestamp) -> Option<Duration> {
        let level = self.level(empty_time, now).saturating_add(self.leak);
        let full = self.full();
        (level > full).then(|| level.saturating_sub(full))
    }

    /// How full a bucket is that will be empty at `empty_time`.
    ///
    /// One that a clock wrote which was ahead, or that was larger while more people signed in, is full but for one try: what
    /// is in it nobody knows, and that try writes it anew.
    pub(super) fn level(self, empty_time: Timestamp, now: Timestamp) -> Duration {
        if empty_time > latest(self.full(), now) {
            self.full_but_for_one()
        } else {
            empty_time.since(now)
        }
    }

    /// What it holds.
    pub(super) const fn full(self) -> Duration {
        self.leak.saturating_mul(self.size)
    }

    /// What it holds with room for one more.
    pub(super) const fn full_but_for_one(self) -> Duration {
        self.full().saturating_sub(self.leak)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_that_a_clock_filled_which_was_ahead_has_room_for_one() {
        let bucket = Bucket {
            size: 60,
            leak: Duration::from_secs(1),
        };
        let now = Timestamp(1_800_000_000_000_000);
        for (ahead, wait) in [
            (0, None),
            (59, None),
            (60, Some(1)),
            (90, Some(31)),
            (120, Some(61)),
            (121, None),
            (24 * 60 * 60, None),
        ] {
            let empty_time = now.plus(Duration::from_secs(ahead));
            let wait = wait.map(Duration::from_secs);
            assert_eq!(bucket.wait(empty_time, now), wait, "{ahead} s");
        }

        let a_day = now.plus(Duration::from_hours(24));
        let with_one_more = bucket.level(a_day, now) + bucket.leak;
        assert_eq!(bucket.wait(now.plus(with_one_more), now), Some(bucket.leak));
    }

    #[test]
    fn a_network_of_any_size_fills_a_quarter_of_what_its_site_shares() {
        let base = Bucket {
            size: 60,
            leak: Duration::from_mins(1),
        };
        let held = |bucket: Bucket| bucket.leak * bucket.size;
        let site = held(base.of_site());

        for people in [0, 1, 7, MOST_FOR_PEOPLE / FOR_EACH_PERSON] {
            let grown = Bucket {
                size: base.size + people * FOR_EACH_PERSON,
                ..base
            };
            let shared = base.of_site_with(grown);
            assert_eq!(shared.size, 4 * grown.size, "{people} people");
            let lost = site.saturating_sub(held(shared));
            assert!(lost < Duration::from_millis(1), "{people} people: {lost:?}");
            assert!(shared.leak * grown.size <= site / 4, "{people} people");
        }
    }
}
