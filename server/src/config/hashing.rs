//! What a password hash costs, and how many are computed at a time.

use std::num::NonZero;
use std::thread::available_parallelism;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

/// Hashes that wait for each thread: about two seconds of work at the default cost.
const WAITING_PER_THREAD: usize = 64;

pub(super) const SECTION: Section = Section {
    title: "Password hashing",
    settings: &[
        Setting::new(
            "GUICHET_ARGON2",
            "m=19456,t=2,p=1",
            "Cost of an argon2id hash: memory in KiB, passes, lanes; below the floor of OWASP Password Storage only where GUICHET_LISTEN is a loopback address",
        ),
        Setting::unset(
            "GUICHET_HASH_THREADS",
            "number of cores",
            "4",
            "Hashes computed at the same time, 1 to 1024; each takes the memory above",
        ),
        Setting::unset(
            "GUICHET_HASH_QUEUE",
            "64 for each thread",
            "256",
            "Hashes that may wait in all, 1 to 65536, at most two thirds of them for one network; beyond that a call \
             is answered OVERLOADED",
        ),
    ],
};

/// What a password hash costs, and how many are computed at a time.
#[derive(Clone, Debug)]
pub struct Hashing {
    /// Argon2id cost in PHC notation, such as `m=19456,t=2,p=1`; the hasher parses it.
    pub argon2: String,
    /// Hashes computed at the same time.
    pub threads: usize,
    /// Hashes that may wait, over all threads.
    pub queue: usize,
}

impl Hashing {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let argon2 = reader.read("GUICHET_ARGON2", value::text);
        let cores = available_parallelism().map_or(1, NonZero::get).min(1_024);
        let threads = reader.read_or(
            "GUICHET_HASH_THREADS",
            |text| value::number(text, 1, 1_024),
            cores,
        );
        let queue = reader.read_or(
            "GUICHET_HASH_QUEUE",
            |text| value::number(text, 1, 65_536),
            threads * WAITING_PER_THREAD,
        );

        Self {
            argon2,
            threads,
            queue,
        }
    }
}
