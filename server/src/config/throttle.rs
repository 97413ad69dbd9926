//! How guessing and mail floods are slowed down.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

pub(super) const SECTION: Section = Section {
    title: "Throttling",
    settings: &[
        Setting::new(
            "GUICHET_THROTTLE",
            "on",
            "Whether attempts are slowed down at all; off is for load tests and said loudly at start",
        ),
        Setting::new(
            "GUICHET_THROTTLE_FREE_FAILURES",
            "5",
            "Failed sign-ins in a row on an account from one network before it has to wait, 1 to 100",
        ),
        Setting::new(
            "GUICHET_THROTTLE_BASE_DELAY",
            "30s",
            "The first wait; each further failure doubles it",
        ),
        Setting::new("GUICHET_THROTTLE_MAX_DELAY", "1h", "The longest wait"),
        Setting::new(
            "GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES",
            "20",
            "Failed sign-ins in a row on an account over all networks before everybody has to wait, 1 to 100",
        ),
        Setting::new(
            "GUICHET_THROTTLE_NETWORK_FAILURES",
            "60",
            "Failed sign-ins from one network (IPv4 /24, IPv6 /64) at once, whatever the accounts, 1 to 100000; 20 more for each account opened from there within a day, up to 2000; four times as many from one IPv6 /48; accounts opened from there before are not held up",
        ),
        Setting::new(
            "GUICHET_THROTTLE_NETWORK_INTERVAL",
            "1s",
            "Time after which one more of them is free again",
        ),
        Setting::new(
            "GUICHET_THROTTLE_FAILURE_RATE",
            "50",
            "Failed sign-ins a second from everywhere together, on the average of a minute, 1 to 10000; known devices, and accounts opened from a network before, are not held up",
        ),
        Setting::new(
            "GUICHET_THROTTLE_RESET_REQUESTS",
            "3",
            "Reset requests for one user name or address that are answered at once, and changes of address that a person may ask for, 1 to 1000",
        ),
        Setting::new(
            "GUICHET_THROTTLE_RESET_INTERVAL",
            "1h",
            "Time after which one more reset request for it is free again",
        ),
        Setting::new(
            "GUICHET_THROTTLE_NETWORK_REQUESTS",
            "3000",
            "Requests for a reset, or for usernames, from one network that a server writes down at once, answered with a mail or not, 1 to 10000000; more are THROTTLED; four times as many from one IPv6 /48, and one wrong short code for ten of them",
        ),
        Setting::new(
            "GUICHET_THROTTLE_NETWORK_REQUEST_INTERVAL",
            "1s",
            "Time after which one more of them is free again",
        ),
        Setting::new(
            "GUICHET_THROTTLE_NETWORK_RESETS",
            "20",
            "Reset requests from one network that are answered at once, 1 to 100000; more for each account opened from there, as for failures; four times as many from one IPv6 /48",
        ),
        Setting::new(
            "GUICHET_THROTTLE_NETWORK_RESET_INTERVAL",
            "1m",
            "Time after which one more of them is free again",
        ),
        Setting::new(
            "GUICHET_THROTTLE_RESET_RATE",
            "50",
            "Reset requests a second from everywhere together, on the average of a minute, 1 to 10000",
        ),
    ],
};

/// How guessing and mail floods are slowed down (NIST SP 800-63B-4 section 3.2.2).
#[derive(Clone, Debug)]
pub struct Throttle {
    /// Off for load tests only.
    pub enabled: bool,
    /// Failures in a row on an account from one network before a wait.
    pub free_failures: u32,
    /// The first wait, doubled by each further failure.
    pub base_delay: Duration,
    /// The longest wait; not shorter than `base_delay`.
    pub max_delay: Duration,
    /// Failures in a row on an account over all networks before a wait; not fewer than `free_failures`.
    pub account_free_failures: u32,
    /// Failures from one network at once, whatever the accounts.
    pub network_failures: u32,
    /// Time after which one more of them is free again.
    pub network_interval: Duration,
    /// Failures a second from everywhere together.
    pub failure_rate: u32,
    /// Reset requests for one identifier that are answered at once.
    pub reset_requests: u32,
    /// Time after which one more of them is free again.
    pub reset_interval: Duration,
    /// Requests for a mail from one network that are written down at once, by each process. More than a network's budget of
    /// mails ever has room for, and as many as a school of 3,000 people sends who are all locked out on one morning; they
    /// take some two seconds to write.
    pub network_requests: u32,
    /// Time after which one more of them is free again: no network has more than 86,400 a day written, as with refusals.
    pub network_request_interval: Duration,
    /// Reset requests from one network that are answered at once.
    pub network_resets: u32,
    /// Time after which one more of them is free again.
    pub network_reset_interval: Duration,
    /// Reset requests a second from everywhere together.
    pub reset_rate: u32,
}

impl Throttle {
    pub(super) fn read(reader: &mut Reader) -> Self {
        // A hundred failures in a row is the most that the standard lets pass.
        let failures = |text: &str| value::number(text, 1, 100);
        let rate = |text: &str| value::number(text, 1, 10_000);
        let throttle = Self {
            enabled: reader.read("GUICHET_THROTTLE", value::switch),
            free_failures: reader.read("GUICHET_THROTTLE_FREE_FAILURES", failures),
            base_delay: reader.read("GUICHET_THROTTLE_BASE_DELAY", value::duration),
            max_delay: reader.read("GUICHET_THROTTLE_MAX_DELAY", value::duration),
            account_free_failures: reader.read("GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES", failures),
            network_failures: reader.read("GUICHET_THROTTLE_NETWORK_FAILURES", |text| {
                value::number(text, 1, 100_000)
            }),
            network_interval: reader.read("GUICHET_THROTTLE_NETWORK_INTERVAL", value::duration),
            failure_rate: reader.read("GUICHET_THROTTLE_FAILURE_RATE", rate),
            reset_requests: reader.read("GUICHET_THROTTLE_RESET_REQUESTS", |text| {
                value::number(text, 1, 1_000)
            }),
            reset_interval: reader.read("GUICHET_THROTTLE_RESET_INTERVAL", value::duration),
            network_requests: reader.read("GUICHET_THROTTLE_NETWORK_REQUESTS", |text| {
                value::number(text, 1, 10_000_000)
            }),
            network_request_interval: reader
                .read("GUICHET_THROTTLE_NETWORK_REQUEST_INTERVAL", value::duration),
            network_resets: reader.read("GUICHET_THROTTLE_NETWORK_RESETS", |text| {
                value::number(text, 1, 100_000)
            }),
            network_reset_interval: reader
                .read("GUICHET_THROTTLE_NETWORK_RESET_INTERVAL", value::duration),
            reset_rate: reader.read("GUICHET_THROTTLE_RESET_RATE", rate),
        };

        if throttle.max_delay < throttle.base_delay {
            reader.refuse(
                "GUICHET_THROTTLE_MAX_DELAY",
                "the time is shorter than GUICHET_THROTTLE_BASE_DELAY",
            );
        }
        if throttle.account_free_failures < throttle.free_failures {
            reader.refuse(
                "GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES",
                "the number is smaller than GUICHET_THROTTLE_FREE_FAILURES",
            );
        }
        throttle
    }
}
