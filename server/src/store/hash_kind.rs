//! Table `hash_kind`: how the password hashes that are stored are made. A row stays when the last such hash is gone.

use std::collections::BTreeSet;

use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::OnConflict};

use crate::password::stored::HashKind;

/// One way of making hashes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hash_kind")]
pub struct Model {
    /// As `HashKind` writes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// Writes down the kinds that aren't yet.
    pub async fn note(db: &impl ConnectionTrait, kinds: BTreeSet<HashKind>) -> Result<(), DbErr> {
        if kinds.is_empty() {
            return Ok(());
        }
        let rows = kinds.into_iter().map(|kind| ActiveModel {
            name: Set(kind.to_string()),
        });
        let known = OnConflict::column(Column::Name).do_nothing().to_owned();
        let insert = Self::insert_many(rows).on_conflict(known);
        insert.exec_without_returning(db).await.map(drop)
    }

    /// All that there are; what a newer version wrote and this one can't verify is left out.
    pub async fn all(db: &impl ConnectionTrait) -> Result<BTreeSet<HashKind>, DbErr> {
        let rows = Self::find().all(db).await?.into_iter();
        Ok(rows.filter_map(|row| HashKind::parse(&row.name)).collect())
    }
}
