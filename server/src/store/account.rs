//! Table `account`.

use sea_orm::{QueryOrder as _, QuerySelect as _, entity::prelude::*};

use super::scope::Scope;
use crate::clock::Timestamp;

/// How much a person can do with an account, as SQL that both databases sort by.
const STANDING: &str =
    "CASE state WHEN 'ACTIVE' THEN 0 WHEN 'PENDING' THEN 1 WHEN 'LEGACY' THEN 2 ELSE 3 END";

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Imported, not yet migrated by its institution.
    #[sea_orm(string_value = "LEGACY")]
    Legacy,
    /// Migrated or created, no password yet.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// May sign in.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Stopped by an administrator.
    #[sea_orm(string_value = "DISABLED")]
    Disabled,
    /// Deleted, not yet purged.
    #[sea_orm(string_value = "DELETED")]
    Deleted,
}

/// One account.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As typed.
    pub username: String,
    /// Normalised, unique.
    pub username_key: String,
    /// As typed: mails go to exactly these bytes.
    pub email: Option<String>,
    /// Normalised, not unique.
    pub email_key: Option<String>,
    /// Whether a code mailed there came back.
    pub email_verified: bool,
    /// Shown to people.
    pub display_name: String,
    /// What it is found by: without accents, in lower case.
    pub name_key: String,
    /// Language of mails.
    pub locale: Option<String>,
    /// What it may do.
    pub state: State,
    /// What it could do before it was disabled or deleted.
    pub prior_state: Option<State>,
    /// Institution it belongs to.
    pub institution_id: Option<Uuid>,
    /// Id in the system it came from, unique.
    pub external_id: Option<String>,
    /// JSON array.
    pub roles: String,
    /// JSON object.
    pub attributes: String,
    /// PHC string.
    pub password_hash: Option<String>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
    /// Last successful sign-in.
    pub last_login_time: Option<Timestamp>,
    /// Counts the changes of the resource: its etag.
    pub version: i64,
    /// A device that the person has used is a known one if that was at this time or later; none: whenever it was.
    pub devices_from_time: Option<Timestamp>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "account {}", self.id)
    }
}

impl Model {
    /// Roles as the API names them; an account without one is a `user`.
    pub fn role_names(&self) -> Vec<String> {
        role_names(&self.roles)
    }
}

/// Likewise, from the column.
pub(super) fn role_names(roles: &str) -> Vec<String> {
    let roles: Vec<String> = serde_json::from_str(roles).unwrap_or_default();
    if roles.is_empty() {
        vec!["user".into()]
    } else {
        roles
    }
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The accounts in scope, deleted ones too.
    pub fn within(scope: &Scope) -> Select<Self> {
        Self::find().filter(scope.covers(Column::InstitutionId))
    }

    /// The account that has this normalised username, a deleted one too.
    pub fn by_username_key(key: &str) -> Select<Self> {
        Self::find().filter(Column::UsernameKey.eq(key))
    }

    /// The accounts with this normalised address that are not deleted, a hundred at most.
    pub fn by_email_key(key: &str) -> Select<Self> {
        Self::find()
            .filter(Column::EmailKey.eq(key))
            .filter(Column::State.ne(State::Deleted))
            .limit(100)
    }

    /// The same for what goes to that address, the best first.
    ///
    /// Who acts for institutions may give their accounts anybody's address: however many do so, the best of each institution
    /// come first, then the second of each.
    pub fn mailed_by_email_key(key: &str) -> Select<Self> {
        let rank = format!(
            "row_number() OVER (PARTITION BY institution_id ORDER BY email_verified DESC, {STANDING}, id)"
        );
        Self::by_email_key(key)
            .order_by_asc(Expr::cust(rank))
            .order_by_desc(Column::EmailVerified)
            .order_by_asc(Expr::cust(STANDING))
            .order_by_asc(Column::Id)
    }
}
