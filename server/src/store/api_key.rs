//! Table `api_key`: keys of systems, kept as hashes.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;

use super::together::Lookup;
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

/// Keys by their hashes.
#[derive(Debug)]
pub struct ByHash(pub DatabaseConnection);

impl Lookup for ByHash {
    type Key = Vec<u8>;
    type Row = Model;

    async fn rows(&self, hashes: Vec<Vec<u8>>) -> Result<HashMap<Vec<u8>, Model>, DbErr> {
        let keys = Entity::find()
            .filter(Column::KeyHash.is_in(hashes))
            .all(&self.0)
            .await?;
        Ok(keys
            .into_iter()
            .map(|key| (key.key_hash.clone(), key))
            .collect())
    }
}
