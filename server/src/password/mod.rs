//! Passwords: how they are read, which are accepted, and how they are hashed and verified.

pub mod common;
pub mod compromised;
pub mod context;
pub mod cost;
pub mod demands;
pub mod hasher;
pub mod identifiers;
pub mod policy;
pub mod stored;

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;

/// The longest password, in bytes as typed: longer ones only keep the hasher busy.
pub const MAX_BYTES: usize = 1_024;

/// A password in memory. It is never shown and wiped when dropped.
#[derive(Clone)]
pub struct Password {
    /// NFC, as NIST SP 800-63B-4 section 3.1.1.2 asks: two keyboards that write `é` differently agree.
    normalised: SecretString,
    /// As typed, where that differs: hashes from elsewhere were made of these bytes.
    typed: Option<SecretString>,
    verifiable: Verifiable,
}

/// Whether a password can match any hash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verifiable {
    Yes,
    /// Empty or too long: it costs a hash like every other, so that the time tells nothing, and never matches.
    Never,
}

/// Why a text cannot be a new password, whatever the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Nothing was typed.
    Required,
    /// More than [`MAX_BYTES`].
    TooLong,
}

impl Password {
    /// Reads a password that somebody chooses.
    pub fn parse_new(typed: &str) -> Result<Self, PasswordFault> {
        if typed.is_empty() {
            return Err(PasswordFault::Required);
        }
        if typed.len() > MAX_BYTES {
            return Err(PasswordFault::TooLong);
        }

        Ok(Self::spelled(typed))
    }

    /// Reads a password that somebody signs in with. An empty or over-long one verifies as wrong, at the same cost.
    pub fn typed(typed: &str) -> Self {
        Self::parse_new(typed).unwrap_or_else(|_| Self {
            normalised: SecretString::default(),
            typed: None,
            verifiable: Verifiable::Never,
        })
    }

    fn spelled(typed: &str) -> Self {
        let normalised: String = typed.nfc().collect();
        let differs = normalised != typed;

        Self {
            normalised: normalised.into(),
            typed: differs.then(|| SecretString::from(typed)),
            verifiable: Verifiable::Yes,
        }
    }

    fn normalised(&self) -> &str {
        self.normalised.expose_secret()
    }

    /// The bytes that may have been hashed, the likeliest first.
    fn spellings(&self) -> impl Iterator<Item = &[u8]> {
        let typed = self.typed.as_ref();

        [Some(&self.normalised), typed]
            .into_iter()
            .flatten()
            .map(|spelling| spelling.expose_secret().as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}

impl PasswordFault {
    /// The stable reason of the API.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::TooLong => "TOO_LONG",
        }
    }
}

/// Makes texts comparable whatever their case and width.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_has_between_one_and_1024_bytes() {
        assert_eq!(Password::parse_new("").err(), Some(PasswordFault::Required));
        assert!(Password::parse_new(&"a".repeat(1_024)).is_ok());
        assert_eq!(
            Password::parse_new(&"a".repeat(1_025)).err(),
            Some(PasswordFault::TooLong)
        );
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Password::typed("Babou45+")), "Password");
    }
}
