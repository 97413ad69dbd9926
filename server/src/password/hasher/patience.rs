//! A wrong password is told no sooner than the slowest kind of stored hash would allow, so that the time does not say
//! whether an account exists, nor where it came from.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{HashError, Hasher};
use crate::password::stored::{HashKind, StoredHash};
use crate::password::{MAX_BYTES, Password};

/// How often a kind is tried. The quickest counts: the others were disturbed.
const TRIES: usize = 3;

/// How often with the longest password, which takes several times as long. A time that was disturbed only has whoever
/// types such a password wait longer.
const LONG_TRIES: usize = 1;

/// The bytes of a password that is no longer than most.
///
/// crypt(3) and phpass hash the password in every round. Up to here that takes them as many blocks as for one of 26 bytes,
/// a few of `$6$`'s rounds aside: phpass one until 39, `$5$` two until 35 and `$6$` two until 79. For 512 bytes `$6$` takes
/// five times as long, and nobody else is to wait for that.
pub(super) const USUAL_BYTES: usize = 32;

/// How much longer than the slowest kind a failure takes: what one verification differs from the next.
const MARGIN: f64 = 1.5;

/// What comes before a hash is computed, on a machine that is not busy: counters are charged and the account is looked up,
/// which takes a little longer where there is one.
const APPROACH: Duration = Duration::from_millis(10);

/// How long the kinds of hash that were met take.
#[derive(Debug, Default)]
pub(super) struct Patience {
    known: Mutex<BTreeMap<HashKind, Times>>,
}

/// How long one kind takes for a password of usual length, and for the longest.
#[derive(Clone, Copy, Debug)]
struct Times {
    usual: Duration,
    long: Duration,
}

impl Times {
    const fn of(self, bytes: usize) -> Duration {
        if bytes > USUAL_BYTES {
            self.long
        } else {
            self.usual
        }
    }
}

impl Patience {
    fn knows(&self, kind: &HashKind) -> bool {
        self.known
            .lock()
            .is_ok_and(|known| known.contains_key(kind))
    }

    fn note(&self, kind: HashKind, times: Times) {
        if let Ok(mut known) = self.known.lock() {
            known.insert(kind, times);
        }
    }

    fn longest(&self, bytes: usize) -> Duration {
        let Ok(known) = self.known.lock() else {
            return Duration::ZERO;
        };
        let longest = known.values().map(|times| times.of(bytes)).max();
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
            let Some(hash) = kind.hash_of_nobody() else {
                continue;
            };
            let usual = self.quickest(&hash, USUAL_BYTES, TRIES).await?;
            let long = if hash.grows_with_the_password() {
                let long = self.quickest(&hash, MAX_BYTES, LONG_TRIES).await?;
                long.max(usual)
            } else {
                usual
            };
            self.pool.patience.note(kind, Times { usual, long });
        }
        Ok(())
    }

    /// How long a hash takes for a password of so many bytes.
    async fn quickest(
        &self,
        hash: &StoredHash,
        bytes: usize,
        tries: usize,
    ) -> Result<Duration, HashError> {
        let mut quickest = Duration::MAX;
        for _ in 0..tries {
            let (hash, password) = (hash.clone(), Password::typed(&"a".repeat(bytes)));
            let measured = self.run(None, move |memory| {
                let begun = Instant::now();
                hash.verify(&password, memory)?;
                Ok(begun.elapsed())
            });
            quickest = quickest.min(measured.await?);
        }
        Ok(quickest)
    }

    /// How long looking at a wrong password of so many bytes takes.
    pub fn slowest(&self, bytes: usize) -> Duration {
        self.pool.patience.longest(bytes)
    }

    /// Waits as long as the slowest kind of hash would have taken, for a password whose turn came at the first moment and
    /// whose verification was begun at the second.
    pub async fn as_slow_as_any(&self, [turned, begun]: [Instant; 2], password: &Password) {
        let spellings = password.spellings();
        let wait: Duration = spellings.map(|spelling| self.slowest(spelling.len())).sum();
        let from = Ord::max(turned + APPROACH, begun);
        tokio::time::sleep_until((from + wait).into()).await;
    }
}
