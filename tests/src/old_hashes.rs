//! Password hashes that other systems made (see `tests/hash_vectors`).

use std::collections::BTreeMap;

use serde_json::Value;

const VECTORS: &str = include_str!("../../server/src/password/stored/foreign/vectors.json");

/// Hashes of one password.
#[derive(Clone, Debug)]
pub struct OldHashes {
    /// The password.
    pub password: String,
    /// Its hashes, by who made them.
    pub hashes: BTreeMap<String, String>,
}

impl OldHashes {
    /// All that there are.
    pub fn all() -> Self {
        let vectors: Value = serde_json::from_str(VECTORS).expect("JSON");
        Self {
            password: vectors["password"].as_str().expect("a text").to_owned(),
            hashes: serde_json::from_value(vectors["hashes"].clone()).expect("texts by name"),
        }
    }
}
