//! Pages of lists (AIP-158): their size, and tokens that say where the next one begins, sealed so that a caller can
//! neither read nor bend them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ColumnTrait, Condition, Order, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::Error,
    master_key::{MasterKey, Purpose},
};

pub use self::page::{Page, Step};

mod page;

/// Rows of a page where the caller asks for no number.
const DEFAULT_SIZE: u64 = 50;

/// Most rows of a page.
const LARGEST_SIZE: u64 = 1_000;

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
    /// A number of its own.
    Number(i64),
}

/// The rows of a page, from the `page_size` asked for: more than allowed is cut.
pub fn size(asked: i32) -> Result<u64, Error> {
    match u64::try_from(asked) {
        Ok(0) => Ok(DEFAULT_SIZE),
        Ok(size) => Ok(size.min(LARGEST_SIZE)),
        Err(_) => Err(Error::field("page_size", "OUT_OF_RANGE")),
    }
}

/// Reads `order_by` (AIP-132): a field of `columns`, perhaps followed by `desc`; none is the first.
pub fn order<C: Copy>(order_by: &str, columns: &[(&str, C)]) -> Result<(C, Order), Error> {
    let invalid = || Error::field("order_by", "INVALID_ORDER");
    let mut words = order_by.split_whitespace();
    let column = match words.next() {
        None => columns.first(),
        Some(field) => columns.iter().find(|(name, _)| *name == field),
    };
    let (_, column) = column.ok_or_else(invalid)?;
    match (words.next(), words.next()) {
        (None, _) => Ok((*column, Order::Asc)),
        (Some("desc"), None) => Ok((*column, Order::Desc)),
        _ => Err(invalid()),
    }
}

/// The rows behind the cursor, in a list that is ordered by `column` and, among equals, by `id`.
pub fn after<C: ColumnTrait>(column: C, id: C, order: &Order, cursor: Cursor) -> Condition {
    let key: Value = match cursor.key {
        Key::Text(text) => text.into(),
        Key::Time(number) | Key::Number(number) => number.into(),
    };
    let (from, beyond, id_beyond) = match order {
        Order::Desc => (column.lte(key.clone()), column.lt(key), id.lt(cursor.id)),
        _ => (column.gte(key.clone()), column.gt(key), id.gt(cursor.id)),
    };
    // A database finds the first one by its index only where the key stands alone.
    Condition::all()
        .add(from)
        .add(Condition::any().add(beyond).add(id_beyond))
}

/// What a token is bound to: which list, who asks, and what for.
pub fn query(parts: impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&parts).map_err(|cause| Error::Internal(cause.into()))
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
