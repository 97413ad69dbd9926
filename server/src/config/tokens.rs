//! How access tokens are signed.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

pub(super) const SECTION: Section = Section {
    title: "Access tokens",
    settings: &[
        Setting::new("GUICHET_AUDIENCE", "guichet", "The `aud` of access tokens"),
        Setting::new(
            "GUICHET_TOKEN_ALGORITHM",
            "ES256",
            "Signature of access tokens: ES256, which every verifier has, or EdDSA",
        ),
        Setting::new(
            "GUICHET_KEY_ROTATION",
            "90d",
            "How long a signing key signs before the next one takes over",
        ),
        Setting::new(
            "GUICHET_KEY_PUBLISH_AHEAD",
            "20m",
            "How long a new key is published before it signs; at least twice as long as verifiers cache the key set",
        ),
    ],
};

/// How access tokens are signed.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The `aud` of access tokens.
    pub audience: String,
    /// The signature algorithm of new keys.
    pub algorithm: TokenAlgorithm,
    /// How long a key signs.
    pub key_rotation: Duration,
    /// How long a key is published before it signs; shorter than `key_rotation`.
    pub key_publish_ahead: Duration,
}

/// The signature algorithm of access tokens (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Tokens {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let tokens = Self {
            audience: reader.read("GUICHET_AUDIENCE", value::text),
            algorithm: reader.read("GUICHET_TOKEN_ALGORITHM", algorithm),
            key_rotation: reader.read("GUICHET_KEY_ROTATION", value::duration),
            key_publish_ahead: reader.read("GUICHET_KEY_PUBLISH_AHEAD", value::duration),
        };

        if tokens.key_publish_ahead >= tokens.key_rotation {
            reader.refuse(
                "GUICHET_KEY_PUBLISH_AHEAD",
                "the time is not shorter than GUICHET_KEY_ROTATION",
            );
        }
        tokens
    }
}

fn algorithm(text: &str) -> Result<TokenAlgorithm, String> {
    value::one_of(
        text,
        &[
            ("ES256", TokenAlgorithm::Es256),
            ("EdDSA", TokenAlgorithm::EdDsa),
        ],
    )
}
