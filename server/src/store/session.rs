//! Table `session`: who is signed in, and which refresh token is the current one.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set, Condition, QuerySelect as _, SelectTwoRequired, entity::prelude::*,
};

use super::{account, together::Lookup};
use crate::clock::Timestamp;

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// UUIDv7; `sid` of its access tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub account_id: Uuid,
    /// As given at sign-in.
    pub device_name: String,
    /// Where it was opened from.
    pub client_address: String,
    /// That address's network: /24 or /64.
    pub network: String,
    /// When the person signed in.
    pub create_time: Timestamp,
    /// Last sign-in or refresh.
    pub last_use_time: Timestamp,
    /// When it ends if it is not used.
    pub expire_time: Timestamp,
    /// When it ends in any case.
    pub absolute_expire_time: Timestamp,
    /// Which refresh token in the row is the current one, from 0.
    pub generation: i64,
    /// SHA-256 of the current refresh token.
    pub refresh_hash: Vec<u8>,
    /// When that one came.
    pub rotate_time: Timestamp,
    /// When it was ended.
    pub revoke_time: Option<Timestamp>,
    /// Why it was ended.
    pub revoke_reason: Option<String>,
    /// Whether it was opened with a second factor beside the password.
    pub second_factor: bool,
}

/// What a session is always looked up with.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
    #[sea_orm(
        belongs_to = "account::Entity",
        from = "Column::AccountId",
        to = "account::Column::Id"
    )]
    Account,
}

impl Related<account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// What every call with an access token asks about its session, and about the account that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The session.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// How that person signs in.
    pub username: String,
    /// What that person may.
    pub roles: Vec<String>,
    /// Where that person belongs.
    pub institution_id: Option<Uuid>,
    ends: Timestamp,
}

/// Sessions that were not ended, of accounts that may be signed in, by their ids.
#[derive(Debug)]
pub struct LiveById(pub DatabaseConnection);

impl Model {
    /// Whether it has neither ended nor expired at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoke_time.is_none() && now < self.expire_time && now < self.absolute_expire_time
    }
}

impl Live {
    /// Whether it has not expired at `now`.
    pub fn lasts(&self, now: Timestamp) -> bool {
        now < self.ends
    }
}

impl Lookup for LiveById {
    type Key = Uuid;
    type Row = Live;

    async fn rows(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Live>, DbErr> {
        let rows: Vec<LiveRow> = Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::ExpireTime,
                Column::AbsoluteExpireTime,
                Column::AccountId,
            ])
            .inner_join(account::Entity)
            .columns([
                account::Column::Username,
                account::Column::Roles,
                account::Column::InstitutionId,
            ])
            .filter(Column::Id.is_in(ids))
            .filter(Column::RevokeTime.is_null())
            .filter(account::Column::State.eq(account::State::Active))
            .into_tuple()
            .all(&self.0)
            .await?;
        Ok(rows.into_iter().map(live).collect())
    }
}

type LiveRow = (
    Uuid,
    Timestamp,
    Timestamp,
    Uuid,
    String,
    String,
    Option<Uuid>,
);

fn live(row: LiveRow) -> (Uuid, Live) {
    let (id, expires, expires_in_any_case, account_id, username, roles, institution_id) = row;
    let live = Live {
        id,
        account_id,
        username,
        roles: account::role_names(&roles),
        institution_id,
        ends: expires.min(expires_in_any_case),
    };
    (id, live)
}

impl Entity {
    /// Sessions of an account that are live at `now`.
    pub fn live(account_id: Uuid, now: Timestamp) -> Select<Self> {
        Self::find().filter(live_of(account_id, now))
    }

    /// A session and its account, in whatever state they are.
    pub fn with_account(id: Uuid) -> SelectTwoRequired<Self, account::Entity> {
        Self::find_by_id(id).find_both_related(account::Entity)
    }

    /// Whether the account has ever been opened from this network, as far as sessions are kept.
    pub async fn is_familiar(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        network: &str,
    ) -> Result<bool, DbErr> {
        let from_there = Self::of_account(account_id).filter(Column::Network.eq(network));
        from_there.exists(db).await
    }

    /// Whether the account has ever been opened, likewise.
    pub async fn has_any(db: &impl ConnectionTrait, account_id: Uuid) -> Result<bool, DbErr> {
        Self::of_account(account_id).exists(db).await
    }

    fn of_account(account_id: Uuid) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account_id))
    }

    /// How many people have signed in from this network since then; not more than `most`.
    pub async fn people_of(
        db: &impl ConnectionTrait,
        network: &str,
        since: Timestamp,
        most: u32,
    ) -> Result<u32, DbErr> {
        let people: Vec<Uuid> = Self::find()
            .select_only()
            .column(Column::AccountId)
            .distinct()
            .filter(Column::Network.eq(network))
            .filter(Column::CreateTime.gt(since))
            .limit(u64::from(most))
            .into_tuple()
            .all(db)
            .await?;
        Ok(u32::try_from(people.len()).unwrap_or(most))
    }

    /// Ends every live session of an account but `keep`, and tells how many there were.
    pub async fn revoke_all(
        db: &impl ConnectionTrait,
        account_id: Uuid,
        keep: Option<Uuid>,
        reason: &str,
        now: Timestamp,
    ) -> Result<u64, DbErr> {
        let mut update = Self::update_many()
            .set(ActiveModel {
                revoke_time: Set(Some(now)),
                revoke_reason: Set(Some(reason.to_owned())),
                ..Default::default()
            })
            .filter(live_of(account_id, now));
        if let Some(keep) = keep {
            update = update.filter(Column::Id.ne(keep));
        }
        Ok(update.exec(db).await?.rows_affected)
    }

    /// Ends one session.
    pub async fn revoke(
        db: &impl ConnectionTrait,
        id: Uuid,
        reason: &str,
        now: Timestamp,
    ) -> Result<u64, DbErr> {
        let update = Self::update_many()
            .set(ActiveModel {
                revoke_time: Set(Some(now)),
                revoke_reason: Set(Some(reason.to_owned())),
                ..Default::default()
            })
            .filter(Column::Id.eq(id))
            .filter(Column::RevokeTime.is_null());
        Ok(update.exec(db).await?.rows_affected)
    }
}

/// An account's sessions that have neither ended nor expired.
fn live_of(account_id: Uuid, now: Timestamp) -> Condition {
    live_at(now).add(Column::AccountId.eq(account_id))
}

/// What [`Model::is_live`] says, in SQL.
fn live_at(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::RevokeTime.is_null())
        .add(Column::ExpireTime.gt(now))
        .add(Column::AbsoluteExpireTime.gt(now))
}
