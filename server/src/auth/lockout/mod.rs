//! Slows guessing at one account down without locking its owner out.
//!
//! Two counters, both under what was typed, so that unknown names behave alike: one for each network, and one for all
//! networks together, which stops only networks from which the account has never been opened. Whoever guesses from
//! elsewhere delays himself, not the person at school.
//!
//! A third one is a network's, whatever the names: who tries one stolen password after the other from one place is
//! stopped there, but for the accounts that have been opened from there before. The IPv6 networks of one site share a
//! wider one beside it. A fourth one is everybody's, against who has many places.
//!
//! A device that the person has signed in on has a counter of its own, and one that it shares with the person's other
//! devices: not even who guesses from the same network, or from everywhere at once, holds it up.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{device::Device, second_factor};
use crate::{
    account::{current_password, former_passwords, username::Username},
    app::App,
    call::Call,
    error::Error,
    event::Subject,
    metrics::{Throttle, Tried},
    store::{Store, account, session, silence::SILENCE, throttle as counter},
    throttle::{self, Bucket, Closed, Curve, Refusal, Turn},
    transport::peer,
};

use self::counters::Counters;
pub use self::to_the_end::to_the_end;

mod counters;
mod to_the_end;

/// Failures in a row of all known devices of an account before a wait: the most that NIST SP 800-63B-4, 3.2.2, lets pass.
/// With a device's own counter alone, a thief who once knew the password could keep devices in store.
const DEVICES_FREE_FAILURES: u32 = 100;

/// Somebody at the door: with which name, from where, with which device.
pub struct Approach<'a> {
    typed: &'a str,
    network: String,
    device: Option<Device>,
    counters: Counters,
}

impl<'a> Approach<'a> {
    /// Who calls, with what was typed and the device's token, if it has one.
    pub fn of(call: &Call<'_>, typed: &'a str, device_token: &str) -> Self {
        let master_key = &call.app.master_key;
        let network = peer::network(call.client);
        let site = peer::site(&network);
        let device = Device::open(master_key, device_token);
        let id = device.as_ref().map(Device::id);
        Self {
            counters: Counters::of(master_key, typed, (&network, site.as_deref()), id),
            typed,
            network,
            device,
        }
    }

    /// The device's token as it was given, if it is one of ours; else nothing.
    pub fn device_token(&self, given: &str) -> String {
        self.device
            .as_ref()
            .map_or_else(String::new, |_| given.to_owned())
    }

    /// Waits until the tries before this one, with the same name from the same device or network, are settled; none where
    /// nothing is counted.
    pub async fn turn<'t>(&self, call: &Call<'t>) -> Result<Option<Turn<'t>>, Error> {
        let app = call.app;
        if !app.config.throttle.enabled {
            return Ok(None);
        }
        let key = self.counters.device.as_ref().unwrap_or(&self.counters.here);
        match app.turns.wait(key.clone()).await {
            Ok(turn) => Ok(Some(turn)),
            Err(retry_after) => {
                app.metrics.throttled(Tried::SignIn, Throttle::Account);
                Err(Error::Overloaded { retry_after })
            }
        }
    }
}

/// How well the one who tries is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The person has signed in with this device.
    KnownDevice,
    /// The account has been opened from this network.
    Familiar,
    /// Neither, or the name is nobody's.
    Stranger,
}

/// One charged try: what it was charged to.
#[derive(Default)]
pub struct Charged {
    counters: Vec<Vec<u8>>,
    networks: Vec<(Vec<u8>, Bucket)>,
}

/// Charges one try before its work is done, or says how long to wait.
pub async fn charge(call: &Call<'_>, approach: &Approach<'_>) -> Result<Charged, Error> {
    let app = call.app;
    if !app.config.throttle.enabled {
        return Ok(Charged::default());
    }
    // Looked up for known and unknown names alike, and not while the one writer is held.
    let db = &app.store.read;
    let key = Username::lookup_key(approach.typed).unwrap_or_default();
    let account = account::Entity::by_username_key(&key).one(db).await?;
    let standing = standing(call, approach, account.as_ref()).await?;
    let room = throttle::look(db, &everybody(app), everybodys_bucket(app), call.now).await?;
    let bucket = network_bucket(app)
        .grown(db, &approach.network, call.now)
        .await?;

    let closed = match room {
        Err(closed) if standing == Standing::Stranger => (Throttle::Deployment, closed),
        _ => {
            let _turn = app.store.turn().await;
            let txn = app.store.write().await?;
            match charge_all(&txn, call, (approach, standing), bucket).await? {
                Ok(charged) => {
                    txn.commit().await?;
                    return Ok(charged);
                }
                // Not committed: a refused try must not lengthen the delay.
                Err(closed) => {
                    txn.rollback().await?;
                    closed
                }
            }
        }
    };
    let subject = account.as_ref().map(Subject::from).unwrap_or_default();
    Err(refuse(call, subject, closed).await?)
}

async fn standing(
    call: &Call<'_>,
    approach: &Approach<'_>,
    account: Option<&account::Model>,
) -> Result<Standing, Error> {
    let app = call.app;
    // The same second look-up for a name that nobody has.
    let id = account.map_or_else(Uuid::nil, |account| account.id);
    let is_familiar = session::Entity::is_familiar(&app.store.read, id, &approach.network).await?;
    let is_known = approach
        .device
        .as_ref()
        .zip(account)
        .is_some_and(|(device, account)| device.is_known_to(app, account, call.now));
    Ok(match (is_known, is_familiar) {
        (true, _) => Standing::KnownDevice,
        (false, true) => Standing::Familiar,
        (false, false) => Standing::Stranger,
    })
}

/// Always in this order, in which they are taken back as well: in another one, two calls could wait for each other.
async fn charge_all(
    txn: &DatabaseTransaction,
    call: &Call<'_>,
    (approach, standing): (&Approach<'_>, Standing),
    bucket: Bucket,
) -> Result<Result<Charged, (Throttle, Closed)>, Error> {
    let counters = &approach.counters;
    let mut charged = Charged::default();
    if standing == Standing::Stranger {
        let network = (counters.network.clone(), bucket);
        // No school that has only one network meets this one first.
        let shared = network_bucket(call.app).of_site_with(bucket);
        let site = counters.site.clone().map(|key| (key, shared));
        for (key, bucket) in [Some(network), site].into_iter().flatten() {
            if let Err(closed) = throttle::pour(txn, &key, bucket, call.now).await? {
                return Ok(Err((Throttle::Network, closed)));
            }
            charged.networks.push((key, bucket));
        }
    }
    for (by, key, curve) in of_the_name(call, counters, standing) {
        if let Err(closed) = throttle::charge(txn, key, curve, call.now).await? {
            return Ok(Err((by, closed)));
        }
        charged.counters.push(key.clone());
    }
    Ok(Ok(charged))
}

/// The counters of a name that a try is charged to: the nearest, and perhaps a wider one.
fn of_the_name<'c>(
    call: &Call<'_>,
    counters: &'c Counters,
    standing: Standing,
) -> Vec<(Throttle, &'c Vec<u8>, Curve)> {
    let limits = &call.app.config.throttle;
    let curve = Curve::of_failures(limits);
    let after = |free| Curve { free, ..curve };
    let here = (Throttle::Account, &counters.here, curve);
    match (standing, &counters.device) {
        (Standing::KnownDevice, Some(device)) => {
            let all = after(DEVICES_FREE_FAILURES);
            vec![
                (Throttle::Device, device, curve),
                (Throttle::Device, &counters.devices, all),
            ]
        }
        (Standing::Stranger, _) => {
            let wide = after(limits.account_free_failures);
            vec![here, (Throttle::Account, &counters.everywhere, wide)]
        }
        _ => vec![here],
    }
}

async fn refuse(
    call: &Call<'_>,
    subject: Subject,
    (throttle, closed): (Throttle, Closed),
) -> Result<Error, Error> {
    let refusal = Refusal {
        tried: Tried::SignIn,
        throttle,
        closed,
    };
    let told_to = (&call.app.store, &call.app.metrics);
    Ok(throttle::refuse(told_to, call, subject, &refusal, call.now).await?)
}

fn network_bucket(app: &App) -> Bucket {
    let limits = &app.config.throttle;
    Bucket {
        size: limits.network_failures,
        leak: limits.network_interval,
    }
}

fn everybody(app: &App) -> Vec<u8> {
    throttle::key(&app.master_key, &[b"login-everybody"])
}

fn everybodys_bucket(app: &App) -> Bucket {
    Bucket::per_second(app.config.throttle.failure_rate)
}

/// Counts a failure among everybody's. By itself and only now: nobody who signs in waits for a row that all share.
pub async fn count_failure(call: &Call<'_>) -> Result<(), Error> {
    let app = call.app;
    if app.config.throttle.enabled {
        let (key, bucket) = (everybody(app), everybodys_bucket(app));
        throttle::spill(app.store.writer(), &key, bucket, call.now).await?;
    }
    Ok(())
}

/// Takes one try back that told nothing about the password: a rush of sign-ins must not lock anybody out, not even whose
/// deadline passes meanwhile.
pub async fn take_back(app: &App, charged: Charged) -> Result<(), Error> {
    let store = app.store.clone();
    to_the_end(SILENCE, async move {
        forgive_network(&store, &charged).await?;
        if charged.counters.is_empty() {
            return Ok(());
        }
        let _turn = store.turn().await;
        let txn = store.write().await?;
        for key in &charged.counters {
            throttle::take_back(&txn, key).await?;
        }
        txn.commit().await?;
        Ok(())
    })
    .await
}

/// Takes one try out of the network's and the site's: it was no failure. By itself, so that nobody who signs in holds up
/// the others of the same school for a whole transaction.
pub async fn forgive_network(store: &Store, charged: &Charged) -> Result<(), Error> {
    for (key, bucket) in &charged.networks {
        let _turn = store.turn().await;
        throttle::scoop(store.writer(), key, *bucket).await?;
    }
    Ok(())
}

/// Forgets the counters that a good sign-in was charged to, and tells how many wrong tries they had before it. The others
/// stay: while the owner signs in from a known device each day, an outsider must not get his free guesses back.
pub async fn refund(db: &impl ConnectionTrait, charged: &Charged) -> Result<i64, Error> {
    let mut most = 0;
    // In the order in which they are charged.
    for key in &charged.counters {
        let failures = throttle::forget(db, key).await?;
        most = most.max(failures.unwrap_or_default() - 1);
    }
    Ok(most)
}

/// Forgets every counter of a name: the account's password was reset. The wide ones last, as they are charged: a try has a
/// nearer one when it comes to them.
pub async fn forget(db: &impl ConnectionTrait, app: &App, username_key: &str) -> Result<(), Error> {
    let (first, last) = counters::all_of(&app.master_key, username_key);
    let wide = counters::wide_of(&app.master_key, username_key);
    counter::Entity::delete_many()
        .filter(counter::Column::Key.between(first, last))
        .filter(counter::Column::Key.is_not_in(wide.clone()))
        .exec(db)
        .await?;
    for key in &wide {
        throttle::forget(db, key).await?;
    }
    Ok(())
}

/// Forgets the counters that are the account's own as well: an administrator unlocked it. A reset leaves those alone, or
/// whoever reads the person's mail could guess on at the second factor.
pub async fn unlock(
    call: &Call<'_>,
    db: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<(), Error> {
    forget(db, call.app, &account.username_key).await?;
    second_factor::forgive(call, db, account.id).await?;
    current_password::forgive(db, call.app, account.id).await?;
    former_passwords::forgive(db, call.app, account.id).await
}
