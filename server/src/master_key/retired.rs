//! What is left of a master key that was replaced.

use zeroize::Zeroizing;

use super::Purpose;
use super::key::{Derived, KEY_LEN, Key};

/// Purposes whose MACs count for longer than servers have the old key, in the order in which their keys are written.
pub(super) const KEPT: [Purpose; 6] = [
    Purpose::RefreshTokens,
    Purpose::RepeatedRequests,
    Purpose::Forms,
    Purpose::ShortCodes,
    Purpose::RecoveryCodes,
    Purpose::EventSeals,
];

/// The keys of some purposes, derived from a master key that is not known any more.
pub(super) struct Retired {
    id: String,
    keys: [Derived; KEPT.len()],
}

impl Retired {
    pub(super) fn of(key: &Key) -> Self {
        Self {
            id: key.id(),
            keys: KEPT.map(|purpose| key.derive(purpose)),
        }
    }

    /// Reads what [`Retired::write`] wrote.
    pub(super) fn read(id: &str, written: &[u8]) -> Option<Self> {
        if written.len() != KEPT.len() * KEY_LEN {
            return None;
        }
        let key = |index: usize| {
            let mut key = Derived::default();
            key.copy_from_slice(&written[index * KEY_LEN..][..KEY_LEN]);
            key
        };
        Some(Self {
            id: id.to_owned(),
            keys: std::array::from_fn(key),
        })
    }

    pub(super) fn write(&self) -> Zeroizing<Vec<u8>> {
        let mut written = Zeroizing::new(Vec::with_capacity(KEPT.len() * KEY_LEN));
        for key in &self.keys {
            written.extend_from_slice(key.as_slice());
        }
        written
    }

    /// Whether it is of the master key with this id.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }

    pub(super) fn key(&self, purpose: Purpose) -> Option<Derived> {
        let index = KEPT.iter().position(|kept| *kept == purpose)?;
        Some(self.keys[index].clone())
    }
}
