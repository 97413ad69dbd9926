//! The form of refresh tokens.
//!
//! A token is `base64url(session id, generation, secret, tag)`. The tag proves that we issued it, so a forgery costs no
//! look-up and can't end anybody's session, while an old token, whose row is long overwritten, is still recognised as
//! ours: its reuse is theft. The successor's secret is derived from the presented token, so that the same token always
//! has the same successor, on every replica, without storing it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::{
    master_key::{MasterKey, Purpose},
    secret,
};

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
        bool::from(token.tag(master_key)[..TAG].ct_eq(tag)).then_some(token)
    }

    /// The one token that follows this one.
    #[must_use]
    pub fn successor(&self, master_key: &MasterKey) -> Self {
        Self {
            session_id: self.session_id,
            generation: self.generation.saturating_add(1),
            secret: self.mac(master_key, b"successor"),
        }
    }

    /// The text that the client keeps.
    pub fn to_text(&self, master_key: &MasterKey) -> String {
        let tag = self.tag(master_key);
        let parts: [&[u8]; 4] = [
            self.session_id.as_bytes(),
            &self.generation.to_be_bytes(),
            &self.secret,
            &tag[..TAG],
        ];
        URL_SAFE_NO_PAD.encode(parts.concat())
    }

    fn tag(&self, master_key: &MasterKey) -> [u8; 32] {
        self.mac(master_key, b"tag")
    }

    fn mac(&self, master_key: &MasterKey, what: &[u8]) -> [u8; 32] {
        let parts: [&[u8]; 4] = [
            what,
            self.session_id.as_bytes(),
            &self.generation.to_be_bytes(),
            &self.secret,
        ];
        master_key.mac(Purpose::RefreshTokens, &parts)
    }
}
