//! Table `throttle`: how often something was tried, under a keyed hash of what was typed.

use sea_orm::entity::prelude::*;

use crate::clock::Timestamp;

/// One counter.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "throttle")]
pub struct Model {
    /// Keyed hash of what is counted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    /// Tries so far.
    pub failures: i64,
    /// When the next try is let through.
    pub open_time: Timestamp,
    /// When it may be forgotten.
    pub expire_time: Timestamp,
    /// When operators were told that it refuses tries; none while it lets them through.
    pub refuse_time: Option<Timestamp>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
