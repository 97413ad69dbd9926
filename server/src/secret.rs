//! Randomness from the operating system, and the hashes under which one-time secrets are kept.

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// `N` random bytes.
#[expect(
    clippy::missing_panics_doc,
    reason = "a system without randomness can't go on"
)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A random fraction from 0 to 1, for jitter.
pub fn fraction() -> f64 {
    f64::from(u32::from_le_bytes(random())) / f64::from(u32::MAX)
}

/// 256 random bits as base64url: reset codes, API keys (ASVS 5.0, 7.2.3 asks for 128).
pub fn code() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// The hash under which a secret of at least 256 random bits is kept. A fast hash is right here: such secrets can't be
/// guessed (ASVS 5.0, 6.5.2).
pub fn hash(secret: &str) -> Vec<u8> {
    digest(secret.as_bytes())
}

/// SHA-256, of what is no secret.
pub fn digest(content: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, content).as_ref().to_vec()
}
