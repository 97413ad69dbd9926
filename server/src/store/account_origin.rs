//! Table `account_origin`: which row of which system an account came from.

use sea_orm::entity::prelude::*;

/// One account's origin.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_origin")]
pub struct Model {
    /// The system.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    /// What the row is known by there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub row_key: String,
    /// The account.
    pub account_id: Uuid,
    /// The version of it that the last import made.
    pub account_version: i64,
    /// Keyed digest of what the row said then.
    pub row_digest: Vec<u8>,
    /// The import that had the row last.
    pub import_id: Uuid,
}

/// Its key may be a username.
impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "origin of account {}", self.account_id)
    }
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
