//! Table `event_pruned`: up to which seal retention may remove events; the database lets nobody remove others.

use sea_orm::{ActiveValue::Set, QueryOrder as _, entity::prelude::*, sea_query::OnConflict};

use crate::clock::Timestamp;

/// The last time that retention did so.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_pruned")]
pub struct Model {
    /// Events under this seal and those before it may go.
    #[sea_orm(primary_key, auto_increment = false)]
    pub up_to_seal: i64,
    /// When.
    pub prune_time: Timestamp,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// Up to which seal events may go; 0 while none may.
    pub async fn up_to(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
        let last = Self::find().order_by_desc(Column::UpToSeal).one(db).await?;
        Ok(last.map_or(0, |last| last.up_to_seal))
    }

    /// Lets events go up to this seal.
    pub async fn let_go(
        db: &impl ConnectionTrait,
        up_to_seal: i64,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let allowed = ActiveModel {
            up_to_seal: Set(up_to_seal),
            prune_time: Set(now),
        };
        let again = OnConflict::column(Column::UpToSeal)
            .update_column(Column::PruneTime)
            .to_owned();
        Self::insert(allowed)
            .on_conflict(again)
            .exec_without_returning(db)
            .await?;
        Self::delete_many()
            .filter(Column::UpToSeal.lt(up_to_seal))
            .exec(db)
            .await
            .map(drop)
    }
}
