//! Table `import_row`: what became of each row of an import.

use sea_orm::entity::prelude::*;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Verdict {
    /// There is a new account.
    #[sea_orm(string_value = "CREATED")]
    Created,
    /// The account of an earlier import was changed.
    #[sea_orm(string_value = "UPDATED")]
    Updated,
    /// The row says what it said before.
    #[sea_orm(string_value = "UNCHANGED")]
    Unchanged,
    /// Nothing was done.
    #[sea_orm(string_value = "REFUSED")]
    Refused,
}

/// One row. What it said is not kept, only what became of it.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_row")]
pub struct Model {
    /// The job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: Uuid,
    /// Number of the row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// What became of it.
    pub verdict: Verdict,
    /// The account; with its purge the row goes too.
    pub account_id: Option<Uuid>,
    /// The account's version that this row made: while it has it, nobody has changed it since.
    pub account_version: Option<i64>,
    /// JSON: what the row changed, as it was before.
    pub before: Option<String>,
    /// JSON: a list of column and reason.
    pub faults: String,
}

/// It may hold a password hash.
impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "row {} of import {}",
            self.number, self.import_id
        )
    }
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The rows of a job.
    pub fn of(import_id: Uuid) -> Select<Self> {
        Self::find().filter(Column::ImportId.eq(import_id))
    }
}
