//! The form of refresh tokens.
//!
//! A token is `base64url(session id, generation, secret, tag)`. The tag proves that we issued it, so a forgery costs no
//! look-up and can't end anybody's session, while an old token, whose row is long overwritten, is still recognised as
//! ours: its reuse is theft. The successor's secret is derived from the presented token, so that the same token always
//! has the same successor, on every replica, without storing it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    master_key::{MasterKey, Purpose},
    secret,
};

const PURPOSE: Purpose = Purpose::RefreshTokens;

const SECRET: usize = 32;
const TAG: usize = 16;
const BYTES: usize = 16 + 4 + SECRET + TAG;

/// A token that we issued.
pub struct RefreshToken {
    /// Its session.
    pub session_id: Uuid,
    /// Which token of the session, from 0.
    pub generation: u32,
    secret: [u8; SECRET],
}

impl RefreshToken {
    /// The first token of a session.
    pub fn first(session_id: Uuid) -> Self {
        Self {
            session_id,
            generation: 0,
            secret: secret::random(),
        }
    }

    /// Reads a token; `None` for whatever we did not issue.
    pub fn parse(master_key: &MasterKey, text: &str) -> Option<Self> {
        let bytes = (text.len() <= BYTES * 2)
            .then(|| URL_SAFE_NO_PAD.decode(text).ok())
            .flatten()?;
        let bytes: [u8; BYTES] = bytes.try_into().ok()?;
        let (session_id, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        let (secret, tag) = rest.split_first_chunk::<SECRET>()?;
        let token = Self {
            session_id: Uuid::from_bytes(*session_id),
            generation: u32::from_be_bytes(*generation),
            secret: *secret,
        };
        token.is_ours(master_key, tag).then_some(token)
    }

    /// The one token that follows this one.
    #[must_use]
    pub fn successor(&self, master_key: &MasterKey) -> Self {
        let generation = self.generation.to_be_bytes();
        self.followed_by(master_key.mac(PURPOSE, &self.parts(b"successor", &generation)))
    }

    /// The texts that its successor may have: one, but for a master key that takes another's place, when servers that have
    /// seen that and servers that have not make one each.
    pub fn successors(&self, master_key: &MasterKey) -> Vec<String> {
        let generation = self.generation.to_be_bytes();
        let secrets = master_key.macs(PURPOSE, &self.parts(b"successor", &generation));
        let texts = secrets.into_iter().flat_map(|secret| {
            let next = self.followed_by(secret);
            let generation = next.generation.to_be_bytes();
            let tags = master_key.macs(PURPOSE, &next.parts(b"tag", &generation));
            tags.into_iter().map(move |tag| next.text(&tag))
        });
        texts.collect()
    }

    /// The text that the client keeps.
    pub fn to_text(&self, master_key: &MasterKey) -> String {
        let generation = self.generation.to_be_bytes();
        self.text(&master_key.mac(PURPOSE, &self.parts(b"tag", &generation)))
    }

    fn followed_by(&self, secret: [u8; SECRET]) -> Self {
        Self {
            session_id: self.session_id,
            generation: self.generation.saturating_add(1),
            secret,
        }
    }

    fn text(&self, tag: &[u8; 32]) -> String {
        let parts: [&[u8]; 4] = [
            self.session_id.as_bytes(),
            &self.generation.to_be_bytes(),
            &self.secret,
            &tag[..TAG],
        ];
        URL_SAFE_NO_PAD.encode(parts.concat())
    }

    fn is_ours(&self, master_key: &MasterKey, tag: &[u8]) -> bool {
        let generation = self.generation.to_be_bytes();
        master_key.is_mac(PURPOSE, &self.parts(b"tag", &generation), tag)
    }

    fn parts<'a>(&'a self, what: &'a [u8], generation: &'a [u8]) -> [&'a [u8]; 4] {
        [what, self.session_id.as_bytes(), generation, &self.secret]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_master_key;

    fn token() -> RefreshToken {
        RefreshToken::first(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001))
    }

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let master_key = test_master_key("01");
        let token = token().successor(&master_key);

        let read = RefreshToken::parse(&master_key, &token.to_text(&master_key)).unwrap();

        assert_eq!(read.session_id, token.session_id);
        assert_eq!(read.generation, 1);
        assert_eq!(read.secret, token.secret);
    }

    #[test]
    fn every_changed_byte_and_every_other_length_is_refused() {
        let master_key = test_master_key("01");
        let text = token().to_text(&master_key);
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        let is_ours = |text: &str| RefreshToken::parse(&master_key, text).is_some();

        assert_eq!(bytes.len(), BYTES);
        assert!(is_ours(&text));
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut forged = bytes.clone();
                forged[index] ^= 1 << bit;
                assert!(!is_ours(&URL_SAFE_NO_PAD.encode(forged)), "{index} {bit}");
            }
            assert!(
                !is_ours(&URL_SAFE_NO_PAD.encode(&bytes[..index])),
                "{index}"
            );
        }
        for length in 0..text.len() {
            assert!(!is_ours(&text[..length]), "{length}");
        }
        for longer in [format!("{text}A"), format!("{text}="), text.repeat(100)] {
            assert!(!is_ours(&longer), "{longer}");
        }
    }

    #[test]
    fn a_token_of_another_master_key_is_refused() {
        let text = token().to_text(&test_master_key("01"));

        assert!(RefreshToken::parse(&test_master_key("02"), &text).is_none());
    }

    #[test]
    fn a_token_has_one_successor_that_only_the_master_key_gives() {
        let master_key = test_master_key("01");
        let [token, other] = [token(), token()];

        let successor = token.successor(&master_key);

        assert_eq!(successor.session_id, token.session_id);
        assert_eq!(successor.generation, token.generation + 1);
        assert_eq!(successor.secret, token.successor(&master_key).secret);
        assert_ne!(successor.secret, token.secret);
        assert_ne!(successor.secret, other.successor(&master_key).secret);
        assert_ne!(
            successor.secret,
            token.successor(&test_master_key("02")).secret
        );
    }
}
