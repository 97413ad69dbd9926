//! Access tokens whose signature was found good. Most are shown many times, and checking one costs more than all else that
//! is asked about it: whether its key still verifies, its times, its session.

use std::sync::{Arc, Mutex, PoisonError};

use hashlink::LruCache;

use super::token::Verified;

/// Most tokens that are remembered, some 250 bytes each.
const MOST: usize = 8_192;

/// Tokens by their SHA-256: what is remembered opens nothing.
pub struct GoodTokens(Mutex<LruCache<Vec<u8>, GoodToken>>);

/// What is the same whenever a token is shown.
#[derive(Clone, Debug)]
pub struct GoodToken {
    /// The key that signed it.
    pub kid: Arc<str>,
    /// From when it is good, seconds since 1970.
    pub begins: i64,
    /// What it says.
    pub verified: Verified,
}

impl GoodTokens {
    /// The token with this hash, if its signature was good.
    pub fn find(&self, hash: &[u8]) -> Option<GoodToken> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(hash).cloned()
    }

    /// Remembers a token; the one that was longest not shown is forgotten.
    pub fn keep(&self, hash: Vec<u8>, token: GoodToken) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(hash, token);
    }
}

impl Default for GoodTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}
