//! Table `totp`: what an authenticator app shares with the server, one an account.

use std::collections::HashSet;

use sea_orm::{
    ActiveValue::Set,
    QuerySelect as _, QueryTrait as _,
    entity::prelude::*,
    sea_query::{ExprTrait as _, OnConflict},
};

use super::account;
use crate::clock::Timestamp;

/// One app's secret.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "totp")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    /// Sealed under the master key.
    pub sealed_secret: Vec<u8>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When the person proved to have it; until then nothing asks for it.
    pub confirm_time: Option<Timestamp>,
    /// The 30 seconds of the last accepted code, counted from 1970: neither it nor an earlier one is accepted again.
    pub last_step: i64,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "totp of {}", self.account_id)
    }
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The account's secret, if it is in use.
    pub fn confirmed(account_id: Uuid) -> Select<Self> {
        Self::find_by_id(account_id).filter(Column::ConfirmTime.is_not_null())
    }

    /// That an account, of an outer query, has none in use.
    pub fn none_confirmed() -> Expr {
        let confirmed = Self::find()
            .select_only()
            .column(Column::AccountId)
            .filter(
                Expr::col((Self, Column::AccountId)).equals((account::Entity, account::Column::Id)),
            )
            .filter(Column::ConfirmTime.is_not_null());
        Expr::exists(confirmed.into_query()).not()
    }

    /// Those of these accounts that have one in use.
    pub async fn enrolled_among(
        db: &impl ConnectionTrait,
        account_ids: Vec<Uuid>,
    ) -> Result<HashSet<Uuid>, DbErr> {
        let rows = Self::find()
            .filter(Column::AccountId.is_in(account_ids))
            .filter(Column::ConfirmTime.is_not_null())
            .all(db)
            .await?;
        Ok(rows.into_iter().map(|row| row.account_id).collect())
    }

    /// Keeps a new secret in the place of one that was not confirmed; false if one was.
    pub async fn begin(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        sealed_secret: Vec<u8>,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let row = ActiveModel {
            account_id: Set(account_id),
            sealed_secret: Set(sealed_secret),
            create_time: Set(now),
            confirm_time: Set(None),
            last_step: Set(0),
        };
        let unless_confirmed = OnConflict::column(Column::AccountId)
            .update_columns([Column::SealedSecret, Column::CreateTime])
            .action_and_where(Expr::col((Entity, Column::ConfirmTime)).is_null())
            .to_owned();
        let written = Self::insert(row)
            .on_conflict(unless_confirmed)
            .exec_without_returning(db)
            .await?;
        Ok(written == 1)
    }

    /// Puts the secret to use, with the step of its first code; false if another call did, or replaced it.
    pub async fn confirm(
        db: &impl ConnectionTrait,
        begun: &Model,
        step: i64,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let update = Self::update_many()
            .set(ActiveModel {
                confirm_time: Set(Some(now)),
                last_step: Set(step),
                ..Default::default()
            })
            .filter(Column::AccountId.eq(begun.account_id))
            .filter(Column::SealedSecret.eq(begun.sealed_secret.clone()))
            .filter(Column::ConfirmTime.is_null());
        Ok(update.exec(db).await?.rows_affected == 1)
    }

    /// Takes the code of one step; false if that or a later one was taken before.
    pub async fn take(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        step: i64,
    ) -> Result<bool, DbErr> {
        let update = Self::update_many()
            .set(ActiveModel {
                last_step: Set(step),
                ..Default::default()
            })
            .filter(Column::AccountId.eq(account_id))
            .filter(Column::ConfirmTime.is_not_null())
            .filter(Column::LastStep.lt(step));
        Ok(update.exec(db).await?.rows_affected == 1)
    }

    /// Keeps a secret that was sealed anew, unless another took its place meanwhile; tells how many that were.
    pub async fn seal_anew(
        db: &impl ConnectionTrait,
        row: &Model,
        sealed_secret: Vec<u8>,
    ) -> Result<u64, DbErr> {
        let update = Self::update_many()
            .set(ActiveModel {
                sealed_secret: Set(sealed_secret),
                ..Default::default()
            })
            .filter(Column::AccountId.eq(row.account_id))
            .filter(Column::SealedSecret.eq(row.sealed_secret.clone()));
        Ok(update.exec(db).await?.rows_affected)
    }

    /// Deletes the account's secret; false if none was in use.
    pub async fn remove(db: &impl ConnectionTrait, account_id: Uuid) -> Result<bool, DbErr> {
        let delete = Self::delete_many()
            .filter(Column::AccountId.eq(account_id))
            .filter(Column::ConfirmTime.is_not_null());
        Ok(delete.exec(db).await?.rows_affected == 1)
    }
}
