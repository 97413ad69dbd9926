//! How many requests for a mail are answered: for what was typed, for an account, from a network, from everybody together.
//!
//! It is the worker that counts, so that nothing of it shows in the answer or its time.

use sea_orm::DatabaseTransaction;

use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    metrics::{Throttle, Tried},
    store::{
        account,
        reset_request::{self, Kind},
        session,
    },
    throttle::{self, Bucket, Curve, Refusal},
};

/// What a request is for.
pub(super) const fn tried(kind: Kind) -> Tried {
    match kind {
        Kind::ResetByEmail | Kind::ResetByUsername => Tried::Reset,
        Kind::Usernames => Tried::Reminder,
    }
}

/// Counts a request for what was typed, existing or not; then among those of its network and of everybody, unless one of
/// the accounts that it is about has been opened from there before.
pub(super) async fn admit(
    app: &App,
    txn: &DatabaseTransaction,
    request: &reset_request::Model,
    (key, accounts): (&str, &[account::Model]),
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    let what: &[u8] = match request.kind {
        Kind::ResetByEmail => b"reset-email",
        Kind::ResetByUsername => b"reset-username",
        Kind::Usernames => b"usernames",
    };
    let refused = |throttle, closed| Refusal {
        tried: tried(request.kind),
        throttle,
        closed,
    };
    let typed = throttle::key(&app.master_key, &[what, key.as_bytes()]);
    if let Err(closed) = throttle::charge(txn, &typed, curve(app), now).await? {
        return Ok(Err(refused(Throttle::Account, closed)));
    }
    let Some(network) = request.network.as_deref() else {
        return Ok(Ok(()));
    };
    for account in accounts {
        if session::Entity::is_familiar(txn, account.id, network).await? {
            return Ok(Ok(()));
        }
    }

    let limits = &app.config.throttle;
    let of_network = Bucket {
        size: limits.network_resets,
        leak: limits.network_reset_interval,
    };
    let of_network = of_network.grown(txn, network, now).await?;
    let network_key = throttle::key(&app.master_key, &[b"reset-network", network.as_bytes()]);
    let everybody = throttle::key(&app.master_key, &[b"reset-everybody"]);
    let of_everybody = Bucket::per_second(limits.reset_rate);
    // A refused request must not lengthen the wait of what was typed.
    if let Err(closed) = throttle::pour(txn, &network_key, of_network, now).await? {
        throttle::take_back(txn, &typed).await?;
        return Ok(Err(refused(Throttle::Network, closed)));
    }
    if let Err(closed) = throttle::pour(txn, &everybody, of_everybody, now).await? {
        throttle::take_back(txn, &typed).await?;
        throttle::scoop(txn, &network_key, of_network).await?;
        return Ok(Err(refused(Throttle::Deployment, closed)));
    }
    Ok(Ok(()))
}

/// Counts a link for one account, so that going from its name to its address gains nothing.
pub(super) async fn admit_account(
    app: &App,
    txn: &DatabaseTransaction,
    account: &account::Model,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    let key = throttle::key(&app.master_key, &[b"reset-account", account.id.as_bytes()]);
    let charged = throttle::charge(txn, &key, curve(app), now).await?;
    Ok(charged.map_err(|closed| Refusal {
        tried: Tried::Reset,
        throttle: Throttle::Account,
        closed,
    }))
}

fn curve(app: &App) -> Curve {
    let limits = &app.config.throttle;
    Curve {
        free: limits.reset_requests,
        base: limits.reset_interval,
        longest: limits.reset_interval,
    }
}
