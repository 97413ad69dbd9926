//! One try at a time for each counter of a process.
//!
//! A charge counts as a failure until the password has been looked at. Of many right passwords for one account that come
//! at the same moment, as from a service's account, all but the first few would be refused for the sake of the others. So
//! each waits until the one before is settled; a right one opens the counter again, a wrong one closes it, and then whoever
//! waits is refused at once.
//!
//! What people write who are signed in takes turns likewise, some at a time ([`super::own_writes`]), and so do pages of
//! lists ([`crate::pagination`]).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Tries that may wait for one counter: what is looked at within the time that callers wait.
const LONGEST_LINE: usize = 128;

/// When a try that finds the line full may come again.
const SOON: Duration = Duration::from_secs(1);

/// The lines in front of the counters that somebody tries at the moment.
#[derive(Debug)]
pub struct Turns {
    at_once: usize,
    longest_line: usize,
    lines: Mutex<HashMap<Vec<u8>, Line>>,
}

#[derive(Debug)]
struct Line {
    door: Arc<Semaphore>,
    length: usize,
}

/// A place in a line, given up when it is dropped: by a call that is cancelled, too.
#[derive(Debug)]
struct Place<'a> {
    turns: &'a Turns,
    key: Vec<u8>,
}

/// The right to try now. Whoever is next has it when this is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    _place: Place<'a>,
    _permit: OwnedSemaphorePermit,
}

impl Default for Turns {
    /// One at a time, and a line that ends somewhere.
    fn default() -> Self {
        Self {
            at_once: 1,
            longest_line: LONGEST_LINE,
            lines: Mutex::default(),
        }
    }
}

impl Turns {
    /// So many at a time, and a line as long as callers have patience.
    pub fn of_patient(at_once: usize) -> Self {
        Self {
            at_once,
            longest_line: usize::MAX,
            lines: Mutex::default(),
        }
    }

    /// Waits until it is this try's turn.
    ///
    /// # Errors
    /// How long to stay away, if too many wait already.
    pub async fn wait(&self, key: Vec<u8>) -> Result<Turn<'_>, Duration> {
        let (place, door) = self.line_up(key)?;
        // Nobody ever closes a door.
        let permit = door.acquire_owned().await.map_err(|_| SOON)?;
        Ok(Turn {
            _place: place,
            _permit: permit,
        })
    }

    fn line_up(&self, key: Vec<u8>) -> Result<(Place<'_>, Arc<Semaphore>), Duration> {
        let mut lines = self.lines();
        let line = lines.entry(key.clone()).or_insert_with(|| Line {
            door: Arc::new(Semaphore::new(self.at_once)),
            length: 0,
        });
        if line.length > self.longest_line {
            return Err(SOON);
        }
        line.length += 1;
        let door = line.door.clone();
        drop(lines);
        Ok((Place { turns: self, key }, door))
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.turns.lines();
        if let Some(line) = lines.get_mut(&self.key) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn poll<F: Future>(waiting: &mut Pin<Box<F>>) -> Poll<F::Output> {
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn each_waits_for_the_one_before_and_nobody_for_another_counter() {
        let turns = Turns::default();
        let first = turns.wait(b"lea".to_vec()).await.unwrap();
        let mut second = Box::pin(turns.wait(b"lea".to_vec()));
        assert!(poll(&mut second).is_pending());
        turns.wait(b"noa".to_vec()).await.unwrap();

        drop(first);

        assert!(matches!(poll(&mut second), Poll::Ready(Ok(_))));
        drop(second);
        assert!(turns.lines().is_empty());
    }

    #[tokio::test]
    async fn who_gives_up_gives_his_place_up_and_a_full_line_takes_nobody() {
        let turns = Turns::default();
        let first = turns.wait(b"lea".to_vec()).await.unwrap();
        let mut line = Vec::new();
        for _ in 0..LONGEST_LINE {
            let mut waiting = Box::pin(turns.wait(b"lea".to_vec()));
            assert!(poll(&mut waiting).is_pending());
            line.push(waiting);
        }
        assert_eq!(turns.wait(b"lea".to_vec()).await.unwrap_err(), SOON);

        line.pop();

        let mut last = Box::pin(turns.wait(b"lea".to_vec()));
        assert!(poll(&mut last).is_pending());
        drop((last, line, first));
        assert!(turns.lines().is_empty());
    }

    #[tokio::test]
    async fn the_patient_come_some_at_a_time_and_none_is_sent_away() {
        let turns = Turns::of_patient(2);
        let first = turns.wait(b"lea".to_vec()).await.unwrap();
        let second = turns.wait(b"lea".to_vec()).await.unwrap();
        let mut line = Vec::new();
        for _ in 0..=LONGEST_LINE {
            let mut waiting = Box::pin(turns.wait(b"lea".to_vec()));
            assert!(poll(&mut waiting).is_pending());
            line.push(waiting);
        }

        drop(second);

        assert!(matches!(poll(&mut line[0]), Poll::Ready(Ok(_))));
        drop((line, first));
        assert!(turns.lines().is_empty());
    }
}
