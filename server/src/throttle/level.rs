//! How full a bucket is that a process keeps in its memory, for what is refused so often that the refusal must not write.

use std::time::Duration;

use super::{Bucket, refusal::is_recent};
use crate::clock::Timestamp;

/// How full a bucket is.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// When it will be empty: one number that tells it at every moment.
    empty_time: Timestamp,
    /// When operators were told that it is full.
    told: Option<Timestamp>,
}

/// A bucket without room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// How long until there is room for one more.
    pub wait: Duration,
    /// Whether operators are to be told.
    pub is_news: bool,
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
    /// Whether nothing is left in it, so that it may be forgotten.
    pub fn is_empty(&self, now: Timestamp) -> bool {
        self.empty_time <= now
    }

    /// Pours one try. If the bucket is full, nothing was poured.
    pub fn pour(&mut self, bucket: Bucket, now: Timestamp) -> Result<(), Full> {
        if self.is_empty(now) {
            *self = Self::default();
        }
        let most = bucket.full();
        // A clock that was set back must not have anybody wait until it has caught up.
        let level = bucket.level(self.empty_time, now).min(most);
        let poured = level.saturating_add(bucket.leak);
        if poured <= most {
            self.empty_time = now.plus(poured);
            return Ok(());
        }
        self.empty_time = now.plus(level);
        let is_news = self.told.is_none_or(|told| !is_recent(told, now));
        if is_news {
            self.told = Some(now);
        }
        Err(Full {
            wait: poured.saturating_sub(most),
            is_news,
        })
    }

    /// Takes one try out again.
    pub fn scoop(&mut self, bucket: Bucket) {
        self.empty_time = self.empty_time.minus(bucket.leak);
    }

    /// Has the next refusal be told.
    pub fn forget_telling(&mut self) {
        self.told = None;
    }
}
