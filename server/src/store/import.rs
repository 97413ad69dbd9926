//! Table `import`: jobs that take people over from another system.

use sea_orm::{Condition, entity::prelude::*};

use super::account;
use crate::clock::Timestamp;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Rows are coming, or may come again.
    #[sea_orm(string_value = "RUNNING")]
    Running,
    /// All rows have come.
    #[sea_orm(string_value = "COMPLETED")]
    Completed,
    /// A part of it was taken back.
    #[sea_orm(string_value = "UNDOING")]
    Undoing,
    /// Taken back.
    #[sea_orm(string_value = "UNDONE")]
    Undone,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The system that the rows come from.
    pub source: String,
    /// What the client said it sends.
    pub fingerprint: String,
    /// Institution of rows that name none.
    pub institution_id: Option<Uuid>,
    /// What accounts without a password hash begin as.
    pub account_state: account::State,
    /// Whether an address may be that of an account elsewhere.
    pub accept_emails_elsewhere: bool,
    /// Where it is.
    pub state: State,
    /// The last row that was judged.
    pub last_row_number: i64,
    /// Rows that made an account.
    pub created_count: i64,
    /// Rows that changed one.
    pub updated_count: i64,
    /// Rows that changed nothing.
    pub unchanged_count: i64,
    /// Rows that were refused.
    pub refused_count: i64,
    /// Rows that were taken back.
    pub undone_count: i64,
    /// Rows that were not, their account being touched.
    pub kept_count: i64,
    /// Who imports.
    pub actor_id: Option<Uuid>,
    /// When it began.
    pub create_time: Timestamp,
    /// When rows were last written.
    pub update_time: Timestamp,
    /// When all rows had come.
    pub end_time: Option<Timestamp>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The jobs that were begun by `actor_id`, or all of them.
    pub fn begun_by(actor_id: Option<Uuid>) -> Select<Self> {
        let condition = Condition::all().add_option(actor_id.map(|id| Column::ActorId.eq(id)));
        Self::find().filter(condition)
    }
}
