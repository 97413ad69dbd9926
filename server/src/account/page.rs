//! Page tokens: where the next page begins, sealed so that a caller can neither read nor bend them (AIP-158).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::Error,
    master_key::{MasterKey, Purpose},
};

/// Longest page token in bytes of base64.
const MAX_BYTES: usize = 4_096;

/// The last row of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// What the list is ordered by.
    pub key: Key,
    /// Decides between equal keys.
    pub id: Uuid,
}

/// A value that a list is ordered by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// A normalised name.
    Text(String),
    /// Microseconds since 1970.
    Time(i64),
}

/// The token of the page after `cursor`, good only for the same caller and `query`.
pub fn seal(master_key: &MasterKey, cursor: &Cursor, query: &[u8]) -> Result<String, Error> {
    let plain = serde_json::to_vec(cursor).map_err(|cause| Error::Internal(cause.into()))?;
    Ok(URL_SAFE_NO_PAD.encode(master_key.seal(Purpose::PageTokens, &plain, query)))
}

/// Reads a token; none is the first page.
pub fn open(master_key: &MasterKey, token: &str, query: &[u8]) -> Result<Option<Cursor>, Error> {
    if token.is_empty() {
        return Ok(None);
    }
    let sealed = (token.len() <= MAX_BYTES)
        .then(|| URL_SAFE_NO_PAD.decode(token).ok())
        .flatten();
    let plain = sealed.and_then(|sealed| master_key.open(Purpose::PageTokens, &sealed, query).ok());
    let cursor = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    cursor
        .map(Some)
        .ok_or_else(|| Error::field("page_token", "PAGE_TOKEN_INVALID"))
}
