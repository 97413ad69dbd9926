//! Table `reset_code`: the one-time codes of links, kept as hashes.

use sea_orm::{
    ActiveValue::Set, Condition, DatabaseTransaction, PaginatorTrait as _, QuerySelect as _,
    QueryTrait as _, entity::prelude::*, sea_query::ExprTrait as _,
};

use super::outbox;
use crate::{clock::Timestamp, secret};

/// Wrong e-mail addresses that kill it, or tries from one network that close a short code there (NIST SP 800-63B-4, 3.2.2
/// asks for a limit).
pub const MAX_WRONG_TRIES: i64 = 5;

/// Longest code looked at, in bytes: ours have 43 characters.
const MAX_CODE_BYTES: usize = 128;

/// What a code is for. A code serves nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Purpose {
    /// A new password, because the old one is forgotten.
    #[sea_orm(string_value = "RESET")]
    Reset,
    /// The first password.
    #[sea_orm(string_value = "ACTIVATION")]
    Activation,
    /// Another e-mail address: the one in `email`.
    #[sea_orm(string_value = "EMAIL_CHANGE")]
    EmailChange,
    /// Stops an e-mail change; mailed to the old address.
    #[sea_orm(string_value = "EMAIL_CHANGE_STOP")]
    EmailChangeStop,
    /// A new password, by a short code that was handed over. It is never found by its hash, only by its account.
    #[sea_orm(string_value = "HANDED_OVER")]
    HandedOver,
    /// "This was not me", in answer to a notice. What it does, the mail's cause says.
    #[sea_orm(string_value = "NOT_ME")]
    NotMe,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reset_code")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub account_id: Uuid,
    /// The mail that carries it; an id of no mail where it was handed over.
    pub message_id: Uuid,
    /// What for.
    pub purpose: Purpose,
    /// SHA-256; of a short code, a MAC under the master key.
    pub code_hash: Vec<u8>,
    /// The address it was mailed to.
    pub email: Option<String>,
    /// Where the person goes afterwards.
    pub return_url: Option<String>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it stops being good.
    pub expire_time: Timestamp,
    /// When it was used.
    pub use_time: Option<Timestamp>,
    /// When its page was opened first, be it by a mail scanner.
    pub open_time: Option<Timestamp>,
    /// When it was killed.
    pub revoke_time: Option<Timestamp>,
    /// Wrong addresses given with it.
    pub wrong_emails: i64,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The code of a link, if it is still good at `now`.
    pub async fn find_live(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Model>, DbErr> {
        match of_link(account_id, code) {
            Some(found) => found.filter(good_at(now)).one(db).await,
            None => Ok(None),
        }
    }

    /// Whether a code was ever an account's, live or not.
    pub async fn is_known(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        code: &str,
    ) -> Result<bool, DbErr> {
        match of_link(account_id, code) {
            Some(found) => Ok(found.count(db).await? > 0),
            None => Ok(false),
        }
    }

    /// An account's short code, if one is good at `now`, held until the transaction ends: of guesses that are made at
    /// once, each sees what the ones before it have counted.
    pub async fn lock_short(
        txn: &DatabaseTransaction,
        account_id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Model>, DbErr> {
        live_short(account_id, now).lock_exclusive().one(txn).await
    }

    /// Uses a code. Of several that try at the same moment, one is told true.
    pub async fn consume(
        db: &impl ConnectionTrait,
        id: Uuid,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let update = Self::update_many()
            .set(ActiveModel {
                use_time: Set(Some(now)),
                ..Default::default()
            })
            .filter(Column::Id.eq(id))
            .filter(good_at(now))
            .exec(db)
            .await?;
        Ok(update.rows_affected == 1)
    }

    /// Counts so many more wrong addresses given with a code, and returns how many there are then; none where it is not good
    /// at `now`, so of those that are tried at once, none is counted after the last.
    pub async fn count_wrong_emails(
        db: &impl ConnectionTrait,
        id: Uuid,
        more: i64,
        now: Timestamp,
    ) -> Result<Option<i64>, DbErr> {
        let counted = Self::update_many()
            .col_expr(
                Column::WrongEmails,
                Expr::col(Column::WrongEmails).add(more),
            )
            .filter(Column::Id.eq(id))
            .filter(good_at(now))
            .exec_with_returning(db)
            .await?;
        Ok(counted.first().map(|code| code.wrong_emails))
    }

    /// Writes down that a code's page was opened, the first time.
    pub async fn note_opened(
        db: &impl ConnectionTrait,
        id: Uuid,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        Self::update_many()
            .set(ActiveModel {
                open_time: Set(Some(now)),
                ..Default::default()
            })
            .filter(Column::Id.eq(id))
            .filter(Column::OpenTime.is_null())
            .exec(db)
            .await
            .map(drop)
    }

    /// Kills every unused code of an account: after a use, an e-mail change, a disable or a delete. But not "this was not
    /// me", or whoever takes an account over would have the last word. What is yet to be mailed makes none either: queue the
    /// link that is to come instead after this.
    pub async fn revoke_all(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        outbox::Entity::withdraw_links(db, account_id, now).await?;
        let doomed = unused(account_id).add(Column::Purpose.ne(Purpose::NotMe));
        Self::revoke(db, doomed, now).await
    }

    /// Kills an account's answers to notices that were mailed to this address, but not those to notices of this kind.
    pub async fn revoke_not_me(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        (email, spared_kind): (&str, &str),
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let spared = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::Id)
            .filter(outbox::Column::AccountId.eq(account_id))
            .filter(outbox::Column::Kind.eq(spared_kind));
        let doomed = unused(account_id)
            .add(Column::Purpose.eq(Purpose::NotMe))
            .add(Column::Email.eq(email))
            .add(Column::MessageId.not_in_subquery(spared.into_query()));
        Self::revoke(db, doomed, now).await
    }

    /// Kills an account's answers to the notices that came after this one.
    pub async fn revoke_not_me_after(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        message_id: Uuid,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let doomed = unused(account_id)
            .add(Column::Purpose.eq(Purpose::NotMe))
            .add(Column::MessageId.gt(message_id));
        Self::revoke(db, doomed, now).await
    }

    /// Kills what somebody else may have been given for an account: a code to hand over, a change of its address.
    pub async fn revoke_granted(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        outbox::Entity::withdraw_confirmations(db, account_id, now).await?;
        let granted = [Purpose::HandedOver, Purpose::EmailChange];
        let doomed = unused(account_id).add(Column::Purpose.is_in(granted));
        Self::revoke(db, doomed, now).await
    }

    /// Kills an account's unused codes of one purpose.
    pub async fn revoke_all_for(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let doomed = unused(account_id).add(Column::Purpose.eq(purpose));
        Self::revoke(db, doomed, now).await
    }

    async fn revoke(
        db: &impl ConnectionTrait,
        doomed: Condition,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        Self::update_many()
            .set(ActiveModel {
                revoke_time: Set(Some(now)),
                ..Default::default()
            })
            .filter(doomed)
            .exec(db)
            .await
            .map(drop)
    }
}

/// The code of a link, live or not; none for a text that can be no code of ours.
fn of_link(account_id: Uuid, code: &str) -> Option<Select<Entity>> {
    let plausible = !code.is_empty() && code.len() <= MAX_CODE_BYTES;
    plausible.then(|| {
        Entity::find()
            .filter(Column::CodeHash.eq(secret::hash(code)))
            .filter(Column::AccountId.eq(account_id))
    })
}

/// An account's short code, if it is good at `now`.
fn live_short(account_id: Uuid, now: Timestamp) -> Select<Entity> {
    Entity::find()
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::Purpose.eq(Purpose::HandedOver))
        .filter(good_at(now))
}

/// An account's codes that were neither used nor killed.
fn unused(account_id: Uuid) -> Condition {
    Condition::all()
        .add(Column::AccountId.eq(account_id))
        .add(Column::UseTime.is_null())
        .add(Column::RevokeTime.is_null())
}

/// Neither used nor killed nor expired, and not given with too many wrong addresses.
fn good_at(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::UseTime.is_null())
        .add(Column::RevokeTime.is_null())
        .add(Column::ExpireTime.gt(now))
        .add(Column::WrongEmails.lt(MAX_WRONG_TRIES))
}
