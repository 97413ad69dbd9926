//! Table `former_password`: hashes of passwords that were replaced, where somebody asks that they not be chosen again.

use sea_orm::{ActiveValue::Set, QueryOrder as _, QuerySelect as _, entity::prelude::*};

use crate::clock::{Clock, Timestamp};

/// One password that an account had.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_password")]
pub struct Model {
    /// UUIDv7, of when it was replaced.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub account_id: Uuid,
    /// As the account had it.
    pub password_hash: String,
    /// When another took its place.
    pub replace_time: Timestamp,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Not the hash.
impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("former_password")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Entity {
    /// The newest hashes of an account, at most so many.
    pub async fn newest(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        most: usize,
    ) -> Result<Vec<Model>, DbErr> {
        Self::find()
            .filter(Column::AccountId.eq(account_id))
            .order_by_desc(Column::Id)
            .limit(most as u64)
            .all(db)
            .await
    }

    /// Keeps a hash that is being replaced, and `most` of the account's with it: what nobody compares with any more goes.
    pub async fn keep(
        db: &impl ConnectionTrait,
        clock: &Clock,
        account_id: Uuid,
        replaced: Option<&str>,
        most: usize,
    ) -> Result<(), DbErr> {
        if let Some(hash) = replaced.filter(|_| most > 0) {
            let kept = ActiveModel {
                id: Set(clock.new_id()),
                account_id: Set(account_id),
                password_hash: Set(hash.to_owned()),
                replace_time: Set(clock.now()),
            };
            Self::insert(kept).exec_without_returning(db).await?;
        }
        let kept = Self::newest(db, account_id, most).await?;
        Self::delete_many()
            .filter(Column::AccountId.eq(account_id))
            .filter(Column::Id.is_not_in(kept.iter().map(|former| former.id)))
            .exec(db)
            .await?;
        Ok(())
    }
}
