//! The passwords that an account had, where somebody asks that they not be chosen again.
//!
//! Hashes are compared one by one, in the hasher's queue like every other, and each try is counted: a person changes a
//! password seldom, so whoever has the right to must not be able to keep the hasher busy with it.

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::own_counter;
use crate::{
    app::App,
    call::Call,
    error::Error,
    metrics::Tried,
    password::{Password, policy::PasswordPolicy, stored::StoredHash},
    store::{account, former_password},
    throttle,
};

/// Whether it is one of the account's last so many passwords, the present one among them. For who has a place in front of
/// the hasher.
///
/// Tries are counted `by` the account's id, or by that of a reset code: whoever has somebody's password could spend the
/// account's, and must not keep its owner's link from bringing a new one.
pub async fn has(
    call: &Call<'_>,
    (account, by): (&account::Model, Uuid),
    password: &Password,
    history: usize,
) -> Result<bool, Error> {
    let Some(replaced) = history.checked_sub(1) else {
        return Ok(false);
    };
    charge(call, account, by).await?;
    let former = former_password::Entity::newest(&call.app.store.read, account.id, replaced);
    let former = former.await?.into_iter().map(|former| former.password_hash);
    for hash in account.password_hash.clone().into_iter().chain(former) {
        // One that can't be read any more can't be compared either.
        let Ok(hash) = StoredHash::parse(&hash) else {
            continue;
        };
        let verdict = call.app.hasher.verify(password, &hash, call.deadline);
        if verdict.await?.matches {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Remembers the password that is being replaced, if anybody asks for that, and forgets what nobody compares with.
pub async fn replace(
    txn: &impl ConnectionTrait,
    app: &App,
    before: &account::Model,
    policy: &PasswordPolicy,
) -> Result<(), Error> {
    let replaced = policy.history().saturating_sub(1);
    let hash = before.password_hash.as_deref();
    former_password::Entity::keep(txn, &app.clock, before.id, hash, replaced).await?;
    Ok(())
}

/// Forgets the tries: a link brought a new password or is to bring one, of which there are few, or an administrator
/// unlocks. Not after a change, for whoever knows the password makes as many of those as he likes.
pub async fn forgive(db: &impl ConnectionTrait, app: &App, account_id: Uuid) -> Result<(), Error> {
    throttle::forget(db, &counter(app, account_id)).await?;
    Ok(())
}

async fn charge(call: &Call<'_>, account: &account::Model, by: Uuid) -> Result<(), Error> {
    let key = counter(call.app, by);
    own_counter::charge(call, account, &key, Tried::Password).await
}

fn counter(app: &App, by: Uuid) -> Vec<u8> {
    let parts: [&[u8]; 2] = [b"former-passwords", by.as_bytes()];
    throttle::key(&app.master_key, &parts)
}
