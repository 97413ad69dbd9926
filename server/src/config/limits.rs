//! How much one caller, and all callers together, may take.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

pub(super) const SECTION: Section = Section {
    title: "Limits",
    settings: &[
        Setting::new(
            "GUICHET_MAX_MESSAGE",
            "64KiB",
            "Largest message that a caller may send; bytes, KiB or MiB",
        ),
        Setting::new(
            "GUICHET_MAX_CONNECTIONS",
            "4096",
            "Open connections in all, 1 to 1000000; twice as many calls may be open, 512 at least, half of them from one IPv4 address and two thirds from one network",
        ),
        Setting::new(
            "GUICHET_MAX_CONNECTIONS_PER_ADDRESS",
            "256",
            "Open connections from one address (IPv6: a /64), 1 to 1000000; an IPv6 /48 has a quarter of all, or this if it is more; behind a proxy every caller has the proxy's",
        ),
        Setting::new(
            "GUICHET_MAX_DEADLINE",
            "10s",
            "Longest time a unary call may take, whatever deadline the caller sets",
        ),
        Setting::new(
            "GUICHET_DRAIN_TIMEOUT",
            "10s",
            "Time for running calls to end when Guichet is stopped",
        ),
    ],
};

/// How much one caller, and all callers together, may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the largest message that a caller may send.
    pub max_message: usize,
    /// Open connections in all.
    pub max_connections: usize,
    /// Open connections from one address.
    pub max_connections_per_address: usize,
    /// The longest deadline of a unary call.
    pub max_deadline: Duration,
    /// Time for running calls to end at a stop.
    pub drain_timeout: Duration,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let connections = |text: &str| value::number(text, 1, 1_000_000);

        Self {
            max_message: reader.read("GUICHET_MAX_MESSAGE", value::byte_size),
            max_connections: reader.read("GUICHET_MAX_CONNECTIONS", connections),
            max_connections_per_address: reader
                .read("GUICHET_MAX_CONNECTIONS_PER_ADDRESS", connections),
            max_deadline: reader.read("GUICHET_MAX_DEADLINE", value::duration),
            drain_timeout: reader.read("GUICHET_DRAIN_TIMEOUT", value::duration),
        }
    }
}
