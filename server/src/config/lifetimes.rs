//! How long tokens and mailed codes live.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

/// What a mailed code may live without a warning: NIST SP 800-63B-4, section 4.2.1.2.
pub(super) const LONGEST_RESET: Duration = Duration::from_hours(24);

/// What an access token may: nothing takes it back where it is checked offline.
pub(super) const LONGEST_ACCESS: Duration = Duration::from_hours(1);

pub(super) const SECTION: Section = Section {
    title: "Lifetimes",
    settings: &[
        Setting::new(
            "GUICHET_ACCESS_TTL",
            "10m",
            "How long an access token is valid; until then a revoked session still passes offline checks",
        ),
        Setting::new(
            "GUICHET_REFRESH_TTL",
            "30d",
            "How long a session lives without being used",
        ),
        Setting::new(
            "GUICHET_REFRESH_ABSOLUTE_TTL",
            "90d",
            "How long a session lives at most, however often it is used",
        ),
        Setting::new(
            "GUICHET_RESET_TTL",
            "24h",
            "How long a reset link is valid; NIST SP 800-63B-4 section 4.2.1.2 allows 24h at most",
        ),
        Setting::new(
            "GUICHET_ACTIVATION_TTL",
            "14d",
            "How long an activation link is valid",
        ),
        Setting::new(
            "GUICHET_DEVICE_TTL",
            "90d",
            "How long after a sign-in the device is still known, so that wrong passwords from elsewhere don't hold it up",
        ),
        Setting::new(
            "GUICHET_EVENT_RETENTION",
            "1096d",
            "How long the journal of what happened is kept; the seals that prove it stay",
        ),
    ],
};

/// How long tokens and mailed codes live.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// An access token.
    pub access: Duration,
    /// A session that nobody uses.
    pub refresh: Duration,
    /// A session from its sign-in on, however often it is used.
    pub refresh_absolute: Duration,
    /// A reset link.
    pub reset: Duration,
    /// An activation link.
    pub activation: Duration,
    /// A known device, from its last sign-in on.
    pub device: Duration,
    /// An event of the journal.
    pub events: Duration,
}

impl Lifetimes {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            access: reader.read("GUICHET_ACCESS_TTL", value::duration),
            refresh: reader.read("GUICHET_REFRESH_TTL", value::duration),
            refresh_absolute: reader.read("GUICHET_REFRESH_ABSOLUTE_TTL", value::duration),
            reset: reader.read("GUICHET_RESET_TTL", value::duration),
            activation: reader.read("GUICHET_ACTIVATION_TTL", value::duration),
            device: reader.read("GUICHET_DEVICE_TTL", value::duration),
            events: reader.read("GUICHET_EVENT_RETENTION", value::duration),
        }
    }
}
