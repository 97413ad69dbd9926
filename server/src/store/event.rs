//! Table `event`: what happened, to whom and by whom. Attributes hold no secret and no personal data.

use sea_orm::entity::prelude::*;

use crate::clock::Timestamp;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Such as `password.reset`.
    #[sea_orm(column_name = "type")]
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// On whom.
    pub account_id: Option<Uuid>,
    /// Of which institution.
    pub institution_id: Option<Uuid>,
    /// By whom: an account or an API key.
    pub actor_id: Option<Uuid>,
    /// JSON object.
    pub attributes: String,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
