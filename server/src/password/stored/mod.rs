//! Password hashes as they are stored, checked before anything is computed with them.

mod argon2_hash;
mod foreign;
mod kind;
mod wrapped;

use std::fmt;

pub(super) use argon2_hash::{Argon2Hash, Memory};
pub use foreign::Foreign;
pub use kind::HashKind;
pub(super) use wrapped::Wrapped;

use super::cost::Cost;
use super::{Password, Verifiable};

/// The longest string that any format needs; checked before it is read.
const MAX_BYTES: usize = 512;

/// A password hash that can be verified at a bounded cost.
#[derive(Clone)]
pub struct StoredHash {
    scheme: Scheme,
}

/// The format of a hash, recognised from the string itself.
#[derive(Clone)]
enum Scheme {
    Argon2(Argon2Hash),
    Wrapped(Wrapped),
}

/// A password hash from elsewhere that may be stored, if need be in another form.
#[derive(Clone)]
pub enum ImportedHash {
    /// As it is: Argon2 of any kind, or what another Guichet stored.
    Ready(String),
    /// Under argon2id (see [`Hasher::adopt`](super::hasher::Hasher::adopt)).
    Foreign(Foreign),
}

/// Which spelling of a password a hash was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It is another password.
    None,
    /// The NFC form, as new hashes are.
    Normalised,
    /// The bytes as typed, as hashes from elsewhere are.
    AsTyped,
}

/// Why a text is no usable password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashFault {
    /// In none of the formats that can be verified.
    UnknownFormat,
    /// It would take so much memory or time that verifying it could stop the service.
    TooCostly,
    /// In a known format, but a part is missing or wrong.
    Malformed,
}

impl StoredHash {
    /// Reads a hash as it is stored: Argon2 in the PHC string format, `$argon2id$v=19$m=19456,t=2,p=1$salt$output`, also
    /// `argon2i` and `argon2d`, up to 256 MiB, 20 passes, 16 lanes and 1 GiB of memory times passes; or a wrapped one.
    pub fn parse(text: &str) -> Result<Self, HashFault> {
        if text.len() > MAX_BYTES {
            return Err(HashFault::Malformed);
        }

        if Argon2Hash::recognises(text) {
            return Argon2Hash::parse(text).map(Self::from);
        }
        if Wrapped::recognises(text) {
            let scheme = Wrapped::parse(text).map(Scheme::Wrapped)?;
            return Ok(Self { scheme });
        }

        Err(HashFault::UnknownFormat)
    }

    /// Compares a password with the hash. Each spelling is tried, the right one or not, and one that can match nothing, so
    /// that the time tells nothing.
    pub(super) fn verify(&self, password: &Password, memory: &mut Memory) -> argon2::Result<Match> {
        let mut outcome = Match::None;
        for (spelling, found) in password
            .spellings()
            .zip([Match::Normalised, Match::AsTyped])
        {
            let is_same = match &self.scheme {
                Scheme::Argon2(hash) => hash.matches(spelling, memory)?,
                Scheme::Wrapped(hash) => hash.matches(spelling, memory)?,
            };
            if outcome == Match::None && is_same {
                outcome = found;
            }
        }

        Ok(match password.verifiable {
            Verifiable::Yes => outcome,
            Verifiable::Never => Match::None,
        })
    }

    /// Whether a longer password takes longer to verify.
    pub(super) const fn grows_with_the_password(&self) -> bool {
        match &self.scheme {
            // It begins with one hash of the password, however long that is.
            Scheme::Argon2(_) => false,
            Scheme::Wrapped(hash) => hash.function().grows_with_the_password(),
        }
    }

    /// Whether a new hash at this cost would be stronger.
    pub(super) fn is_weaker_than(&self, cost: Cost) -> bool {
        match &self.scheme {
            Scheme::Argon2(hash) => hash.is_weaker_than(cost),
            // It is cheaper to verify without what is inside, and frees the person from the other system's limits.
            Scheme::Wrapped(_) => true,
        }
    }
}

impl ImportedHash {
    /// Reads a hash in any of the forms that `server/PASSWORD-HASHES.md` lists, recognised from the string itself.
    pub fn parse(text: &str) -> Result<Self, HashFault> {
        // Django writes the name of its hasher before Argon2's own.
        let text = match text.strip_prefix("argon2") {
            Some(rest) if Argon2Hash::recognises(rest) => rest,
            _ => text,
        };
        match StoredHash::parse(text) {
            Ok(_) => Ok(Self::Ready(text.to_owned())),
            Err(HashFault::UnknownFormat) => Foreign::parse(text).map(Self::Foreign),
            Err(fault) => Err(fault),
        }
    }
}

impl From<Argon2Hash> for StoredHash {
    fn from(hash: Argon2Hash) -> Self {
        Self {
            scheme: Scheme::Argon2(hash),
        }
    }
}

impl fmt::Debug for ImportedHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ImportedHash")
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Foreign")
    }
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
            "m=262144,t=5,p=1",
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
            (
                "$argon2x$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5Q",
                HashFault::UnknownFormat,
            ),
            (
                "$argon2id$v=19$m=64,t=1,p=1,x=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5Q",
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
        fn no_text_makes_it_panic(tail in "\\PC{0,80}|[$,=mtpv0-9a-zA-Z/+]{0,80}") {
            let _ = StoredHash::parse(&tail);
            let _ = StoredHash::parse(&format!("$argon2id$v=19${tail}"));
            let _ = StoredHash::parse(&format!("$argon2i$m=64,t=1,p=1${tail}"));
        }
    }
}
