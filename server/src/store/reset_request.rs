//! Table `reset_request`: what people asked for, as they typed it, and what became of it.

use sea_orm::{
    Condition, ExprTrait as _, QuerySelect as _, QueryTrait as _, entity::prelude::*,
    sea_query::UnionType,
};

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
    /// The requests about one account and no other: made under its name, or an address that it alone has, or decided about
    /// it when it had others. Whoever looks after people gives one of them any address, and must not reach a stranger's
    /// requests by it.
    ///
    /// Each is looked up by an index; with OR between them, PostgreSQL reads the whole table.
    pub fn about(account: &account::Model) -> Condition {
        use reset_request_account::Column as Decided;

        let decided = reset_request_account::Entity::find()
            .select_only()
            .column(Decided::RequestId)
            .filter(Decided::AccountId.eq(account.id));
        let others = reset_request_account::Entity::find()
            .select_only()
            .column(Decided::RequestId)
            .filter(
                Expr::col((reset_request_account::Entity, Decided::RequestId))
                    .equals((Self, Column::Id)),
            )
            .filter(Decided::AccountId.ne(account.id));
        let mut ids = Self::asked_by(&account.username_key).into_query();
        if let Some(key) = &account.email_key {
            let sharing = account::Entity::find()
                .select_only()
                .column(account::Column::Id)
                .filter(account::Column::EmailKey.eq(key))
                .filter(account::Column::Id.ne(account.id));
            let own = Self::asked_by(key).filter(Expr::exists(sharing.into_query()).not());
            ids.union(UnionType::Distinct, own.into_query());
        }
        ids.union(UnionType::Distinct, decided.into_query());
        Condition::all()
            .add(Column::Id.in_subquery(ids))
            .add(Expr::exists(others.into_query()).not())
    }

    /// The ids of those that were made under a name or an address.
    fn asked_by(key: &str) -> Select<Self> {
        Self::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::IdentifierKey.eq(key))
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
