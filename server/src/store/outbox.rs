//! Table `outbox`: mails on their way. A row names its cause; codes and links are made when the mail is.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set,
    QuerySelect as _, QueryTrait as _,
    entity::prelude::*,
    sea_query::{Alias, ExprTrait, Order, Query, SubQueryStatement},
};

use super::{account, scope::Scope};
use crate::clock::Timestamp;

/// The kind that makes a code for another address.
pub const CONFIRM_EMAIL: &str = "CONFIRM_EMAIL";

/// The kind that makes codes for a new password.
pub const RESET: &str = "RESET";

/// The kind that makes a code for the first password.
pub const ACTIVATION: &str = "ACTIVATION";

/// What stands in place of the mail server's words where nobody had a use for a mail any more.
pub const NO_LONGER_OF_USE: &str = "no longer of use";

/// Where a mail is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// To be sent at its due time.
    #[sea_orm(string_value = "QUEUED")]
    Queued,
    /// Taken by the mail server.
    #[sea_orm(string_value = "SENT")]
    Sent,
    /// Given up: refused for good, or no longer of use.
    #[sea_orm(string_value = "DEAD")]
    Dead,
    /// Taken, and then sent back.
    #[sea_orm(string_value = "BOUNCED")]
    Bounced,
}

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// UUIDv7; also its Message-ID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which letter.
    pub kind: String,
    /// JSON: what the letter is about, without secrets.
    pub subject: String,
    /// Whom it is about; none where several accounts share the address.
    pub account_id: Option<Uuid>,
    /// The address.
    pub recipient: String,
    /// Its language.
    pub locale: String,
    /// Where it is.
    pub state: State,
    /// Tries so far.
    pub attempts: i64,
    /// When the next try may be made; while one is made, when it counts as lost.
    pub due_time: Timestamp,
    /// When it was queued.
    pub create_time: Timestamp,
    /// When it was sent or given up.
    pub finish_time: Option<Timestamp>,
    /// The mail server's last words.
    pub answer: String,
    /// The address, normalised; none where it can't be.
    pub recipient_key: Option<String>,
    /// The request for a reset that it answers.
    pub request_id: Option<Uuid>,
    /// When it was reported as sent back.
    pub bounce_time: Option<Timestamp>,
    /// Why it was, in the words of whoever sent it back.
    pub bounce_reason: Option<String>,
    /// Tries at which the mail server did not say in time that it took it: each may have delivered a copy.
    pub unconfirmed: i64,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The mails about accounts in scope. One to several accounts, or about none, is in no bounded one: it names them all,
    /// and people who share an address need not share a school.
    pub fn within(scope: &Scope) -> Select<Self> {
        match scope {
            Scope::Everything => Self::find(),
            Scope::Below(_) => {
                let accounts = account::Entity::within(scope)
                    .select_only()
                    .column(account::Column::Id);
                Self::find().filter(Column::AccountId.in_subquery(accounts.into_query()))
            }
        }
    }

    /// The id of the last mail about an account, in a query that has a row of `account`.
    pub fn last_id() -> Expr {
        let mail = Alias::new("last_mail");
        let about = Expr::col((mail.clone(), Column::AccountId));
        let account = (account::Entity, account::Column::Id);
        let last = Query::select()
            .column((mail.clone(), Column::Id))
            .from_as(Self, mail.clone())
            .and_where(ExprTrait::equals(about, account))
            .order_by((mail, Column::Id), Order::Desc)
            .limit(1)
            .to_owned();
        SubQueryStatement::from(last).into()
    }

    /// The last mail about each of these accounts that there is one about.
    pub async fn last_about(
        db: &impl ConnectionTrait,
        account_ids: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Model>, DbErr> {
        let ids = Query::select()
            .expr(Self::last_id())
            .from(account::Entity)
            .and_where(account::Column::Id.is_in(account_ids))
            .to_owned();
        let mails = Self::find().filter(Column::Id.in_subquery(ids));
        let mails = mails.all(db).await?.into_iter();
        Ok(mails
            .filter_map(|mail| Some((mail.account_id?, mail)))
            .collect())
    }

    /// Gives up the mails that would yet make a code for another address of an account. A worker that is making one at
    /// this moment is waited for: codes are killed after this.
    pub async fn withdraw_confirmations(
        txn: &impl ConnectionTrait,
        account_id: Uuid,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let confirmations = Column::Kind.eq(CONFIRM_EMAIL);
        Self::withdraw(txn, account_id, confirmations, now).await
    }

    /// Likewise, and those that would yet make a code for a password. A mail about several accounts stays: it looks at each
    /// when it leaves.
    pub async fn withdraw_links(
        txn: &impl ConnectionTrait,
        account_id: Uuid,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let links = Column::Kind.is_in([CONFIRM_EMAIL, RESET, ACTIVATION]);
        Self::withdraw(txn, account_id, links, now).await
    }

    /// Gives up the mails about an account to any other address.
    pub async fn withdraw_elsewhere(
        txn: &impl ConnectionTrait,
        account_id: Uuid,
        email: &str,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        Self::withdraw(txn, account_id, Column::Recipient.ne(email), now).await
    }

    async fn withdraw(
        txn: &impl ConnectionTrait,
        account_id: Uuid,
        which: Expr,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        Self::update_many()
            .set(ActiveModel {
                state: Set(State::Dead),
                finish_time: Set(Some(now)),
                answer: Set(NO_LONGER_OF_USE.to_owned()),
                ..Default::default()
            })
            .filter(Column::AccountId.eq(account_id))
            .filter(Column::State.eq(State::Queued))
            .filter(which)
            .exec(txn)
            .await
            .map(drop)
    }
}
