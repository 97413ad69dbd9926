//! Password hashes as they are stored, checked before anything is computed with them.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};

/// A PHC string of the longest salt and output stays far below this.
const MAX_BYTES: usize = 512;

/// 256 MiB: a hash from elsewhere must not be able to exhaust this machine.
const MAX_M_KIB: u32 = 256 * 1_024;

const MAX_T: u32 = 20;

const MAX_P: u32 = 16;

/// NIST SP 800-132 section 5.1 asks for 128 bits; a shorter output could be guessed by chance.
const LEAST_OUTPUT: usize = 16;

/// A password hash that can be verified at a bounded cost.
#[derive(Clone)]
pub struct StoredHash {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

/// Why a text is no usable password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashFault {
    /// Not an Argon2 hash in the PHC string format.
    UnknownFormat,
    /// More than 256 MiB, 20 passes or 16 lanes.
    TooCostly,
    /// An Argon2 hash of which a part is missing or wrong.
    Malformed,
}

impl StoredHash {
    /// Reads `$argon2id$v=19$m=19456,t=2,p=1$salt$output`, also `argon2i` and `argon2d`.
    pub fn parse(text: &str) -> Result<Self, HashFault> {
        if !text.starts_with("$argon2") {
            return Err(HashFault::UnknownFormat);
        }
        if text.len() > MAX_BYTES {
            return Err(HashFault::Malformed);
        }

        let hash = PasswordHash::new(text).map_err(|_| HashFault::Malformed)?;
        let algorithm =
            Algorithm::new(hash.algorithm.as_str()).map_err(|_| HashFault::UnknownFormat)?;
        let version = version(hash.version)?;
        let params = Params::try_from(&hash).map_err(|_| HashFault::Malformed)?;
        let salt = hash.salt.ok_or(HashFault::Malformed)?.to_vec();
        let output = hash.hash.ok_or(HashFault::Malformed)?.as_bytes().to_vec();

        if params.m_cost() > MAX_M_KIB || params.t_cost() > MAX_T || params.p_cost() > MAX_P {
            return Err(HashFault::TooCostly);
        }
        if salt.len() < argon2::MIN_SALT_LEN || output.len() < LEAST_OUTPUT {
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

    pub(super) fn argon2(&self) -> Argon2<'static> {
        Argon2::new(self.algorithm, self.version, self.params.clone())
    }
}

/// Strings from before Argon2 1.3 carry no version and mean the first one.
fn version(number: Option<u32>) -> Result<Version, HashFault> {
    number.map_or(Ok(Version::V0x10), |number| {
        Version::try_from(number).map_err(|_| HashFault::Malformed)
    })
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoredHash")
    }
}

impl HashFault {
    /// The stable reason of the API and of the import report.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::UnknownFormat => "UNKNOWN_FORMAT",
            Self::TooCostly => "TOO_COSTLY",
            Self::Malformed => "MALFORMED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SALT: &str = "c29tZXNhbHRzb21lc2FsdA";
    const OUTPUT: &str = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    fn fault(text: &str) -> Option<HashFault> {
        StoredHash::parse(text).err()
    }

    #[test]
    fn every_kind_of_argon2_is_read() {
        for kind in [
            "argon2id$v=19",
            "argon2i$v=19",
            "argon2d$v=19",
            "argon2id$v=16",
            "argon2i",
        ] {
            assert_eq!(
                fault(&format!("${kind}$m=65536,t=3,p=4${SALT}${OUTPUT}")),
                None,
                "{kind}"
            );
        }
    }

    #[test]
    fn what_would_cost_too_much_is_refused_before_it_is_computed() {
        for cost in [
            "m=262145,t=1,p=1",
            "m=64,t=21,p=1",
            "m=256,t=1,p=17",
            "m=4294967295,t=1,p=1",
        ] {
            assert_eq!(
                fault(&format!("$argon2id$v=19${cost}${SALT}${OUTPUT}")),
                Some(HashFault::TooCostly),
                "{cost}"
            );
        }
    }

    #[test]
    fn a_broken_hash_says_what_is_wrong() {
        let long = format!("$argon2id{}", "a".repeat(600));
        let faults = [
            ("", HashFault::UnknownFormat),
            ("secret", HashFault::UnknownFormat),
            ("$2b$12$abcdefghijklmnopqrstuv", HashFault::UnknownFormat),
            ("$argon2id$v=19$m=64,t=1,p=1", HashFault::Malformed),
            (
                "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA",
                HashFault::Malformed,
            ),
            (
                "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA",
                HashFault::Malformed,
            ),
            (
                "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5Q",
                HashFault::Malformed,
            ),
            (
                "$argon2id$v=18$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5Q",
                HashFault::Malformed,
            ),
            (long.as_str(), HashFault::Malformed),
        ];

        for (text, expected) in faults {
            assert_eq!(fault(text), Some(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(tail in "\\PC{0,80}") {
            let _ = StoredHash::parse(&tail);
            let _ = StoredHash::parse(&format!("$argon2id$v=19${tail}"));
        }
    }
}
