//! Table `retired_key`: the master keys that were replaced. Which one is in force follows from it.

use anyhow::{anyhow, bail};
use sea_orm::{QueryOrder as _, entity::prelude::*};

use super::signing_key;
use crate::{
    clock::Timestamp,
    master_key::{MasterKey, Purpose},
};

/// One key.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retired_key")]
pub struct Model {
    /// Its fingerprint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// What was derived from it and still counts, sealed under the key that is in force.
    pub sealed_keys: Vec<u8>,
    /// When another took its place.
    pub retire_time: Timestamp,
    /// When nothing was sealed under it any more; until then servers need it.
    pub finish_time: Option<Timestamp>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "retired key {}", self.key_id)
    }
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All of them, the oldest first.
    pub fn oldest_first() -> Select<Self> {
        Self::find()
            .order_by_asc(Column::RetireTime)
            .order_by_asc(Column::KeyId)
    }

    /// Whether a key was replaced.
    pub async fn is_retired(db: &impl ConnectionTrait, key_id: &str) -> Result<bool, DbErr> {
        let found = Self::find_by_id(key_id.to_owned()).count(db).await?;
        Ok(found > 0)
    }
}

/// Has the master key know which of its keys the database is sealed under, and what is left of earlier ones.
///
/// # Errors
/// When the keys are not those of the database, or one is missing that is still needed.
pub async fn teach(db: &impl ConnectionTrait, master_key: &MasterKey) -> anyhow::Result<()> {
    // In this order: a rotation that is finished in between must not look like a key that was never in force.
    let signing = signing_key::Entity::find().all(db).await?;
    let retired = Entity::oldest_first().all(db).await?;

    let opens = signing
        .iter()
        .all(|row| row.private_key(master_key).is_ok());
    if !opens {
        let previous = match master_key.previous_id() {
            Some(_) => ", and not under GUICHET_MASTER_KEY_PREVIOUS either",
            None => "",
        };
        bail!(
            "a signing key does not open: the database was made under another master key{previous}"
        );
    }
    let is_pending = match master_key.previous_id() {
        Some(id) => !retired.iter().any(|row| row.key_id == id),
        None => false,
    };
    if is_pending
        && !signing.is_empty()
        && signing.iter().all(|row| is_under_newest(row, master_key))
    {
        bail!("GUICHET_MASTER_KEY_PREVIOUS is a key that this database was never sealed under");
    }
    if let Some(open) = retired.iter().find(|row| row.finish_time.is_none())
        && master_key.previous_id().as_ref() != Some(&open.key_id)
    {
        bail!(
            "something is still sealed under the previous master key, {}: give it in GUICHET_MASTER_KEY_PREVIOUS and run \
             `guichet keys rotate-master` to its end",
            open.key_id
        );
    }
    let retired = retired.iter();
    let retired = retired.map(|row| (row.key_id.as_str(), row.sealed_keys.as_slice()));
    master_key
        .learn(is_pending && !signing.is_empty(), retired)
        .map_err(|_| anyhow!("what is left of an earlier master key does not open under this one"))
}

fn is_under_newest(row: &signing_key::Model, master_key: &MasterKey) -> bool {
    let anew = master_key.seal_anew(Purpose::SigningKeys, &row.sealed_key, row.kid.as_bytes());
    anew.is_ok_and(|anew| anew.is_none())
}
