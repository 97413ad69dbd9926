//! A wrong password is told no sooner than the slowest kind of stored hash would allow, so that the time does not say
//! whether an account exists, nor where it came from.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{HashError, Hasher};
use crate::password::Password;
use crate::password::stored::HashKind;

/// How often a kind is tried. The quickest counts: the others were disturbed.
const TRIES: usize = 3;

/// How much longer than the slowest kind a failure takes: what one verification differs from the next.
const MARGIN: f64 = 1.5;

/// What comes before a hash is computed, on a machine that is not busy: counters are charged and the account is looked up,
/// which takes a little longer where there is one.
const APPROACH: Duration = Duration::from_millis(10);

/// How long the kinds of hash that were met take.
#[derive(Debug, Default)]
pub(super) struct Patience {
    known: Mutex<BTreeMap<HashKind, Duration>>,
}

impl Patience {
    fn knows(&self, kind: &HashKind) -> bool {
        self.known
            .lock()
            .is_ok_and(|known| known.contains_key(kind))
    }

    fn note(&self, kind: HashKind, time: Duration) {
        if let Ok(mut known) = self.known.lock() {
            known.insert(kind, time);
        }
    }

    fn longest(&self) -> Duration {
        let Ok(known) = self.known.lock() else {
            return Duration::ZERO;
        };
        let longest = known.values().copied().max();
        longest.unwrap_or_default().mul_f64(MARGIN)
    }
}

impl Hasher {
    /// Measures the kinds that are new to it.
    pub async fn learn(&self, kinds: impl IntoIterator<Item = HashKind>) -> Result<(), HashError> {
        for kind in kinds {
            if self.pool.patience.knows(&kind) {
                continue;
            }
            let mut quickest = Duration::MAX;
            for _ in 0..TRIES {
                quickest = quickest.min(self.measure(&kind).await?);
            }
            self.pool.patience.note(kind, quickest);
        }
        Ok(())
    }

    async fn measure(&self, kind: &HashKind) -> Result<Duration, HashError> {
        let Some(hash) = kind.hash_of_nobody() else {
            return Ok(Duration::ZERO);
        };
        self.run(None, move |memory| {
            let begun = Instant::now();
            hash.verify(&Password::typed("a password of usual length"), memory)?;
            Ok(begun.elapsed())
        })
        .await
    }

    /// How long looking at a wrong password takes.
    pub fn slowest(&self) -> Duration {
        self.pool.patience.longest()
    }

    /// Waits as long as the slowest kind of hash would have taken, for a password that arrived at the first moment and
    /// whose verification was begun at the second.
    pub async fn as_slow_as_any(&self, [arrived, begun]: [Instant; 2], password: &Password) {
        let spellings = u32::try_from(password.spellings().count()).unwrap_or(1);
        let from = Ord::max(arrived + APPROACH, begun);
        tokio::time::sleep_until((from + self.slowest() * spellings).into()).await;
    }
}
