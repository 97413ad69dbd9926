//! `guichet keys rotate-master`: the new master key takes the previous one's place.
//!
//! One transaction seals the signing keys anew and writes down that the previous key is retired: from then on the new one is
//! in force. Servers see that within seconds; when none can write under the previous key any more, what they had sealed
//! under it until then follows, some rows at a time. Cut off anywhere, the same command goes on.

use std::time::Duration;

use anyhow::{Context as _, bail};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::key;
use crate::{
    app::App,
    event::{self, Subject},
    master_key::{MasterKey, Purpose},
    store::{
        retired_key::{self, ActiveModel, Column, Entity},
        signing_key, totp,
    },
};

/// Secrets of people that are looked at together.
const BATCH: u64 = 500;

/// Carries the rotation out, or what is left of one. Returns how many secrets of people were sealed anew.
///
/// # Errors
/// Without a previous key, or when something does not open under either.
pub async fn rotate(app: &App) -> anyhow::Result<u64> {
    let master_key = &app.master_key;
    let Some(previous) = master_key.previous_id() else {
        bail!(
            "there is no previous key: give the new key in GUICHET_MASTER_KEY and the present one in \
             GUICHET_MASTER_KEY_PREVIOUS, to every server first"
        );
    };
    if master_key.is_pending() {
        put_in_force(app, &previous).await?;
    }
    // A server that has not seen it yet, and a call that it has begun, still write under the previous key.
    tokio::time::sleep(key::RELOAD + app.config.limits.max_deadline + Duration::from_secs(1)).await;
    seal_signing_keys(app.store.writer(), master_key).await?;
    let mut after = Uuid::nil();
    let mut sealed = 0;
    while let Some(last) = seal_people(app, after, &mut sealed).await? {
        after = last;
    }
    let finished = ActiveModel {
        finish_time: Set(Some(app.clock.now())),
        ..Default::default()
    };
    Entity::update_many()
        .set(finished)
        .filter(Column::KeyId.eq(previous))
        .filter(Column::FinishTime.is_null())
        .exec(app.store.writer())
        .await?;
    Ok(sealed)
}

/// The moment from which on the new key is in force, for every server.
async fn put_in_force(app: &App, previous: &str) -> anyhow::Result<()> {
    let master_key = &app.master_key;
    let remains = master_key.retire_previous();
    let txn = app.store.write().await?;
    let retired = ActiveModel {
        key_id: Set(previous.to_owned()),
        sealed_keys: Set(remains.context("there is no previous key")?),
        retire_time: Set(app.clock.now()),
        finish_time: Set(None),
    };
    let once = OnConflict::column(Column::KeyId).do_nothing().to_owned();
    let written = Entity::insert(retired)
        .on_conflict(once)
        .exec_without_returning(&txn)
        .await?;
    if written == 1 {
        seal_signing_keys(&txn, master_key).await?;
        seal_retired(&txn, master_key).await?;
        let about = serde_json::json!({ "from": previous, "to": master_key.id() });
        let kind = "master_key.rotated";
        event::append(&txn, &app.clock, kind, Subject::default(), None, about).await?;
        txn.commit().await?;
    }
    app.keys.reload(&app.store, master_key).await
}

async fn seal_signing_keys(
    db: &impl ConnectionTrait,
    master_key: &MasterKey,
) -> anyhow::Result<()> {
    for row in signing_key::Entity::find().all(db).await? {
        let aad = row.kid.as_bytes();
        let anew = master_key.seal_anew(Purpose::SigningKeys, &row.sealed_key, aad);
        if let Some(sealed) = anew.with_context(|| format!("signing key {}", row.kid))? {
            let mut row = row.into_active_model();
            row.sealed_key = Set(sealed);
            row.update(db).await?;
        }
    }
    Ok(())
}

/// What is left of keys before the previous one.
async fn seal_retired(db: &impl ConnectionTrait, master_key: &MasterKey) -> anyhow::Result<()> {
    for row in retired_key::Entity::find().all(db).await? {
        let aad = row.key_id.as_bytes();
        let anew = master_key.seal_anew(Purpose::RetiredKeys, &row.sealed_keys, aad);
        if let Some(sealed) = anew.with_context(|| format!("retired key {}", row.key_id))? {
            let mut row = row.into_active_model();
            row.sealed_keys = Set(sealed);
            row.update(db).await?;
        }
    }
    Ok(())
}

/// Seals some people's secrets anew, and says who was the last of them; nobody at the end.
async fn seal_people(app: &App, after: Uuid, sealed: &mut u64) -> anyhow::Result<Option<Uuid>> {
    let rows = totp::Entity::find()
        .filter(totp::Column::AccountId.gt(after))
        .order_by_asc(totp::Column::AccountId)
        .limit(BATCH)
        .all(&app.store.read)
        .await?;
    let Some(last) = rows.last().map(|row| row.account_id) else {
        return Ok(None);
    };
    let txn = app.store.write().await?;
    for row in rows {
        let aad = row.account_id.as_bytes();
        let anew = app
            .master_key
            .seal_anew(Purpose::TotpSecrets, &row.sealed_secret, aad)
            .with_context(|| format!("the second factor of account {}", row.account_id))?;
        if let Some(anew) = anew {
            *sealed += totp::Entity::seal_anew(&txn, &row, anew).await?;
        }
    }
    txn.commit().await?;
    Ok(Some(last))
}
