//! The password that a signed-in person proves itself with before something that a thief must not do.

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::{own_counter, row};
use crate::{
    app::App,
    auth::lockout::to_the_end,
    call::Call,
    error::Error,
    metrics::{Throttle, Tried},
    password::{Password, stored::StoredHash},
    places::Place,
    refusals::Refused,
    store::{account, silence::SILENCE},
    throttle::{self, Turn},
};

/// Verifies the account's password. Wrong ones are slowed down, so that a stolen session can't guess it.
///
/// Returns the place in front of the hasher, for who goes on to hash.
pub async fn verify(
    call: &Call<'_>,
    account: &account::Model,
    typed: &str,
) -> Result<Place, Error> {
    let app = call.app;
    let key = counter(app, account.id);
    let _turn = turn(call, &key).await?;
    // Before the try is charged, and not while others of the same account are waited for.
    let place = app.hasher.enter(call.client)?;
    own_counter::charge(call, account, &key, Tried::Password).await?;

    let stored = account
        .password_hash
        .as_deref()
        .and_then(|hash| StoredHash::parse(hash).ok());
    let stored = stored.ok_or(Error::WrongPassword)?;
    let verified = app
        .hasher
        .verify(&Password::typed(typed), &stored, call.deadline)
        .await;

    match verified {
        Ok(verdict) if verdict.matches => {
            let txn = app.store.write().await?;
            throttle::forget(&txn, &key).await?;
            txn.commit().await?;
            Ok(place)
        }
        Ok(_) => {
            call.note(Refused::Confirmation(account.id));
            Err(Error::WrongPassword)
        }
        Err(error) => {
            take_back(app, key).await?;
            Err(error.into())
        }
    }
}

/// Waits until the tries before this one are settled. Else many right ones at once would close the counter to each other,
/// and the first that is done would open it to as many more.
async fn turn<'t>(call: &Call<'t>, key: &[u8]) -> Result<Option<Turn<'t>>, Error> {
    let app = call.app;
    if !app.config.throttle.enabled {
        return Ok(None);
    }
    match app.turns.wait(key.to_vec()).await {
        Ok(turn) => Ok(Some(turn)),
        Err(retry_after) => {
            app.metrics.throttled(Tried::Password, Throttle::Account);
            Err(Error::Overloaded { retry_after })
        }
    }
}

/// Nobody looked at the password.
async fn take_back(app: &App, key: Vec<u8>) -> Result<(), Error> {
    let store = app.store.clone();
    to_the_end(SILENCE, async move {
        throttle::take_back(store.writer(), &key).await?;
        Ok(())
    })
    .await
}

/// The account, held until the transaction ends, if its password is still the one that was verified. Whoever has taken an
/// account back while a thief's call waited for it has ended that call, too.
pub async fn lock(
    txn: &DatabaseTransaction,
    verified: &account::Model,
) -> Result<account::Model, Error> {
    let account = row::lock(txn, verified.id).await?;
    if account.password_hash == verified.password_hash {
        Ok(account)
    } else {
        Err(Error::WrongPassword)
    }
}

/// Forgets the wrong tries: an administrator unlocks the account.
pub async fn forgive(db: &impl ConnectionTrait, app: &App, account_id: Uuid) -> Result<(), Error> {
    throttle::forget(db, &counter(app, account_id)).await?;
    Ok(())
}

fn counter(app: &App, account_id: Uuid) -> Vec<u8> {
    let parts: [&[u8]; 2] = [b"change-password", account_id.as_bytes()];
    throttle::key(&app.master_key, &parts)
}
