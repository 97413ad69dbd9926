//! A counter that is one account's alone, for what only somebody can try who is known already: by a session, or by a right
//! password.

use crate::{
    call::Call,
    error::Error,
    metrics::{Throttle, Tried},
    store::account,
    throttle::{self, Curve, Refusal},
};

/// Charges one try before it is looked at, whatever becomes of the rest of the call.
pub async fn charge(
    call: &Call<'_>,
    account: &account::Model,
    key: &[u8],
    tried: Tried,
) -> Result<(), Error> {
    let limits = &call.app.config.throttle;
    if !limits.enabled {
        return Ok(());
    }
    let txn = call.app.store.write().await?;
    let charged = throttle::charge(&txn, key, Curve::of_failures(limits), call.now).await?;
    txn.commit().await?;
    let Err(closed) = charged else {
        return Ok(());
    };
    let refusal = Refusal {
        tried,
        throttle: Throttle::Account,
        closed,
    };
    let told_to = (&call.app.store, &call.app.metrics);
    Err(throttle::refuse(told_to, call, account.into(), &refusal, call.now).await?)
}
