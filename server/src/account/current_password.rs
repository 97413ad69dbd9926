//! The password that a signed-in person proves itself with before something that a thief must not do.

use super::own_counter;
use crate::{
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
    let key = throttle::key(
        &app.master_key,
        &[b"change-password", account.id.as_bytes()],
    );
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
