//! Deleting what is old.

use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait, QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, LockBehavior, LockType},
};

use super::Store;

/// Rows that are deleted at a time: others who write wait no longer than for these.
const STEP: u64 = 500;

impl Store {
    /// Deletes the rows of a table that `old` describes, some at a time. What a stop leaves over is for the next sweep, and so
    /// is what somebody else holds: PostgreSQL would end one of two that wait for each other.
    pub async fn sweep<E: EntityTrait>(&self, key: E::Column, old: Expr) -> Result<(), DbErr> {
        loop {
            let some = E::find()
                .select_only()
                .column(key)
                .filter(old.clone())
                .limit(STEP)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
            let deleted = E::delete_many()
                .filter(old.clone())
                .filter(key.in_subquery(some.into_query()))
                .exec(self.writer())
                .await?;
            if deleted.rows_affected < STEP {
                return Ok(());
            }
        }
    }
}
