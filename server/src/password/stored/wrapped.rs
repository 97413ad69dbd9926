//! A hash of another system under argon2id, so that a stolen database holds nothing that is quick to guess.
//!
//! What the other system's function made of the password is hashed as a new password would be. That needs no password, so
//! it is done before the hash is stored; at the next sign-in the password is at hand, and a plain argon2id takes its place.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Argon2Hash, HashFault, Memory,
    foreign::{Foreign, Function},
};
use crate::password::cost::Cost;

/// How the string begins. Behind it stand the function, as base64 of JSON, and an argon2id in PHC's form.
const PREFIX: &str = "$guichet-wrapped$";

/// A hash that another system made, hashed again.
#[derive(Clone)]
pub(in crate::password) struct Wrapped {
    function: Function,
    outer: Argon2Hash,
}

impl Wrapped {
    /// Wraps a hash.
    pub(in crate::password) fn of(
        foreign: Foreign,
        cost: Cost,
        memory: &mut Memory,
    ) -> argon2::Result<Self> {
        Ok(Self {
            outer: Argon2Hash::of_bytes(&foreign.output, cost, memory)?,
            function: foreign.function,
        })
    }

    pub(super) const fn new(function: Function, outer: Argon2Hash) -> Self {
        Self { function, outer }
    }

    pub(super) const fn function(&self) -> &Function {
        &self.function
    }

    pub(super) const fn outer(&self) -> &Argon2Hash {
        &self.outer
    }

    pub(super) fn recognises(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    pub(super) fn parse(text: &str) -> Result<Self, HashFault> {
        let malformed = HashFault::Malformed;
        let rest = text.strip_prefix(PREFIX).ok_or(malformed)?;
        let (function, _) = rest.split_once('$').ok_or(malformed)?;
        let outer = Argon2Hash::parse(&rest[function.len()..])?;
        let function = URL_SAFE_NO_PAD.decode(function).map_err(|_| malformed)?;
        let function: Function = serde_json::from_slice(&function).map_err(|_| malformed)?;
        function.check()?;
        Ok(Self { function, outer })
    }

    /// Whether these bytes are the password. Whatever the other system could not have meant costs as much.
    pub(super) fn matches(&self, bytes: &[u8], memory: &mut Memory) -> argon2::Result<bool> {
        let output = self.function.derive(bytes);
        let is_possible = output.is_some();
        let is_same = self.outer.matches(&output.unwrap_or_default(), memory)?;
        Ok(is_possible && is_same)
    }
}

/// The string that is stored.
impl fmt::Display for Wrapped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = serde_json::to_vec(&self.function).map_err(|_| fmt::Error)?;
        let function = URL_SAFE_NO_PAD.encode(function);
        write!(formatter, "{PREFIX}{function}{}", self.outer)
    }
}
