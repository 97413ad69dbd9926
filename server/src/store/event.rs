//! Table `event`: what happened, to whom and by whom. Attributes hold no secret and no personal data.

use sea_orm::entity::prelude::*;

use super::scope::Scope;
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
    /// From which network, as sessions have it; none for what the product or its command line did by itself.
    pub network: Option<String>,
    /// Which seal it is under; none while it is new.
    pub seal_number: Option<i64>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The events that happened in institutions in scope, as accounts belonged to them at the time.
    pub fn within(scope: &Scope) -> Select<Self> {
        Self::find().filter(scope.covers(Column::InstitutionId))
    }
}
