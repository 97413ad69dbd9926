//! How full the buckets of many are, of which a process keeps one for each in its memory.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

use super::{Bucket, Full, Level};
use crate::clock::Timestamp;

/// One bucket for each. Those that find no room to be counted apart are counted together, as one: whoever comes as
/// thousands gets no more out of being more.
#[derive(Debug)]
pub struct Buckets<K> {
    /// How many are counted apart.
    most: usize,
    /// By whose it is; what is empty again is forgotten.
    apart: HashMap<K, Level>,
    together: Level,
    /// In which second that was done last, since 1970.
    swept: i64,
}

impl<K: Eq + Hash> Buckets<K> {
    /// So many of them apart.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            apart: HashMap::new(),
            together: Level::default(),
            swept: 0,
        }
    }

    /// Pours one try into somebody's. If it is full, nothing was poured.
    pub fn pour<Q>(&mut self, whose: &Q, bucket: Bucket, now: Timestamp) -> Result<(), Full>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        self.of(whose, now).pour(bucket, now)
    }

    /// How full somebody's is.
    pub fn of<Q>(&mut self, whose: &Q, now: Timestamp) -> &mut Level
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        // Once a second, or those who come as thousands would have each call look at all of them.
        let second = now.unix_seconds();
        if self.swept != second {
            self.swept = second;
            self.apart.retain(|_, level| !level.is_empty(now));
        }
        let has_room = self.apart.len() < self.most || self.apart.contains_key(whose);
        if has_room {
            self.apart.entry(whose.to_owned()).or_default()
        } else {
            &mut self.together
        }
    }

    /// How many are counted apart at the moment.
    #[cfg(test)]
    pub fn apart(&self) -> usize {
        self.apart.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
    const THREE: Bucket = Bucket {
        size: 3,
        leak: Duration::from_secs(10),
    };

    #[test]
    fn those_beyond_the_most_are_counted_together_and_forgotten_once_empty() {
        let mut buckets = Buckets::<String>::new(2);
        let mut rush = |whose: &str, now| {
            let tries = (0..10).map(|_| buckets.pour(whose, THREE, now));
            tries.flatten().count()
        };

        let let_in = ["lea", "noa", "jean", "anne", "lea"].map(|whose| rush(whose, NOW));
        assert_eq!(let_in, [3, 3, 3, 0, 0]);

        let later = NOW.plus(Duration::from_secs(30));
        assert_eq!(rush("anne", later), 3);
        assert_eq!(buckets.apart(), 1);
    }
}
