//! Table `reset_code`: the one-time codes of links, kept as hashes.

use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::clock::Timestamp;

/// What a code is for. A code serves nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Purpose {
    /// A new password, because the old one is forgotten.
    #[sea_orm(string_value = "RESET")]
    Reset,
    /// The first password.
    #[sea_orm(string_value = "ACTIVATION")]
    Activation,
    /// Another e-mail address: the one in `email`.
    #[sea_orm(string_value = "EMAIL_CHANGE")]
    EmailChange,
    /// Stops an e-mail change; mailed to the old address.
    #[sea_orm(string_value = "EMAIL_CHANGE_STOP")]
    EmailChangeStop,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reset_code")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub account_id: Uuid,
    /// The mail that carries it.
    pub message_id: Uuid,
    /// What for.
    pub purpose: Purpose,
    /// SHA-256.
    pub code_hash: Vec<u8>,
    /// The address it was mailed to.
    pub email: Option<String>,
    /// Where the person goes afterwards.
    pub return_url: Option<String>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it stops being good.
    pub expire_time: Timestamp,
    /// When it was used.
    pub use_time: Option<Timestamp>,
    /// When it was killed.
    pub revoke_time: Option<Timestamp>,
    /// Wrong addresses given with it.
    pub wrong_emails: i64,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// Codes that are still good at `now`.
    pub fn live(now: Timestamp) -> Select<Self> {
        Self::find()
            .filter(Column::UseTime.is_null())
            .filter(Column::RevokeTime.is_null())
            .filter(Column::ExpireTime.gt(now))
    }

    /// Kills every unused code of an account: after a use, an e-mail change, a disable or a delete.
    pub async fn revoke_all(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        Self::update_many()
            .set(ActiveModel {
                revoke_time: Set(Some(now)),
                ..Default::default()
            })
            .filter(Column::AccountId.eq(account_id))
            .filter(Column::UseTime.is_null())
            .filter(Column::RevokeTime.is_null())
            .exec(db)
            .await
            .map(drop)
    }
}
