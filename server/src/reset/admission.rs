//! How many requests for a mail are answered: for what was typed, for an account, from a network, from its site, from
//! everybody together.
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
    throttle::{self, Bucket, Closed, Curve, Refusal},
    transport::peer,
};

/// What a request is for.
pub(super) const fn tried(kind: Kind) -> Tried {
    match kind {
        Kind::ResetByEmail | Kind::ResetByUsername => Tried::Reset,
        Kind::Usernames => Tried::Reminder,
    }
}

/// Counts a request for what was typed, existing or not. Before anything is looked up: what asks for one address again and
/// again must not have all its accounts be sorted each time.
pub(super) async fn admit_typed(
    app: &App,
    txn: &DatabaseTransaction,
    request: &reset_request::Model,
    key: &str,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    let curve = Curve::of_resets(&app.config.throttle);
    let charged = throttle::charge(txn, &typed(app, request, key), curve, now).await?;
    Ok(charged.map_err(|closed| Refusal {
        tried: tried(request.kind),
        throttle: Throttle::Account,
        closed,
    }))
}

/// Counts it among those of its network, its site and everybody, unless one of the accounts that it is about has been opened
/// from there before.
pub(super) async fn admit(
    app: &App,
    txn: &DatabaseTransaction,
    request: &reset_request::Model,
    (key, accounts): (&str, &[account::Model]),
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    let Some(network) = request.network.as_deref() else {
        return Ok(Ok(()));
    };
    for account in accounts {
        if session::Entity::is_familiar(txn, account.id, network).await? {
            return Ok(Ok(()));
        }
    }

    let shared = shared(app, txn, network, now).await?;
    if let Err((throttle, closed)) = pour_all(txn, &shared, now).await? {
        // A refused request must not lengthen the wait of what was typed.
        throttle::take_back(txn, &typed(app, request, key)).await?;
        return Ok(Err(Refusal {
            tried: tried(request.kind),
            throttle,
            closed,
        }));
    }
    Ok(Ok(()))
}

/// The counter of what was typed.
fn typed(app: &App, request: &reset_request::Model, key: &str) -> Vec<u8> {
    let what: &[u8] = match request.kind {
        Kind::ResetByEmail => b"reset-email",
        Kind::ResetByUsername => b"reset-username",
        Kind::Usernames => b"usernames",
    };
    throttle::key(&app.master_key, &[what, key.as_bytes()])
}

/// A bucket that many people share: whose, its key, and what it holds.
type Shared = (Throttle, Vec<u8>, Bucket);

/// Those that a request from a network goes into: the network's, its site's, everybody's.
async fn shared(
    app: &App,
    txn: &DatabaseTransaction,
    network: &str,
    now: Timestamp,
) -> Result<Vec<Shared>, Error> {
    let limits = &app.config.throttle;
    let of_any_network = Bucket {
        size: limits.network_resets,
        leak: limits.network_reset_interval,
    };
    let of_network = of_any_network.grown(txn, network, now).await?;
    let key = |parts: &[&[u8]]| throttle::key(&app.master_key, parts);
    let network_key = key(&[b"reset-network", network.as_bytes()]);
    let mut shared = vec![(Throttle::Network, network_key, of_network)];
    if let Some(site) = peer::site(network) {
        let site_key = key(&[b"reset-network", site.as_bytes()]);
        let of_site = of_any_network.of_site_with(of_network);
        shared.push((Throttle::Network, site_key, of_site));
    }
    let of_everybody = Bucket::per_second(limits.reset_rate);
    shared.push((
        Throttle::Deployment,
        key(&[b"reset-everybody"]),
        of_everybody,
    ));
    Ok(shared)
}

/// Pours one request into each bucket. If one is full, nothing was poured into any.
async fn pour_all(
    txn: &DatabaseTransaction,
    buckets: &[Shared],
    now: Timestamp,
) -> Result<Result<(), (Throttle, Closed)>, Error> {
    for (number, (throttle, key, bucket)) in buckets.iter().enumerate() {
        let Err(closed) = throttle::pour(txn, key, *bucket, now).await? else {
            continue;
        };
        for (_, key, bucket) in buckets.iter().take(number) {
            throttle::scoop(txn, key, *bucket).await?;
        }
        return Ok(Err((*throttle, closed)));
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
    let curve = Curve::of_resets(&app.config.throttle);
    let charged = throttle::charge(txn, &key, curve, now).await?;
    Ok(charged.map_err(|closed| Refusal {
        tried: Tried::Reset,
        throttle: Throttle::Account,
        closed,
    }))
}
