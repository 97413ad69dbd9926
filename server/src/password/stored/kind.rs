//! How a stored hash is made, but for its salt: what verifying it costs depends on this alone.

use std::fmt;

use serde_json::Value;

use super::{Argon2Hash, Scheme, StoredHash, Wrapped, foreign::Function};
use crate::password::cost::Cost;

/// 16 bytes in base64, which every function takes.
const SALT: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// 32 bytes in base64.
const OUTPUT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The function of another system with its costs, if there is one, and the Argon2 over it:
/// `{"Bcrypt":{"cost":12,"of_digest":false}}$argon2id$v=19$m=19456,t=2,p=1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashKind(String);

impl HashKind {
    /// That of a stored hash.
    pub fn of(stored: &str) -> Option<Self> {
        match StoredHash::parse(stored).ok()?.scheme {
            Scheme::Argon2(hash) => Some(Self(hash.settings())),
            Scheme::Wrapped(hash) => {
                let mut function = serde_json::to_value(hash.function()).ok()?;
                let parts = parts(&mut function)?;
                parts.remove("salt");
                if let Some(rounds) = parts.get("rounds").and_then(Value::as_u64) {
                    parts.insert("rounds".to_owned(), rounded_up(rounds).into());
                }
                Some(Self(format!("{function}{}", hash.outer().settings())))
            }
        }
    }

    /// That of new hashes.
    pub fn of_new(cost: Cost) -> Option<Self> {
        let nobody = Argon2Hash::of_nobody(cost).ok()?;
        Some(Self(nobody.settings()))
    }

    /// As it was written down; none for one that can't be verified.
    pub fn parse(text: &str) -> Option<Self> {
        let this = Self(text.to_owned());
        this.hash_of_nobody().is_some().then_some(this)
    }

    /// A hash of this kind that no password has.
    pub(in crate::password) fn hash_of_nobody(&self) -> Option<StoredHash> {
        let (function, settings) = self.0.split_at(self.0.find("$argon2")?);
        let outer = Argon2Hash::parse(&format!("{settings}${SALT}${OUTPUT}")).ok()?;
        if function.is_empty() {
            return Some(outer.into());
        }
        let mut function: Value = serde_json::from_str(function).ok()?;
        parts(&mut function)?.insert("salt".to_owned(), SALT.into());
        let function: Function = serde_json::from_value(function).ok()?;
        function.check().ok()?;
        Some(StoredHash {
            scheme: Scheme::Wrapped(Wrapped::new(function, outer)),
        })
    }
}

/// To two digits: some systems take other rounds for each hash, and each kind takes time to measure.
fn rounded_up(rounds: u64) -> u64 {
    let step = 10_u64.pow(rounds.max(10).ilog10() - 1);
    rounds.next_multiple_of(step)
}

fn parts(function: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    function
        .as_object_mut()?
        .values_mut()
        .next()?
        .as_object_mut()
}

impl fmt::Display for HashKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
