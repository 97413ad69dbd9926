//! Table `recovery_code`: what stands in for a lost second factor.

use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::clock::Timestamp;

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
pub struct Model {
    /// The code's MAC under the master key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: Vec<u8>,
    /// Whose.
    pub account_id: Uuid,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was used.
    pub use_time: Option<Timestamp>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The account's codes that are still good.
    pub fn unused(account_id: Uuid) -> Select<Self> {
        Self::find()
            .filter(Column::AccountId.eq(account_id))
            .filter(Column::UseTime.is_null())
    }

    /// Puts these in the place of all that the account has.
    pub async fn replace(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        hashes: Vec<Vec<u8>>,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        Self::remove(db, account_id).await?;
        let rows = hashes.into_iter().map(|code_hash| ActiveModel {
            code_hash: Set(code_hash),
            account_id: Set(account_id),
            create_time: Set(now),
            use_time: Set(None),
        });
        Self::insert_many(rows)
            .exec_without_returning(db)
            .await
            .map(drop)
    }

    /// Uses a code up, of which one of these was kept; false if it is not one of the account's, or was used before.
    pub async fn take(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        code_hashes: Vec<Vec<u8>>,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let update = Self::update_many()
            .set(ActiveModel {
                use_time: Set(Some(now)),
                ..Default::default()
            })
            .filter(Column::CodeHash.is_in(code_hashes))
            .filter(Column::AccountId.eq(account_id))
            .filter(Column::UseTime.is_null());
        Ok(update.exec(db).await?.rows_affected == 1)
    }

    /// Deletes all codes of an account.
    pub async fn remove(db: &impl ConnectionTrait, account_id: Uuid) -> Result<(), DbErr> {
        let delete = Self::delete_many().filter(Column::AccountId.eq(account_id));
        delete.exec(db).await.map(drop)
    }
}
