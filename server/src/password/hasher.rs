//! Computes and verifies hashes on threads of its own, so that a rush of sign-ins never stops other calls.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::cost::Cost;
use super::stored::StoredHash;
use super::{Password, Verifiable};

const SALT_BYTES: usize = argon2::RECOMMENDED_SALT_LEN;

const OUTPUT_BYTES: usize = Params::DEFAULT_OUTPUT_LEN;

/// How much the hasher may do.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The cost of new hashes.
    pub cost: Cost,
    /// Hashes computed at the same time.
    pub threads: usize,
    /// Hashes that may wait, over all threads.
    pub queue: usize,
}

/// A handle on the hashing threads; they end when the last handle is dropped.
#[derive(Clone)]
pub struct Hasher {
    pool: Arc<Pool>,
}

/// The outcome of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether the right password should be hashed again: the cost, the algorithm or the normalisation is another now.
    pub needs_renewal: bool,
}

/// Why there is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full, or the deadline passed before the work was done.
    #[error("too many password hashes are waiting")]
    Overloaded {
        /// When the work that waits now should be done.
        retry_after: Duration,
    },
    /// The hash could not be computed: no memory, no random numbers, or a defect.
    #[error("the password hash could not be computed")]
    Failed,
}

impl Hasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            ready: Condvar::new(),
            last_job_millis: AtomicU64::new(0),
            settings,
        });
        // Made first, so that the threads already started end if a later one cannot start.
        let pool = Arc::new(Pool { shared });

        for number in 0..settings.threads.max(1) {
            let shared = Arc::clone(&pool.shared);
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || work(&shared))?;
        }

        Ok(Self { pool })
    }

    /// Hashes a new password: argon2id in the PHC string format.
    pub async fn hash(
        &self,
        password: &Password,
        deadline: Option<Instant>,
    ) -> Result<String, HashError> {
        let password = password.clone();
        let cost = self.pool.shared.settings.cost;

        self.run(deadline, move |memory| hashed(&password, cost, memory))
            .await
    }

    /// Verifies a password against a stored hash.
    pub async fn verify(
        &self,
        password: &Password,
        stored: &StoredHash,
        deadline: Option<Instant>,
    ) -> Result<Verdict, HashError> {
        let (password, stored) = (password.clone(), stored.clone());
        let cost = self.pool.shared.settings.cost;

        self.run(deadline, move |memory| {
            verified(&password, &stored, cost, memory)
        })
        .await
    }

    /// Takes as long as a failed [`verify`](Self::verify): for names that nobody has.
    pub async fn verify_dummy(
        &self,
        password: &Password,
        deadline: Option<Instant>,
    ) -> Result<(), HashError> {
        let password = password.clone();
        let cost = self.pool.shared.settings.cost;

        self.run(deadline, move |memory| {
            let nobody = StoredHash {
                algorithm: Algorithm::Argon2id,
                version: Version::V0x13,
                params: cost.params().map_err(|_| HashError::Failed)?,
                salt: vec![0; SALT_BYTES],
                output: vec![0; OUTPUT_BYTES],
            };

            verified(&password, &nobody, cost, memory).map(drop)
        })
        .await
    }

    /// How many hashes wait for a thread.
    pub fn queue_len(&self) -> usize {
        self.pool.shared.lock().jobs.len()
    }

    async fn run<T: Send + 'static>(
        &self,
        deadline: Option<Instant>,
        compute: impl FnOnce(&mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let shared = &self.pool.shared;
        let (reply, answer) = oneshot::channel();

        shared.push(Box::new(move |memory| {
            // Nobody waits any more: the caller hung up or its deadline passed.
            if !reply.is_closed() {
                let _ = reply.send(compute(memory));
            }
        }))?;

        let answer = match deadline {
            Some(deadline) => timeout_at(deadline.into(), answer)
                .await
                .map_err(|_| shared.overloaded())?,
            None => answer.await,
        };

        // A job that panicked dropped its reply.
        answer.unwrap_or(Err(HashError::Failed))
    }
}

/// Ends the threads with the last handle.
struct Pool {
    shared: Arc<Shared>,
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.ready.notify_all();
    }
}

struct Shared {
    waiting: Mutex<Waiting>,
    ready: Condvar,
    last_job_millis: AtomicU64,
    settings: Settings,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// Argon2's memory, kept from one hash to the next: asking the system for it takes a good part of the time.
type Memory = Vec<Block>;

impl Shared {
    /// Jobs never run under the lock, so what it guards is whole even after a panic.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), HashError> {
        let mut waiting = self.lock();
        if waiting.jobs.len() >= self.settings.queue {
            drop(waiting);
            return Err(self.overloaded());
        }

        waiting.jobs.push_back(job);
        drop(waiting);
        self.ready.notify_one();

        Ok(())
    }

    /// The next job, or `None` when the last handle is gone.
    fn next(&self) -> Option<Job> {
        let mut waiting = self
            .ready
            .wait_while(self.lock(), |waiting| {
                waiting.jobs.is_empty() && !waiting.is_closed
            })
            .unwrap_or_else(PoisonError::into_inner);

        if waiting.is_closed {
            return None;
        }
        waiting.jobs.pop_front()
    }

    fn overloaded(&self) -> HashError {
        let rounds = self.settings.queue / self.settings.threads.max(1) + 1;
        let rounds = u64::try_from(rounds).unwrap_or(u64::MAX);
        let millis = self
            .last_job_millis
            .load(Ordering::Relaxed)
            .saturating_mul(rounds);

        HashError::Overloaded {
            retry_after: Duration::from_millis(millis.clamp(1_000, 30_000)),
        }
    }
}

fn work(shared: &Shared) {
    yield_to_other_threads();
    let kept_blocks = shared
        .settings
        .cost
        .params()
        .map_or(0, |params| params.block_count());
    let mut memory = Memory::new();

    while let Some(job) = shared.next() {
        let start = Instant::now();
        // The panic is already reported by the panic hook; the next job must still run.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));

        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        shared.last_job_millis.store(millis, Ordering::Relaxed);
        // A hash from elsewhere may have needed much more.
        memory.truncate(kept_blocks);
        memory.shrink_to(kept_blocks);
    }
}

/// On Linux niceness belongs to the thread; elsewhere it would slow the whole process down.
fn yield_to_other_threads() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 5) {
        tracing::debug!(%error, "hashing threads keep the normal priority");
    }
}

fn hashed(password: &Password, cost: Cost, memory: &mut Memory) -> Result<String, HashError> {
    if password.verifiable == Verifiable::Never {
        return Err(HashError::Failed);
    }

    let params = cost.params().map_err(|_| HashError::Failed)?;
    let settings = ParamsString::try_from(&params).map_err(|_| HashError::Failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);

    let mut salt = [0; SALT_BYTES];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| HashError::Failed)?;
    let output = derived(
        &argon2,
        password.normalised().as_bytes(),
        &salt,
        OUTPUT_BYTES,
        memory,
    )?;

    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: settings,
        salt: Some(Salt::new(&salt).map_err(|_| HashError::Failed)?),
        hash: Some(Output::new(&output).map_err(|_| HashError::Failed)?),
    };

    Ok(hash.to_string())
}

fn verified(
    password: &Password,
    stored: &StoredHash,
    cost: Cost,
    memory: &mut Memory,
) -> Result<Verdict, HashError> {
    let argon2 = stored.argon2();
    let mut verdict = Verdict {
        matches: false,
        needs_renewal: !is_current(stored, cost),
    };

    for (position, spelling) in password.spellings().enumerate() {
        let output = derived(&argon2, spelling, &stored.salt, stored.output.len(), memory)?;

        if bool::from(output.ct_eq(&stored.output)) {
            verdict.matches = password.verifiable == Verifiable::Yes;
            verdict.needs_renewal |= position > 0;
            break;
        }
    }

    Ok(verdict)
}

fn is_current(stored: &StoredHash, cost: Cost) -> bool {
    let params = &stored.params;

    stored.algorithm == Algorithm::Argon2id
        && stored.version == Version::V0x13
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (cost.m_kib, cost.t, cost.p)
}

fn derived(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
    memory: &mut Memory,
) -> Result<Vec<u8>, HashError> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory
            .try_reserve_exact(blocks - memory.len())
            .map_err(|_| HashError::Failed)?;
        memory.resize(blocks, Block::new());
    }

    let mut output = vec![0; length];
    argon2
        .hash_password_into_with_memory(password, salt, &mut output, memory.as_mut_slice())
        .map_err(|_| HashError::Failed)?;

    Ok(output)
}

#[cfg(test)]
#[path = "hasher_tests.rs"]
mod tests;
