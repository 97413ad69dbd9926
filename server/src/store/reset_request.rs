//! Table `reset_request`: what people asked for, as they typed it, and what became of it.

use sea_orm::{QuerySelect as _, QueryTrait as _, entity::prelude::*, sea_query::UnionType};

use super::{account, reset_request_account, scope::Scope};
use crate::clock::Timestamp;

/// What was asked, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Kind {
    /// A reset, by e-mail address.
    #[sea_orm(string_value = "RESET_BY_EMAIL")]
    ResetByEmail,
    /// A reset, by username.
    #[sea_orm(string_value = "RESET_BY_USERNAME")]
    ResetByUsername,
    /// The usernames of an address.
    #[sea_orm(string_value = "USERNAMES")]
    Usernames,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reset_request")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What was asked.
    pub kind: Kind,
    /// As typed.
    pub identifier: String,
    /// Normalised; none if it can't be anybody's.
    pub identifier_key: Option<String>,
    /// Language of the request.
    pub locale: Option<String>,
    /// Where the person goes afterwards.
    pub return_url: Option<String>,
    /// When it was asked.
    pub create_time: Timestamp,
    /// When the worker decided.
    pub decide_time: Option<Timestamp>,
    /// JSON array of account and outcome.
    pub decisions: String,
    /// From which network it was asked; none where the product asks by itself.
    pub network: Option<String>,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The requests about one account: made under a name or an address that it has, or decided about it when it had
    /// others.
    ///
    /// Both are looked up by an index each; with OR between them, PostgreSQL reads the whole table.
    pub fn about(account: &account::Model) -> Expr {
        let keys = [
            Some(account.username_key.as_str()),
            account.email_key.as_deref(),
        ];
        let decided = reset_request_account::Entity::find()
            .select_only()
            .column(reset_request_account::Column::RequestId)
            .filter(reset_request_account::Column::AccountId.eq(account.id));
        let mut ids = Self::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::IdentifierKey.is_in(keys.into_iter().flatten()))
            .into_query();
        ids.union(UnionType::Distinct, decided.into_query());
        Column::Id.in_subquery(ids)
    }

    /// The requests about accounts in scope; what was typed and is nobody's is in no bounded one.
    pub fn within(scope: &Scope) -> Select<Self> {
        match scope {
            Scope::Everything => Self::find(),
            Scope::Below(_) => {
                let accounts = account::Entity::within(scope)
                    .select_only()
                    .column(account::Column::Id);
                let requests = reset_request_account::Entity::find()
                    .select_only()
                    .column(reset_request_account::Column::RequestId)
                    .filter(
                        reset_request_account::Column::AccountId.in_subquery(accounts.into_query()),
                    );
                Self::find().filter(Column::Id.in_subquery(requests.into_query()))
            }
        }
    }
}
