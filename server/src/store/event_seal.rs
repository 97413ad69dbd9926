//! Table `event_seal`: what proves that no sealed event was changed, removed or added.

use sea_orm::entity::prelude::*;

use crate::clock::Timestamp;

/// One seal, over the events that bear its number.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_seal")]
pub struct Model {
    /// From 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// How many events it is over.
    pub event_count: i64,
    /// SHA-256 of those events, in the order of their ids.
    pub digest: Vec<u8>,
    /// When it was made.
    pub seal_time: Timestamp,
    /// Of all this and the seal before, under the master key.
    pub mac: Vec<u8>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
