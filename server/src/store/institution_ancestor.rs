//! Table `institution_ancestor`: the closure of the tree of institutions, a row for each and each one above it, itself
//! included.

use sea_orm::{ActiveValue::Set, DbBackend, QueryOrder as _, entity::prelude::*};

/// Rows of one statement: three values each, and `SQLite` takes 32,766.
const CHUNK: usize = 10_000;

/// Readers go on; who else would change the tree waits, else two moves at once could make a circle.
const LOCK: &str = "LOCK TABLE institution_ancestor IN SHARE ROW EXCLUSIVE MODE";

/// One institution below another, or at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "institution_ancestor")]
pub struct Model {
    /// The upper one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ancestor_id: Uuid,
    /// The lower one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub institution_id: Uuid,
    /// How far apart they are: 0 for itself, 1 for the parent.
    pub depth: i64,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// An institution and those above it, from the bottom up.
    pub fn upwards(institution_id: Uuid) -> Select<Self> {
        Self::find()
            .filter(Column::InstitutionId.eq(institution_id))
            .order_by_asc(Column::Depth)
    }

    /// An institution and those below it.
    pub fn downwards(institution_id: Uuid) -> Select<Self> {
        Self::find().filter(Column::AncestorId.eq(institution_id))
    }

    /// Keeps the tree as it is until the transaction ends, but for its own changes.
    pub async fn hold(txn: &impl ConnectionTrait) -> Result<(), DbErr> {
        // SQLite has one writer anyway.
        if txn.get_database_backend() == DbBackend::Postgres {
            txn.execute_unprepared(LOCK).await?;
        }
        Ok(())
    }

    /// Puts a new institution into the tree.
    pub async fn plant(
        txn: &impl ConnectionTrait,
        id: Uuid,
        parent_id: Option<Uuid>,
    ) -> Result<(), DbErr> {
        let itself = Model {
            ancestor_id: id,
            institution_id: id,
            depth: 0,
        };
        insert(txn, vec![itself]).await?;
        Self::graft(txn, &[itself], parent_id).await
    }

    /// Takes an institution, with all that is below it, to another place.
    pub async fn transplant(
        txn: &impl ConnectionTrait,
        id: Uuid,
        parent_id: Option<Uuid>,
    ) -> Result<(), DbErr> {
        let branch = Self::downwards(id).all(txn).await?;
        let above: Vec<Uuid> = Self::upwards(id)
            .filter(Column::Depth.gt(0))
            .all(txn)
            .await?
            .into_iter()
            .map(|row| row.ancestor_id)
            .collect();
        for moved in branch.chunks(CHUNK) {
            Self::delete_many()
                .filter(Column::InstitutionId.is_in(moved.iter().map(|row| row.institution_id)))
                .filter(Column::AncestorId.is_in(above.iter().copied()))
                .exec(txn)
                .await?;
        }
        Self::graft(txn, &branch, parent_id).await
    }

    /// Puts `branch` below `parent_id` and all that is above that.
    async fn graft(
        txn: &impl ConnectionTrait,
        branch: &[Model],
        parent_id: Option<Uuid>,
    ) -> Result<(), DbErr> {
        let Some(parent_id) = parent_id else {
            return Ok(());
        };
        let above = Self::upwards(parent_id).all(txn).await?;
        let rows = above.iter().flat_map(|upper| {
            branch.iter().map(|lower| Model {
                ancestor_id: upper.ancestor_id,
                institution_id: lower.institution_id,
                depth: upper.depth + 1 + lower.depth,
            })
        });
        insert(txn, rows.collect()).await
    }
}

async fn insert(txn: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| ActiveModel {
            ancestor_id: Set(row.ancestor_id),
            institution_id: Set(row.institution_id),
            depth: Set(row.depth),
        });
        Entity::insert_many(rows)
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}
