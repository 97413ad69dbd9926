//! How many requests for a mail are written down, and how many short codes are looked at: so many from one network at once,
//! and then as many as leak away.
//!
//! The budgets of `admission` stop mails, and what they refuse is stored all the same, so that a desk can say why none
//! came. Whoever asks for names by the thousand would fill the database that way, and have everybody's requests wait behind
//! theirs. So each network has a bucket here, much larger than what is answered, which is looked at before anything is
//! stored. It is in memory, because a refusal that wrote would be no bound; each process has its own. The networks of one
//! IPv6 site have one more together, or each would be as good as a further one.
//!
//! Beyond it one is told when to come again, and does not wait for a mail that never comes. That depends on the network
//! alone, not on what was typed, so it tells nothing about anybody.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    call::Call,
    clock::Timestamp,
    error::Error,
    event::{self, Subject},
    metrics::{Throttle, Tried},
    throttle::{Bucket, Full, Level},
    transport::peer,
};

/// Networks whose requests are counted apart, and sites. Those that find no room are counted together, as one: whoever has
/// networks by the thousand gets no more out of further ones.
const MOST_APART: usize = 4_096;

/// For so many requests for a mail, a network may try one short code. A try that is wrong takes the one writer and a commit,
/// and people who were handed a code are fewer than those who can be sent mails: 300 at once,
/// and one in ten seconds, unless it is set otherwise.
const REQUESTS_FOR_A_SHORT_CODE: u32 = 10;

/// Lets a request for a mail be written down, or refuses it.
///
/// # Errors
/// `THROTTLED` if too many came from this network, or this site.
pub(super) async fn admit(call: &Call<'_>, tried: Tried) -> Result<(), Error> {
    let limits = &call.app.config.throttle;
    let bucket = Bucket {
        size: limits.network_requests,
        leak: limits.network_request_interval,
    };
    pass(call, &call.app.intake.mails, bucket, tried).await
}

/// Lets a short code be looked at, or refuses it.
///
/// # Errors
/// Likewise.
pub(super) async fn admit_short_code(call: &Call<'_>) -> Result<(), Error> {
    let gauge = &call.app.intake.short_codes;
    pass(call, gauge, of_short_codes(call), Tried::Reset).await
}

/// Takes a short code out again that was right: a school where everybody was handed one must not be stopped.
pub(super) fn give_back_short_code(call: &Call<'_>) {
    let gauge = &call.app.intake.short_codes;
    gauge.scoop(&peer::network(call.client), of_short_codes(call), call.now);
}

fn of_short_codes(call: &Call<'_>) -> Bucket {
    let limits = &call.app.config.throttle;
    Bucket {
        size: limits.network_requests.div_ceil(REQUESTS_FOR_A_SHORT_CODE),
        leak: limits
            .network_request_interval
            .saturating_mul(REQUESTS_FOR_A_SHORT_CODE),
    }
}

async fn pass(call: &Call<'_>, gauge: &Gauge, bucket: Bucket, tried: Tried) -> Result<(), Error> {
    if !call.app.config.throttle.enabled {
        return Ok(());
    }
    let network = peer::network(call.client);
    let Err(refusal) = gauge.pour(&network, bucket, call.now) else {
        return Ok(());
    };

    call.app.metrics.throttled(tried, Throttle::Network);
    if refusal.full.is_news
        && let Err(error) = tell(call, tried, &refusal.by).await
    {
        gauge.forget_telling(&refusal.by, call.now);
        return Err(error);
    }
    Err(Error::Throttled {
        retry_after: refusal.full.wait,
    })
}

/// Tells operators that requests are refused, which no list of requests shows.
async fn tell(call: &Call<'_>, tried: Tried, network: &str) -> Result<(), Error> {
    let (tried, by) = (tried.name(), Throttle::Network.name());
    tracing::warn!(tried, by, network, "asks for more than is written down");
    let kind = format!("{tried}.throttled");
    let about = serde_json::json!({ "by": by, "written_down": false });
    let txn = call.app.store.write().await?;
    event::append(&txn, call, &kind, Subject::default(), None, about).await?;
    Ok(txn.commit().await?)
}

/// How full the buckets are.
#[derive(Debug)]
pub struct Intake {
    mails: Gauge,
    short_codes: Gauge,
    turns: Semaphore,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            mails: Gauge::default(),
            short_codes: Gauge::default(),
            turns: Semaphore::new(1),
        }
    }
}

impl Intake {
    /// Waits for the short codes that came before, whoever's they are. They would wait for the same row, each with a
    /// connection to the database that others need.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }
}

/// Those of one kind.
#[derive(Debug, Default)]
struct Gauge(Mutex<Levels>);

#[derive(Debug, Default)]
struct Levels {
    networks: Buckets,
    sites: Buckets,
}

#[derive(Debug, Default)]
struct Buckets {
    /// By network or site; what is empty again is forgotten.
    apart: HashMap<String, Level>,
    together: Level,
    /// In which second that was done last, since 1970.
    swept: i64,
}

/// What a full bucket did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    /// The network's, or the site's.
    by: String,
    full: Full,
}

impl Gauge {
    /// Pours one request of a network's. If its bucket or its site's is full, nothing was poured.
    fn pour(&self, network: &str, bucket: Bucket, now: Timestamp) -> Result<(), Refusal> {
        let mut levels = self.levels();
        let site = peer::site(network);
        // The site first: the many networks of one that is full must not take the others' room to be counted apart.
        if let Some(site) = &site {
            levels.sites.pour(site, bucket.of_site(), now)?;
        }
        let poured = levels.networks.pour(network, bucket, now);
        if poured.is_err()
            && let Some(site) = &site
        {
            levels.sites.of(site, now).scoop(bucket.of_site());
        }
        poured
    }

    /// Takes one request out again.
    fn scoop(&self, network: &str, bucket: Bucket, now: Timestamp) {
        let mut levels = self.levels();
        levels.networks.of(network, now).scoop(bucket);
        if let Some(site) = peer::site(network) {
            levels.sites.of(&site, now).scoop(bucket.of_site());
        }
    }

    /// Has the next refusal by a network's or a site's bucket be told.
    fn forget_telling(&self, by: &str, now: Timestamp) {
        let mut levels = self.levels();
        levels.networks.of(by, now).forget_telling();
        levels.sites.of(by, now).forget_telling();
    }

    fn levels(&self) -> MutexGuard<'_, Levels> {
        // A level is changed in one step, so it is right whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    fn pour(&mut self, name: &str, bucket: Bucket, now: Timestamp) -> Result<(), Refusal> {
        let poured = self.of(name, now).pour(bucket, now);
        poured.map_err(|full| Refusal {
            by: name.to_owned(),
            full,
        })
    }

    fn of(&mut self, name: &str, now: Timestamp) -> &mut Level {
        // Once a second, or the many networks of a flood would have each call look at all of them.
        let second = now.unix_seconds();
        if self.swept != second {
            self.swept = second;
            self.apart.retain(|_, level| !level.is_empty(now));
        }
        let has_room = self.apart.len() < MOST_APART || self.apart.contains_key(name);
        if has_room {
            self.apart.entry(name.to_owned()).or_default()
        } else {
            &mut self.together
        }
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
        assert_eq!(intake.levels().networks.apart.len(), 4);

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
        assert_eq!(intake.levels().networks.apart.len(), MOST_APART);

        assert_eq!(rush(&intake, SCHOOL, after(30)), 3);
        assert_eq!(intake.levels().networks.apart.len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody_up_for_longer_than_a_full_bucket() {
        let intake = Gauge::default();
        rush(&intake, SCHOOL, after(86_400));

        let full = intake.pour(SCHOOL, THREE, NOW).unwrap_err().full;

        assert_eq!(full.wait, Duration::from_secs(10));
        assert_eq!(rush(&intake, SCHOOL, after(30)), 3);
    }
}
