//! Argon2 in the PHC string format: what new passwords are hashed with, and what other systems bring along.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;

use super::HashFault;
use crate::password::Password;
use crate::password::cost::Cost;

/// NIST SP 800-132 section 5.1 asks for 128 bits of salt.
const SALT_BYTES: usize = argon2::RECOMMENDED_SALT_LEN;

const OUTPUT_BYTES: usize = Params::DEFAULT_OUTPUT_LEN;

/// A shorter output could be guessed by chance.
const LEAST_OUTPUT: usize = 16;

/// Argon2's memory, kept from one hash to the next: asking the system for it takes a good part of the time.
pub(in crate::password) type Memory = Vec<Block>;

/// An Argon2 hash of a bearable cost.
#[derive(Clone)]
pub(in crate::password) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Argon2Hash {
    /// Whether a string claims to be an Argon2 hash.
    pub(super) fn recognises(text: &str) -> bool {
        text.starts_with("$argon2")
    }

    pub(super) fn parse(text: &str) -> Result<Self, HashFault> {
        let hash = PasswordHash::new(text).map_err(|_| HashFault::Malformed)?;
        let algorithm =
            Algorithm::new(hash.algorithm.as_str()).map_err(|_| HashFault::UnknownFormat)?;
        let version = version(hash.version)?;
        let params = Params::try_from(&hash).map_err(|_| HashFault::Malformed)?;
        let salt = hash.salt.ok_or(HashFault::Malformed)?.to_vec();
        let output = hash.hash.ok_or(HashFault::Malformed)?.as_bytes().to_vec();

        if !cost(&params).is_bearable() {
            return Err(HashFault::TooCostly);
        }
        if output.len() < LEAST_OUTPUT {
            return Err(HashFault::Malformed);
        }

        Ok(Self {
            algorithm,
            version,
            params,
            salt,
            output,
        })
    }

    /// Hashes a new password with argon2id and a random salt.
    pub(in crate::password) fn of(
        password: &Password,
        cost: Cost,
        memory: &mut Memory,
    ) -> argon2::Result<Self> {
        Self::of_bytes(password.normalised().as_bytes(), cost, memory)
    }

    /// Likewise, of what another function made of a password.
    pub(super) fn of_bytes(bytes: &[u8], cost: Cost, memory: &mut Memory) -> argon2::Result<Self> {
        let mut hash = Self::of_nobody(cost)?;
        // Without random numbers nothing here is safe; the panic costs this one hash.
        aws_lc_rs::rand::fill(&mut hash.salt).expect("the operating system has random numbers");
        hash.output = hash.derive(bytes, memory)?;

        Ok(hash)
    }

    /// A hash that costs as much as a real one and belongs to no password.
    pub(in crate::password) fn of_nobody(cost: Cost) -> argon2::Result<Self> {
        Ok(Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: cost.params()?,
            salt: vec![0; SALT_BYTES],
            output: vec![0; OUTPUT_BYTES],
        })
    }

    /// Its string without salt and output.
    pub(super) fn settings(&self) -> String {
        let Cost { m_kib, t, p } = cost(&self.params);
        let version = u32::from(self.version);
        format!(
            "${}$v={version}$m={m_kib},t={t},p={p}",
            self.algorithm.as_str()
        )
    }

    /// Whether these bytes were hashed.
    pub(super) fn matches(&self, bytes: &[u8], memory: &mut Memory) -> argon2::Result<bool> {
        let output = self.derive(bytes, memory)?;
        Ok(output.ct_eq(&self.output).into())
    }

    /// Whether a new hash at this cost would be stronger. More memory or passes than asked for are kept.
    pub(super) fn is_weaker_than(&self, wanted: Cost) -> bool {
        let own = cost(&self.params);

        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || own.m_kib < wanted.m_kib
            || own.t < wanted.t
            || self.salt.len() < SALT_BYTES
            || self.output.len() < OUTPUT_BYTES
    }

    fn derive(&self, password: &[u8], memory: &mut Memory) -> argon2::Result<Vec<u8>> {
        let blocks = self.params.block_count();
        if memory.len() < blocks {
            memory
                .try_reserve_exact(blocks - memory.len())
                .map_err(|_| argon2::Error::OutOfMemory)?;
            memory.resize(blocks, Block::new());
        }

        let mut output = vec![0; self.output.len()];
        Argon2::new(self.algorithm, self.version, self.params.clone())
            .hash_password_into_with_memory(
                password,
                &self.salt,
                &mut output,
                memory.as_mut_slice(),
            )?;

        Ok(output)
    }
}

/// The PHC string.
impl fmt::Display for Argon2Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: ParamsString::try_from(&self.params).map_err(|_| fmt::Error)?,
            salt: Some(Salt::new(&self.salt).map_err(|_| fmt::Error)?),
            hash: Some(Output::new(&self.output).map_err(|_| fmt::Error)?),
        };

        hash.fmt(formatter)
    }
}

fn cost(params: &Params) -> Cost {
    Cost {
        m_kib: params.m_cost(),
        t: params.t_cost(),
        p: params.p_cost(),
    }
}

/// Strings from before Argon2 1.3 carry no version and mean the first one.
fn version(number: Option<u32>) -> Result<Version, HashFault> {
    number.map_or(Ok(Version::V0x10), |number| {
        Version::try_from(number).map_err(|_| HashFault::Malformed)
    })
}
