//! Table `api_key`: keys of systems, kept as hashes.

use sea_orm::entity::prelude::*;

use crate::clock::Timestamp;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// `admin` or `service`.
    pub role: String,
    /// SHA-256.
    pub key_hash: Vec<u8>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it stops working.
    pub expire_time: Option<Timestamp>,
    /// When it was revoked.
    pub revoke_time: Option<Timestamp>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How every API key begins: it tells a key from an access token, and lets secret scanners find one.
pub const PREFIX: &str = "guichet_";

impl Entity {
    /// The key with this hash.
    pub fn by_hash(hash: Vec<u8>) -> Select<Self> {
        Self::find().filter(Column::KeyHash.eq(hash))
    }
}
