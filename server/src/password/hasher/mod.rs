//! Computes and verifies hashes on threads of its own, so that a rush of sign-ins never stops other calls.

mod patience;
mod queue;

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::cost::Cost;
use super::stored::{Argon2Hash, HashKind, ImportedHash, Match, Memory, StoredHash, Wrapped};
use super::{Password, Verifiable};
use crate::places::{Place, Places};
use crate::secret;
use patience::Patience;
use queue::{Job, Queue, in_good_time};

/// For so long a thread that computes nothing keeps the memory of its last hash: while people sign in, each spares the
/// system's wiping it, and at night nobody pays for it.
const KEEPS_MEMORY: Duration = Duration::from_secs(10);

/// How much less than others these threads may claim of a busy machine: a hash can wait, a health check cannot.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// How much the hasher may do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cost of new hashes.
    pub cost: Cost,
    /// Hashes computed at the same time.
    pub threads: usize,
    /// Hashes that may wait, over all threads.
    pub queue: usize,
    /// Is told how many wait.
    pub waiting: Gauge,
}

/// A handle on the hashing threads; they end when the last handle is dropped.
#[derive(Clone)]
pub struct Hasher {
    pool: Arc<Pool>,
    cost: Cost,
}

/// The outcome of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether the right password should be hashed again: the stored hash is weaker than new ones are, or was made of
    /// text that is not in NFC.
    pub needs_renewal: bool,
    /// When a thread took it up.
    pub begun: Instant,
}

/// Why there is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full, or the deadline came close before the work was done.
    #[error("too many password hashes are waiting")]
    Overloaded {
        /// When the work that waits now should be done, and up to as long again, so that those who are told this at the
        /// same moment don't come back at the same moment; 1 to 60 seconds.
        retry_after: Duration,
    },
    /// The hash could not be computed: no memory, no random numbers, or a defect.
    #[error("the password hash could not be computed")]
    Failed,
}

impl HashError {
    fn overloaded(queue: &Queue) -> Self {
        let wait = queue.retry_after();
        Self::Overloaded {
            retry_after: wait + wait.mul_f64(secret::fraction()),
        }
    }
}

impl Hasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let Settings {
            cost,
            threads,
            queue,
            waiting,
        } = settings;
        let threads = threads.max(1);
        // Made first, so that the threads already started end if a later one cannot start.
        let pool = Arc::new(Pool {
            queue: Arc::new(Queue::new(queue, threads, waiting)),
            places: Arc::new(Places::new(queue + threads)),
            patience: Patience::default(),
        });

        for number in 0..threads {
            let queue = Arc::clone(&pool.queue);
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || work(&queue, cost))?;
        }

        Ok(Self { pool, cost })
    }

    /// Takes a place for a caller from the network of this client, who has other work to do before it needs a hash: as many
    /// as there are threads and room in front of them, of which no network takes all, nor all networks of an IPv6 site
    /// together. Whoever finds none is turned away before that work, not after it.
    ///
    /// Every call that hashes has one: without it, one network's calls would fill the queue. Only imports have none, which
    /// hash one row after the other, and what the server does for itself.
    pub fn enter(&self, client: Option<IpAddr>) -> Result<Place, HashError> {
        let place = self.pool.places.take(client);
        place.ok_or_else(|| HashError::overloaded(&self.pool.queue))
    }

    /// Turns a caller away who would find no place now: in a rush most are, and at once costs least.
    pub fn look_in(&self, client: Option<IpAddr>) -> Result<(), HashError> {
        if self.pool.places.has_room(client) {
            Ok(())
        } else {
            Err(HashError::overloaded(&self.pool.queue))
        }
    }

    /// Hashes a new password: argon2id in the PHC string format.
    ///
    /// # Errors
    /// [`HashError::Failed`] also for a password that can match nothing, being empty or too long.
    pub async fn hash(
        &self,
        password: &Password,
        deadline: Option<Instant>,
    ) -> Result<String, HashError> {
        if password.verifiable == Verifiable::Never {
            return Err(HashError::Failed);
        }

        let (password, cost) = (password.clone(), self.cost);
        self.run(deadline, move |memory| {
            Argon2Hash::of(&password, cost, memory).map(|hash| hash.to_string())
        })
        .await
    }

    /// The form in which a hash from elsewhere is stored: one that is quick to guess is hashed again, with argon2id.
    pub async fn adopt(
        &self,
        imported: ImportedHash,
        deadline: Option<Instant>,
    ) -> Result<String, HashError> {
        let foreign = match imported {
            ImportedHash::Ready(text) => return Ok(text),
            ImportedHash::Foreign(foreign) => foreign,
        };
        let cost = self.cost;
        self.run(deadline, move |memory| {
            Wrapped::of(foreign, cost, memory).map(|hash| hash.to_string())
        })
        .await
    }

    /// Verifies a password against a stored hash.
    pub async fn verify(
        &self,
        password: &Password,
        stored: &StoredHash,
        deadline: Option<Instant>,
    ) -> Result<Verdict, HashError> {
        let (password, stored, cost) = (password.clone(), stored.clone(), self.cost);

        self.run(deadline, move |memory| {
            let begun = Instant::now();
            let found = stored.verify(&password, memory)?;

            Ok(Verdict {
                matches: found != Match::None,
                needs_renewal: found == Match::AsTyped || stored.is_weaker_than(cost),
                begun,
            })
        })
        .await
    }

    /// Does the same for a hash that nobody has, in the same queue: for names that nobody has. Nothing matches.
    pub async fn verify_dummy(
        &self,
        password: &Password,
        deadline: Option<Instant>,
    ) -> Result<Verdict, HashError> {
        let nobody = Argon2Hash::of_nobody(self.cost).map_err(|_| HashError::Failed)?;

        self.verify(password, &StoredHash::from(nobody), deadline)
            .await
    }

    /// How new hashes are made.
    pub fn kind(&self) -> Option<HashKind> {
        HashKind::of_new(self.cost)
    }

    /// How many hashes wait for a thread.
    #[cfg(test)]
    fn queue_len(&self) -> usize {
        self.pool.queue.len()
    }

    async fn run<T: Send + 'static>(
        &self,
        deadline: Option<Instant>,
        compute: impl FnOnce(&mut Memory) -> argon2::Result<T> + Send + 'static,
    ) -> Result<T, HashError> {
        let queue = &self.pool.queue;
        let deadline = deadline.map(|deadline| in_good_time(deadline, Instant::now()));
        let overloaded = || HashError::overloaded(queue);
        // Dropped with this future: at its end, at the deadline, or when the caller hangs up.
        let caller = Arc::new(());
        let (reply, answer) = oneshot::channel();

        let job = Job {
            caller: Arc::downgrade(&caller),
            deadline,
            compute: Box::new(move |memory| {
                // A panic is already reported by the panic hook; the next job must still run.
                let outcome = catch_unwind(AssertUnwindSafe(|| compute(memory)));
                // The caller may have gone meanwhile; then nobody needs the outcome.
                let _ = reply.send(outcome);
            }),
        };
        queue.push(job).map_err(|_| overloaded())?;

        let answer = match deadline {
            Some(deadline) => timeout_at(deadline.into(), answer)
                .await
                .map_err(|_| overloaded())?,
            None => answer.await,
        };

        match answer {
            Ok(Ok(Ok(outcome))) => Ok(outcome),
            Ok(_) => Err(HashError::Failed),
            // Nobody began with it: it could not have been done in time.
            Err(_) => Err(overloaded()),
        }
    }
}

/// Ends the threads with the last handle.
struct Pool {
    queue: Arc<Queue>,
    places: Arc<Places>,
    patience: Patience,
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn work(queue: &Queue, cost: Cost) {
    yield_to_other_threads();
    let kept_blocks = cost.params().map_or(0, |params| params.block_count());
    let mut memory = Memory::new();

    while let Some(job) = queue.pop(KEEPS_MEMORY, || memory = Memory::new()) {
        let start = Instant::now();
        (job.compute)(&mut memory);
        queue.record(start.elapsed());
        // A hash from elsewhere may have needed much more.
        memory.truncate(kept_blocks);
        memory.shrink_to(kept_blocks);
    }
}

/// On Linux niceness belongs to the thread; elsewhere it would slow the whole process down.
fn yield_to_other_threads() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "hashing threads keep the normal priority");
    }
}

#[cfg(test)]
mod tests;
