//! The password that a signed-in person proves itself with before something that a thief must not do.

use crate::{
    call::Call,
    error::Error,
    password::{Password, stored::StoredHash},
    refusals::Refused,
    store::account,
    throttle::{self, Curve},
};

/// Verifies the account's password. Wrong ones are slowed down, so that a stolen session can't guess it.
pub async fn verify(call: &Call<'_>, account: &account::Model, typed: &str) -> Result<(), Error> {
    let app = call.app;
    let key = throttle::key(
        &app.master_key,
        &[b"change-password", account.id.as_bytes()],
    );
    if app.config.throttle.enabled {
        charge(call, &key).await?;
    }

    let stored = account
        .password_hash
        .as_deref()
        .and_then(|hash| StoredHash::parse(hash).ok());
    let stored = stored.ok_or(Error::BadCredentials)?;
    let verified = app
        .hasher
        .verify(&Password::typed(typed), &stored, call.deadline)
        .await;

    let txn = app.store.write().await?;
    match &verified {
        Ok(verdict) if verdict.matches => throttle::forget(&txn, &key).await?,
        Ok(_) => {
            call.note(Refused::Confirmation(account.id));
            return Err(Error::BadCredentials);
        }
        // Nobody looked at the password.
        Err(_) => throttle::take_back(&txn, &key).await?,
    }
    txn.commit().await?;
    verified?;
    Ok(())
}

async fn charge(call: &Call<'_>, key: &[u8]) -> Result<(), Error> {
    let curve = Curve::of_failures(&call.app.config.throttle);
    let txn = call.app.store.write().await?;
    let charged = throttle::charge(&txn, key, curve, call.now).await?;
    txn.commit().await?;
    charged.map_err(|retry_after| Error::Throttled { retry_after })
}
