//! Table `institution_member`: who acts for which institution. An account that has a row has the role among its own.

use sea_orm::{QueryOrder as _, SelectTwoRequired, entity::prelude::*};

use super::account;
use crate::clock::Timestamp;

/// The role of members, as accounts and the API name it.
pub const INSTITUTION_ADMIN: &str = "institution_admin";

/// One membership.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "institution_member")]
pub struct Model {
    /// Where.
    #[sea_orm(primary_key, auto_increment = false)]
    pub institution_id: Uuid,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    /// [`INSTITUTION_ADMIN`].
    pub role: String,
    /// Since when.
    pub create_time: Timestamp,
}

/// What a membership is listed with.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
    #[sea_orm(
        belongs_to = "account::Entity",
        from = "Column::AccountId",
        to = "account::Column::Id"
    )]
    Account,
}

impl Related<account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// An account's memberships.
    pub fn of(account_id: Uuid) -> Select<Self> {
        Self::find()
            .filter(Column::AccountId.eq(account_id))
            .order_by_asc(Column::InstitutionId)
    }

    /// An institution's members with their accounts.
    pub fn at(institution_id: Uuid) -> SelectTwoRequired<Self, account::Entity> {
        Self::find()
            .filter(Column::InstitutionId.eq(institution_id))
            .find_both_related(account::Entity)
    }
}
