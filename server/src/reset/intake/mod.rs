//! How many requests for a mail are written down, and how many wrong short codes are told that they are wrong: so many from
//! one network at once, and then as many as leak away.
//!
//! The budgets of `admission` stop mails, and what they refuse is stored all the same, so that a desk can say why none
//! came. Whoever asks for names by the thousand would fill the database that way, and have everybody's requests wait behind
//! theirs. So each network has a bucket here, much larger than what is answered, which is looked at before anything is
//! stored. It is in memory, because a refusal that wrote would be no bound; each process has its own. The networks of one
//! IPv6 site have one more together, or each would be as good as a further one.
//!
//! Beyond it one is told when to come again, and does not wait for a mail that never comes. That depends on the network
//! alone, not on what was typed, so it tells nothing about anybody.
//!
//! Short codes are looked at all the same: the right one must not be lost to whoever floods from the same school, and made-up
//! ids leave no row each. What bounds that work is one turn. Those beyond the bucket hold up nobody else's, and their own
//! line is short: whoever finds no place in it is told at once to come again, and then meets another line.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, SemaphorePermit};

use self::gauge::Gauge;
use crate::{
    call::Call,
    error::Error,
    event::{self, Subject},
    metrics::{Throttle, Tried},
    places::{Place, Places},
    throttle::Bucket,
    transport::peer,
};

mod gauge;

/// For so many requests for a mail, a network may try one wrong short code. It takes the one writer and a commit, and
/// people who were handed a code are fewer than those who can be sent mails: 300 at once, and one in ten seconds, unless it
/// is set otherwise.
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
    match pour(call, &call.app.intake.mails, bucket, tried).await? {
        None => Ok(()),
        Some(wait) => Err(throttled(call, tried, wait)),
    }
}

/// Counts a try at a short code.
pub(super) async fn try_short_code(call: &Call<'_>) -> Result<ShortTry, Error> {
    let gauge = &call.app.intake.short_codes;
    let wait = pour(call, gauge, of_short_codes(call), Tried::Reset).await?;
    Ok(ShortTry { wait })
}

/// Most that wait with a full bucket, half a second's work: one address gets half of it, one network two thirds.
const MOST_LATE: usize = 128;

/// A try at a short code.
pub(super) struct ShortTry {
    /// How long to stay away, if its network's or its site's bucket was full.
    wait: Option<Duration>,
}

/// The right to look at a short code. Whoever is next has it when this is dropped.
pub(super) struct Turn<'a> {
    _turn: Option<SemaphorePermit<'a>>,
    _among_late: Option<(Place, Option<SemaphorePermit<'a>>)>,
}

impl ShortTry {
    /// Waits for the short codes that came before, whoever's they are. They would wait for the same row, each with a
    /// connection to the database that others need. Of those that find their bucket full, one at a time stands in that
    /// line: a flood is waited for by those that come from the same networks.
    ///
    /// # Errors
    /// `THROTTLED` if the bucket was full and so is that line.
    pub(super) async fn turn<'t>(&self, call: &Call<'t>) -> Result<Turn<'t>, Error> {
        let intake = &call.app.intake;
        let among_late = match self.wait {
            Some(wait) => {
                let place = intake.late_places.take_at(call.client);
                let place = place.ok_or_else(|| throttled(call, Tried::Reset, wait))?;
                // Nobody ever closes them.
                Some((place, intake.late.acquire().await.ok()))
            }
            None => None,
        };
        Ok(Turn {
            _turn: intake.turns.acquire().await.ok(),
            _among_late: among_late,
        })
    }

    /// Takes a right one out again: a school where everybody was handed one must not be stopped.
    pub(super) fn forgive(self, call: &Call<'_>) {
        if self.wait.is_none() {
            let gauge = &call.app.intake.short_codes;
            gauge.scoop(&peer::network(call.client), of_short_codes(call), call.now);
        }
    }

    /// What a wrong one is told.
    ///
    /// # Errors
    /// `THROTTLED` if the bucket was full.
    pub(super) fn refuse(self, call: &Call<'_>) -> Result<(), Error> {
        match self.wait {
            None => Ok(()),
            Some(wait) => Err(throttled(call, Tried::Reset, wait)),
        }
    }
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

/// Pours one request. Where there is no room, operators are told, and it returns how long until there is.
async fn pour(
    call: &Call<'_>,
    gauge: &Gauge,
    bucket: Bucket,
    tried: Tried,
) -> Result<Option<Duration>, Error> {
    if !call.app.config.throttle.enabled {
        return Ok(None);
    }
    let network = peer::network(call.client);
    let Err(refusal) = gauge.pour(&network, bucket, call.now) else {
        return Ok(None);
    };
    if refusal.full.is_news
        && let Err(error) = tell(call, tried, &refusal.by).await
    {
        gauge.forget_telling(&refusal.by, call.now);
        return Err(error);
    }
    Ok(Some(refusal.full.wait))
}

fn throttled(call: &Call<'_>, tried: Tried, retry_after: Duration) -> Error {
    call.app.metrics.throttled(tried, Throttle::Network);
    Error::Throttled { retry_after }
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
    late: Semaphore,
    late_places: Arc<Places>,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            mails: Gauge::default(),
            short_codes: Gauge::default(),
            turns: Semaphore::new(1),
            late: Semaphore::new(1),
            late_places: Arc::new(Places::new(MOST_LATE)),
        }
    }
}
