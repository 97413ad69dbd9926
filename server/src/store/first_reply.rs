//! Table `first_reply`: what a call with a request id was answered, for its repetitions (AIP-155).

use sea_orm::entity::prelude::*;

use crate::clock::Timestamp;

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "first_reply")]
pub struct Model {
    /// Who called.
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    /// The id the caller chose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: Uuid,
    /// SHA-256 of the request, keyed: another request under the same id is refused.
    pub request_hash: Vec<u8>,
    /// The encoded reply.
    pub reply: Vec<u8>,
    /// Whom it is about, so that a purge erases it; or the institution.
    pub account_id: Uuid,
    /// When it may be forgotten.
    pub expire_time: Timestamp,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
