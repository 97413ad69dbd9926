//! How many requests for a mail are written down: so many from one network at once, and then as many as leak away.
//!
//! The budgets of `admission` stop mails, and what they refuse is stored all the same, so that a desk can say why none
//! came. Whoever asks for names by the thousand would fill the database that way, and have everybody's requests wait behind
//! theirs. So each network has a bucket here, much larger than what is answered, which is looked at before anything is
//! stored. It is in memory, because a refusal that wrote would be no bound; each process has its own.
//!
//! Beyond it one is told when to come again, and does not wait for a mail that never comes. That depends on the network
//! alone, not on what was typed, so it tells nothing about anybody.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    call::Call,
    clock::Timestamp,
    error::Error,
    event::{self, Subject},
    metrics::{Throttle, Tried},
    throttle::{AT_MOST_EVERY, Bucket},
    transport::peer,
};

/// Networks whose requests are counted apart. Those that find no room are counted together, as one network: whoever has
/// networks by the thousand gets no more out of further ones.
const MOST_APART: usize = 4_096;

/// Lets a request for a mail be written down, or refuses it.
///
/// # Errors
/// `THROTTLED` if too many came from this network.
pub(super) async fn admit(call: &Call<'_>, tried: Tried) -> Result<(), Error> {
    let limits = &call.app.config.throttle;
    if !limits.enabled {
        return Ok(());
    }
    let bucket = Bucket {
        size: limits.network_requests,
        leak: limits.network_request_interval,
    };
    let network = peer::network(call.client);
    let intake = &call.app.intake;
    let Err(full) = intake.pour(&network, bucket, call.now) else {
        return Ok(());
    };

    call.app.metrics.throttled(tried, Throttle::Network);
    if full.is_news
        && let Err(error) = tell(call, tried, &network).await
    {
        intake.forget_telling(&network, call.now);
        return Err(error);
    }
    Err(Error::Throttled {
        retry_after: full.wait,
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

/// How full the networks' buckets are.
#[derive(Debug, Default)]
pub struct Intake(Mutex<Levels>);

#[derive(Debug, Default)]
struct Levels {
    /// By network; what is empty again is forgotten.
    apart: HashMap<String, Level>,
    together: Level,
    /// In which second that was done last, since 1970.
    swept: i64,
}

/// How full a bucket is.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// When it will be empty: one number that tells it at every moment.
    empty_time: Timestamp,
    /// When operators were told that it is full.
    told: Option<Timestamp>,
}

/// A bucket without room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Full {
    /// How long until there is room for one more.
    wait: Duration,
    /// Whether operators are to be told.
    is_news: bool,
}

impl Intake {
    /// Pours one request of a network's. If its bucket is full, nothing was poured.
    fn pour(&self, network: &str, bucket: Bucket, now: Timestamp) -> Result<(), Full> {
        self.levels().of(network, now).pour(bucket, now)
    }

    /// Has the next refusal be told.
    fn forget_telling(&self, network: &str, now: Timestamp) {
        self.levels().of(network, now).told = None;
    }

    fn levels(&self) -> MutexGuard<'_, Levels> {
        // A level is changed in one step, so it is right whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Levels {
    fn of(&mut self, network: &str, now: Timestamp) -> &mut Level {
        // Once a second, or the many networks of a flood would have each call look at all of them.
        let second = now.unix_seconds();
        if self.swept != second {
            self.swept = second;
            self.apart.retain(|_, level| level.empty_time > now);
        }
        let has_room = self.apart.len() < MOST_APART || self.apart.contains_key(network);
        if has_room {
            self.apart.entry(network.to_owned()).or_default()
        } else {
            &mut self.together
        }
    }
}

impl Default for Level {
    /// An empty bucket's.
    fn default() -> Self {
        Self {
            empty_time: Timestamp(0),
            told: None,
        }
    }
}

impl Level {
    fn pour(&mut self, bucket: Bucket, now: Timestamp) -> Result<(), Full> {
        if self.empty_time <= now {
            *self = Self::default();
        }
        let most = bucket.leak.saturating_mul(bucket.size);
        // A clock that was set back must not have anybody wait until it has caught up.
        let level = self.empty_time.since(now).min(most);
        let poured = level.saturating_add(bucket.leak);
        if poured <= most {
            self.empty_time = now.plus(poured);
            return Ok(());
        }
        self.empty_time = now.plus(level);
        let long_ago = now.minus(AT_MOST_EVERY);
        let is_news = self.told.is_none_or(|told| told <= long_ago);
        if is_news {
            self.told = Some(now);
        }
        Err(Full {
            wait: poured.saturating_sub(most),
            is_news,
        })
    }
}

#[cfg(test)]
mod tests {
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
    fn rush(intake: &Intake, network: &str, now: Timestamp) -> usize {
        let tries = (0..100).map(|_| intake.pour(network, THREE, now));
        tries.flatten().count()
    }

    #[test]
    fn so_many_at_once_and_then_as_many_as_leak() {
        let intake = Intake::default();

        for (seconds, let_in) in [(0, 3), (9, 0), (10, 1), (29, 1), (30, 1), (1_000, 3)] {
            assert_eq!(rush(&intake, SCHOOL, after(seconds)), let_in, "{seconds} s");
        }
    }

    #[test]
    fn whoever_is_refused_is_told_how_long_it_takes_and_makes_it_no_longer() {
        let intake = Intake::default();
        rush(&intake, SCHOOL, NOW);

        for (seconds, wait) in [(0, 10), (4, 6), (9, 1)] {
            let full = intake.pour(SCHOOL, THREE, after(seconds)).unwrap_err();
            assert_eq!(full.wait, Duration::from_secs(wait), "after {seconds} s");
        }
        assert_eq!(intake.pour(SCHOOL, THREE, after(10)), Ok(()));
    }

    #[test]
    fn a_network_is_not_held_up_for_another() {
        let intake = Intake::default();
        rush(&intake, SCHOOL, NOW);

        assert_eq!(rush(&intake, "198.51.100.0/24", NOW), 3);
    }

    #[test]
    fn operators_are_told_once_an_episode_and_once_an_hour() {
        let intake = Intake::default();
        let news = |now| {
            let tries = (0..10).map(|_| intake.pour(SCHOOL, THREE, now));
            tries
                .filter(|one| one.is_err_and(|full| full.is_news))
                .count()
        };

        // Asked for all the time, it is full all the time.
        assert_eq!(news(NOW), 1);
        let told: usize = (1..=720).map(|minute| news(after(minute * 10))).sum();
        assert_eq!(told, 2, "within two hours");

        assert_eq!(news(after(7_240)), 1, "another episode");
        let full = intake.pour(SCHOOL, THREE, after(7_240)).unwrap_err();
        assert!(!full.is_news);
        intake.forget_telling(SCHOOL, after(7_240));
        let full = intake.pour(SCHOOL, THREE, after(7_240)).unwrap_err();
        assert!(full.is_news, "it could not be written");
    }

    #[test]
    fn networks_by_the_thousand_are_counted_together_and_forgotten() {
        let intake = Intake::default();
        for number in 0..MOST_APART {
            assert_eq!(rush(&intake, &format!("network {number}"), NOW), 3);
        }

        assert_eq!(rush(&intake, "one more", NOW), 3);
        assert_eq!(rush(&intake, "and another", NOW), 0);
        assert_eq!(intake.levels().apart.len(), MOST_APART);

        assert_eq!(rush(&intake, SCHOOL, after(30)), 3);
        assert_eq!(intake.levels().apart.len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody_up_for_longer_than_a_full_bucket() {
        let intake = Intake::default();
        rush(&intake, SCHOOL, after(86_400));

        let full = intake.pour(SCHOOL, THREE, NOW).unwrap_err();

        assert_eq!(full.wait, Duration::from_secs(10));
        assert_eq!(rush(&intake, SCHOOL, after(30)), 3);
    }
}
