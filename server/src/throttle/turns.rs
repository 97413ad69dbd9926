//! One try at a time for each counter of a process.
//!
//! A charge counts as a failure until the password has been looked at. Of many right passwords for one account that come
//! at the same moment, as from a service's account, all but the first few would be refused for the sake of the others. So
//! each waits until the one before is settled; a right one opens the counter again, a wrong one closes it, and then whoever
//! waits is refused at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Tries that may wait for one counter: what is looked at within the time that callers wait.
const LONGEST_LINE: usize = 128;

/// When a try that finds the line full may come again.
const SOON: Duration = Duration::from_secs(1);

/// The lines in front of the counters that somebody tries at the moment.
#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<Vec<u8>, Line>>);

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

impl Turns {
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
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(key.clone()).or_insert_with(|| Line {
            door: Arc::new(Semaphore::new(1)),
            length: 0,
        });
        if line.length > LONGEST_LINE {
            return Err(SOON);
        }
        line.length += 1;
        let door = line.door.clone();
        drop(lines);
        Ok((Place { turns: self, key }, door))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        assert!(turns.0.lock().unwrap().is_empty());
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
        assert!(turns.0.lock().unwrap().is_empty());
    }
}
