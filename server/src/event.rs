//! The journal: one row for each change that matters, written in the change's own transaction.

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait as _};
use uuid::Uuid;

use crate::{
    clock::Clock,
    store::{account, event},
};

/// What an event happened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The account, if it was one.
    pub account_id: Option<Uuid>,
    /// The institution, or the account's.
    pub institution_id: Option<Uuid>,
}

impl Subject {
    /// An institution itself.
    pub const fn institution(id: Uuid) -> Self {
        Self {
            account_id: None,
            institution_id: Some(id),
        }
    }

    /// An account of which only the id is at hand, with the institution that it belongs to now.
    pub async fn of_account(
        db: &impl ConnectionTrait,
        account_id: Option<Uuid>,
    ) -> Result<Self, DbErr> {
        let Some(id) = account_id else {
            return Ok(Self::default());
        };
        let account = account::Entity::find_by_id(id).one(db).await?;
        Ok(Self {
            account_id,
            institution_id: account.and_then(|account| account.institution_id),
        })
    }
}

impl From<&account::Model> for Subject {
    fn from(account: &account::Model) -> Self {
        Self {
            account_id: Some(account.id),
            institution_id: account.institution_id,
        }
    }
}

/// Who can say when something happened and from where.
pub trait Witness {
    /// The one clock.
    fn clock(&self) -> &Clock;
    /// The caller's network; none for what nobody called for.
    fn network(&self) -> Option<String>;
}

/// For what the product does by itself.
impl Witness for Clock {
    fn clock(&self) -> &Clock {
        self
    }

    fn network(&self) -> Option<String> {
        None
    }
}

/// For what is told later than it was asked for, by the worker.
#[derive(Clone, Debug)]
pub struct Earlier<'a> {
    /// The one clock.
    pub clock: &'a Clock,
    /// From where it was asked for.
    pub network: Option<String>,
}

impl Witness for Earlier<'_> {
    fn clock(&self) -> &Clock {
        self.clock
    }

    fn network(&self) -> Option<String> {
        self.network.clone()
    }
}

/// Appends an event. `attributes` must hold neither secrets nor personal data: events outlive a purge.
pub async fn append(
    db: &impl ConnectionTrait,
    witness: &impl Witness,
    kind: &str,
    subject: impl Into<Subject>,
    actor_id: Option<Uuid>,
    attributes: serde_json::Value,
) -> Result<(), DbErr> {
    row(witness, kind, subject.into(), actor_id, &attributes)
        .insert(db)
        .await
        .map(drop)
}

/// Appends the same event about each of `subjects`, in one statement.
pub async fn append_to_each(
    db: &impl ConnectionTrait,
    witness: &impl Witness,
    kind: &str,
    subjects: Vec<Subject>,
    actor_id: Option<Uuid>,
    attributes: serde_json::Value,
) -> Result<(), DbErr> {
    if subjects.is_empty() {
        return Ok(());
    }
    let rows = subjects
        .into_iter()
        .map(|subject| row(witness, kind, subject, actor_id, &attributes));
    event::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await
        .map(drop)
}

fn row(
    witness: &impl Witness,
    kind: &str,
    subject: Subject,
    actor_id: Option<Uuid>,
    attributes: &serde_json::Value,
) -> event::ActiveModel {
    event::ActiveModel {
        id: Set(witness.clock().new_id()),
        kind: Set(kind.to_owned()),
        time: Set(witness.clock().now()),
        account_id: Set(subject.account_id),
        institution_id: Set(subject.institution_id),
        actor_id: Set(actor_id),
        attributes: Set(attributes.to_string()),
        network: Set(witness.network()),
        seal_number: Set(None),
    }
}
