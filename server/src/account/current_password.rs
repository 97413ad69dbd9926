//! The password that a signed-in person proves itself with before something that a thief must not do.

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::{own_counter, row};
use crate::{
    app::App,
    call::Call,
    error::Error,
    metrics::Tried,
    password::{Password, stored::StoredHash},
    refusals::Refused,
    store::account,
    throttle,
};

/// Verifies the account's password. Wrong ones are slowed down, so that a stolen session can't guess it.
pub async fn verify(call: &Call<'_>, account: &account::Model, typed: &str) -> Result<(), Error> {
    let app = call.app;
    let key = counter(app, account.id);
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

    let txn = app.store.write().await?;
    match &verified {
        Ok(verdict) if verdict.matches => {
            throttle::forget(&txn, &key).await?;
        }
        Ok(_) => {
            call.note(Refused::Confirmation(account.id));
            return Err(Error::WrongPassword);
        }
        // Nobody looked at the password.
        Err(_) => throttle::take_back(&txn, &key).await?,
    }
    txn.commit().await?;
    verified?;
    Ok(())
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
