//! The line in front of the hashing threads: first come, first served, and only so long.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use prometheus_client::metrics::gauge::Gauge;

use crate::password::stored::Memory;

/// What callers are told to wait at least and at most when the queue is full, before that is spread.
const RETRY_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// How many jobs the mean time looks back on.
const MEMORY_OF_MEAN: u32 = 8;

/// A hash is begun whose outcome has this long to come, however long jobs take: otherwise, once they take longer than
/// callers wait, none would be begun, and that they have become quicker never be found out.
const ENOUGH: Duration = Duration::from_millis(100);

/// The most that a caller's time is shortened by while it waits for an outcome.
const SPARED: Duration = Duration::from_millis(100);

/// When to stop waiting for an outcome, for who must answer by `deadline`: a little sooner, so that there is time to take a
/// charged try back. Not out of what a hash has to come at least.
pub(super) fn in_good_time(deadline: Instant, now: Instant) -> Instant {
    let beyond = deadline
        .saturating_duration_since(now)
        .saturating_sub(ENOUGH);
    let spared = SPARED.min(beyond / 10);
    deadline.checked_sub(spared).unwrap_or(deadline)
}

/// A hash to compute.
pub(super) struct Job {
    /// Alive as long as somebody waits for the outcome.
    pub(super) caller: Weak<()>,
    /// When the outcome stops being of use: it must be there by then.
    pub(super) deadline: Option<Instant>,
    /// The computation, which hands over its outcome itself.
    pub(super) compute: Box<dyn FnOnce(&mut Memory) + Send>,
}

/// Jobs that wait for a thread.
pub(super) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    capacity: usize,
    threads: u32,
    /// Tells the operator how long the line is.
    length: Gauge,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// What a job takes of a thread's time; zero until the first one is done.
    mean: Duration,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize, threads: usize, length: Gauge) -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            capacity,
            threads: u32::try_from(threads).unwrap_or(u32::MAX).max(1),
            length,
        }
    }

    /// Lines a job up, or says that there is no room, even without those that nobody waits for any more.
    pub(super) fn push(&self, job: Job) -> Result<(), Full> {
        let mut state = self.lock();
        if state.jobs.len() >= self.capacity {
            let mean = state.mean;
            state.jobs.retain(|job| job.is_wanted(mean));
        }
        if state.jobs.len() >= self.capacity {
            return Err(Full);
        }

        state.jobs.push_back(job);
        self.tell_length(&state);
        drop(state);
        self.ready.notify_one();

        Ok(())
    }

    /// Waits for the next job that somebody wants; `None` once the queue is closed. When none has come for so long, `rest`
    /// is called, once.
    pub(super) fn pop(&self, patience: Duration, rest: impl FnOnce()) -> Option<Job> {
        let mut rest = Some(rest);
        let mut state = self.lock();

        loop {
            if state.is_closed {
                return None;
            }
            let next = state.jobs.pop_front();
            self.tell_length(&state);
            match next {
                Some(job) if job.is_wanted(state.mean) => return Some(job),
                Some(_) => {}
                None if rest.is_none() => {
                    let woken = self.ready.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
                None => {
                    let woken = self.ready.wait_timeout(state, patience);
                    let (locked, waited) = woken.unwrap_or_else(PoisonError::into_inner);
                    state = locked;
                    if waited.timed_out()
                        && state.jobs.is_empty()
                        && let Some(rest) = rest.take()
                    {
                        drop(state);
                        rest();
                        state = self.lock();
                    }
                }
            }
        }
    }

    /// Learns from a finished job what the next ones will take.
    pub(super) fn record(&self, took: Duration) {
        let mut state = self.lock();

        state.mean = if state.mean.is_zero() {
            took
        } else {
            (state.mean * (MEMORY_OF_MEAN - 1) + took) / MEMORY_OF_MEAN
        };
    }

    /// How long the jobs that wait now, and one more, should take.
    pub(super) fn retry_after(&self) -> Duration {
        let state = self.lock();
        let jobs = u32::try_from(state.jobs.len() + 1).unwrap_or(u32::MAX);
        let [least, most] = RETRY_AFTER;

        (state.mean.saturating_mul(jobs) / self.threads).clamp(least, most)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Lets the threads end; what still waits is dropped.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.jobs.clear();
        self.tell_length(&state);
        drop(state);

        self.ready.notify_all();
    }

    fn tell_length(&self, state: &State) {
        self.length
            .set(i64::try_from(state.jobs.len()).unwrap_or(i64::MAX));
    }

    /// Jobs never run under the lock, so what it guards is whole even after a panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// There is no room in the queue.
#[derive(Debug)]
pub(super) struct Full;

impl Job {
    /// Whether somebody still waits for it, and it can be done in time, as jobs take so long.
    fn is_wanted(&self, mean: Duration) -> bool {
        let in_time = self
            .deadline
            .is_none_or(|deadline| Instant::now() + mean.min(ENOUGH) < deadline);

        in_time && self.caller.strong_count() > 0
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc},
        thread,
    };

    use super::*;

    fn job(caller: &Arc<()>, deadline: Option<Instant>) -> Job {
        Job {
            caller: Arc::downgrade(caller),
            deadline,
            compute: Box::new(|_| {}),
        }
    }

    fn pop(queue: &Queue) -> Option<Job> {
        queue.pop(Duration::MAX, || {})
    }

    #[test]
    fn a_full_queue_makes_room_by_dropping_what_nobody_waits_for() {
        let queue = Queue::new(2, 1, Gauge::default());
        let (caller, gone) = (Arc::new(()), Arc::new(()));
        queue.push(job(&gone, None)).unwrap();
        queue.push(job(&caller, None)).unwrap();
        queue.push(job(&caller, None)).unwrap_err();

        drop(gone);
        queue.push(job(&caller, None)).unwrap();
        assert_eq!(queue.len(), 2);
        queue.push(job(&caller, None)).unwrap_err();
    }

    #[test]
    fn a_job_that_is_late_or_abandoned_is_passed_over() {
        let queue = Queue::new(8, 1, Gauge::default());
        let (caller, gone) = (Arc::new(()), Arc::new(()));
        let soon = Instant::now() + Duration::from_mins(1);
        queue.push(job(&gone, None)).unwrap();
        queue.push(job(&caller, Some(Instant::now()))).unwrap();
        queue.push(job(&caller, Some(soon))).unwrap();
        drop(gone);

        assert_eq!(pop(&queue).and_then(|job| job.deadline), Some(soon));
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn who_waits_for_long_rests_once_and_still_gets_the_next_job() {
        let queue = Queue::new(8, 1, Gauge::default());
        let caller = Arc::new(());
        let (rest, rests) = mpsc::channel();

        thread::scope(|scope| {
            let popped =
                scope.spawn(|| queue.pop(Duration::from_millis(1), || rest.send(()).unwrap()));
            rests.recv().unwrap();
            queue.push(job(&caller, None)).unwrap();
            assert!(popped.join().unwrap().is_some());
        });

        assert_eq!(rests.try_iter().count(), 0);
    }

    #[test]
    fn what_cannot_be_done_in_time_is_not_begun() {
        let queue = Queue::new(8, 1, Gauge::default());
        let caller = Arc::new(());
        queue.record(Duration::from_mins(5));
        let within = |time| Some(Instant::now() + time);

        queue.push(job(&caller, within(ENOUGH / 2))).unwrap();
        queue.push(job(&caller, within(ENOUGH * 100))).unwrap();
        queue.push(job(&caller, within(ENOUGH / 2))).unwrap();
        queue.push(job(&caller, None)).unwrap();

        // A process that was stopped for minutes goes on.
        assert!(pop(&queue).is_some_and(|job| job.deadline.is_some()));
        assert!(pop(&queue).is_some_and(|job| job.deadline.is_none()));
    }

    #[test]
    fn who_waits_keeps_a_tenth_of_the_time_back_but_nothing_that_a_hash_needs() {
        let now = Instant::now();
        for (left, waits) in [
            (0, 0),
            (40, 40),
            (100, 100),
            (200, 190),
            (1_100, 1_000),
            (10_000, 9_900),
        ] {
            let [left, waits] = [left, waits].map(Duration::from_millis);
            assert_eq!(in_good_time(now + left, now), now + waits, "{left:?}");
        }
        let over = now + Duration::from_secs(1);
        assert_eq!(in_good_time(now, over), now);
    }

    #[test]
    fn the_wait_is_told_from_the_jobs_their_mean_time_and_the_threads() {
        let queue = Queue::new(64, 2, Gauge::default());
        let caller = Arc::new(());
        let told = |queue: &Queue| queue.retry_after().as_millis();

        assert_eq!(told(&queue), 1_000);
        queue.record(Duration::from_millis(400));
        for _ in 0..9 {
            queue.push(job(&caller, None)).unwrap();
        }
        assert_eq!(told(&queue), 2_000);
        queue.record(Duration::from_millis(1_200));
        assert_eq!(told(&queue), 2_500);
        queue.record(Duration::from_mins(10));
        assert_eq!(told(&queue), 30_000);
    }

    #[test]
    fn a_closed_queue_gives_nothing() {
        let queue = Queue::new(8, 1, Gauge::default());
        let caller = Arc::new(());
        queue.push(job(&caller, None)).unwrap();

        queue.close();

        assert!(pop(&queue).is_none());
        assert_eq!(queue.len(), 0);
    }
}
