//! A keyed digest that is kept, and found again after the master key was replaced.

use subtle::ConstantTimeEq as _;

use super::{MasterKey, Purpose};

/// What is kept of something under the key in force, and what was kept of it under earlier ones.
#[derive(Clone)]
pub struct Digest {
    in_force: [u8; 32],
    all: Vec<[u8; 32]>,
}

impl Digest {
    pub(super) fn of(master_key: &MasterKey, purpose: Purpose, parts: &[&[u8]]) -> Self {
        Self {
            in_force: master_key.mac(purpose, parts),
            all: master_key.macs(purpose, parts),
        }
    }

    /// What is to be kept.
    pub fn to_vec(&self) -> Vec<u8> {
        self.in_force.to_vec()
    }

    /// Everything that may have been kept of the same.
    pub fn any(&self) -> Vec<Vec<u8>> {
        self.all.iter().map(|digest| digest.to_vec()).collect()
    }

    /// Whether this was kept of the same.
    pub fn is(&self, kept: &[u8]) -> bool {
        let mut all = self.all.iter();
        all.any(|digest| bool::from(digest.ct_eq(kept)))
    }
}
