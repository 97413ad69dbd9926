//! Slows guessing at one account down without locking its owner out.
//!
//! Two counters, both under what was typed, so that unknown names behave alike: one for each network, and one for all
//! networks together, which stops only networks from which the account has never been opened. Whoever guesses from
//! elsewhere delays himself, not the person at school.
//!
//! A third one is a network's, whatever the names: who tries one stolen password after the other from one place is
//! stopped there, but for the accounts that have been opened from there before.

use std::time::Duration;

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::{
    account::username::Username,
    app::App,
    clock::Timestamp,
    error::Error,
    master_key::{MasterKey, Purpose},
    store::{account, session, throttle as counter},
    throttle::{self, Bucket, Curve},
};

/// Half of a counter's key names the account, half the network: so all of one account's are next to each other.
const HALF: usize = 16;

/// Who signed in within this time is one of a network's people.
const A_DAY: Duration = Duration::from_hours(24);

/// Failures that a network may have for each of them, and for all together.
const FOR_EACH_PERSON: u32 = 20;
const MOST_FOR_PEOPLE: u32 = 2_000;

/// What one sign-in is counted under.
pub struct Counters {
    network: Vec<u8>,
    here: Vec<u8>,
    everywhere: Vec<u8>,
}

impl Counters {
    /// The counters of a typed name and a network.
    pub fn of(master_key: &MasterKey, typed: &str, network: &str) -> Self {
        let name = name_key(
            master_key,
            &Username::lookup_key(typed).unwrap_or_else(|| typed.to_owned()),
        );
        let with = |half: [u8; 32]| [&name[..], &half[..HALF]].concat();
        Self {
            network: throttle::key(master_key, &[b"login-network", network.as_bytes()]),
            here: with(master_key.mac(Purpose::ThrottleKeys, &[b"network", network.as_bytes()])),
            everywhere: with(master_key.mac(Purpose::ThrottleKeys, &[b"everywhere"])),
        }
    }
}

/// One charged try: what it was charged to.
#[derive(Default)]
pub struct Charged {
    counters: Vec<Vec<u8>>,
    network: Option<(Vec<u8>, Bucket)>,
}

/// Charges one try before its work is done, or says how long to wait.
pub async fn charge(
    app: &App,
    counters: &Counters,
    typed: &str,
    network: &str,
    now: Timestamp,
) -> Result<Charged, Error> {
    let limits = &app.config.throttle;
    if !limits.enabled {
        return Ok(Charged::default());
    }
    // Looked up for known and unknown names alike, and not while the one writer is held.
    let familiar = is_familiar(&app.store.read, typed, network).await?;
    let bucket = network_budget(app, network, now).await?;
    let _turn = app.store.turn().await;
    let txn = app.store.write().await?;
    let mut charged = Charged::default();
    match charge_all(&txn, app, (counters, familiar), bucket, &mut charged, now).await? {
        Ok(()) => {
            txn.commit().await?;
            Ok(charged)
        }
        // Dropped, not committed: a refused try must not lengthen the delay.
        Err(retry_after) => Err(Error::Throttled { retry_after }),
    }
}

/// Always in this order, in which they are taken back as well: in another one, two calls could wait for each other.
async fn charge_all(
    txn: &DatabaseTransaction,
    app: &App,
    (counters, familiar): (&Counters, bool),
    bucket: Bucket,
    charged: &mut Charged,
    now: Timestamp,
) -> Result<Result<(), Duration>, Error> {
    let limits = &app.config.throttle;
    let curve = Curve::of_failures(limits);
    if !familiar {
        if let Err(wait) = throttle::pour(txn, &counters.network, bucket, now).await? {
            return Ok(Err(wait));
        }
        charged.network = Some((counters.network.clone(), bucket));
    }
    if let Err(wait) = throttle::charge(txn, &counters.here, curve, now).await? {
        return Ok(Err(wait));
    }
    charged.counters.push(counters.here.clone());
    if !familiar {
        let wide = Curve {
            free: limits.account_free_failures,
            ..curve
        };
        if let Err(wait) = throttle::charge(txn, &counters.everywhere, wide, now).await? {
            return Ok(Err(wait));
        }
        charged.counters.push(counters.everywhere.clone());
    }
    Ok(Ok(()))
}

/// How many failures a network may have: more, the more people sign in from there. So a school behind one address is not
/// stopped on a morning when everybody mistypes, and a stranger who tries stolen passwords is.
async fn network_budget(app: &App, network: &str, now: Timestamp) -> Result<Bucket, Error> {
    let limits = &app.config.throttle;
    let people: Vec<Uuid> = session::Entity::find()
        .select_only()
        .column(session::Column::AccountId)
        .distinct()
        .filter(session::Column::Network.eq(network))
        .filter(session::Column::CreateTime.gt(now.minus(A_DAY)))
        .limit(u64::from(MOST_FOR_PEOPLE / FOR_EACH_PERSON))
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let people = u32::try_from(people.len()).unwrap_or(u32::MAX);
    Ok(Bucket {
        size: limits.network_failures + people.saturating_mul(FOR_EACH_PERSON),
        leak: limits.network_interval,
    })
}

/// Takes one try back that told nothing about the password: a rush of sign-ins must not lock anybody out.
pub async fn take_back(app: &App, charged: &Charged) -> Result<(), Error> {
    forgive_network(app, charged).await?;
    if charged.counters.is_empty() {
        return Ok(());
    }
    let _turn = app.store.turn().await;
    let txn = app.store.write().await?;
    for key in &charged.counters {
        throttle::take_back(&txn, key).await?;
    }
    txn.commit().await?;
    Ok(())
}

/// Takes one try out of the network's: it was no failure. By itself, so that nobody who signs in holds up the others of
/// the same school for a whole transaction.
pub async fn forgive_network(app: &App, charged: &Charged) -> Result<(), Error> {
    if let Some((key, bucket)) = &charged.network {
        let _turn = app.store.turn().await;
        throttle::scoop(app.store.writer(), key, *bucket).await?;
    }
    Ok(())
}

/// Forgets one sign-in's counters: it was a good one.
pub async fn refund(db: &impl ConnectionTrait, counters: &Counters) -> Result<(), Error> {
    throttle::forget(db, &counters.here).await?;
    throttle::forget(db, &counters.everywhere).await?;
    Ok(())
}

/// Forgets every counter of an account: its password was reset, or an administrator unlocked it.
pub async fn forget(db: &impl ConnectionTrait, app: &App, username_key: &str) -> Result<(), Error> {
    let (first, last) = all_networks(name_key(&app.master_key, username_key));
    counter::Entity::delete_many()
        .filter(counter::Column::Key.between(first, last))
        .exec(db)
        .await?;
    Ok(())
}

fn name_key(master_key: &MasterKey, name: &str) -> [u8; HALF] {
    let full = master_key.mac(Purpose::ThrottleKeys, &[b"login", name.as_bytes()]);
    std::array::from_fn(|index| full[index])
}

/// The first and the last key that a name's counters can have.
fn all_networks(name: [u8; HALF]) -> (Vec<u8>, Vec<u8>) {
    ([name, [0x00; HALF]].concat(), [name, [0xff; HALF]].concat())
}

/// Whether the account has been opened from this network before.
async fn is_familiar(db: &impl ConnectionTrait, typed: &str, network: &str) -> Result<bool, Error> {
    let key = Username::lookup_key(typed).unwrap_or_default();
    let account = account::Entity::by_username_key(&key).one(db).await?;
    // The same second look-up for a name that nobody has.
    let account_id = account.map_or_else(Uuid::nil, |account| account.id);
    let sessions = session::Entity::find()
        .filter(session::Column::AccountId.eq(account_id))
        .filter(session::Column::Network.eq(network));
    Ok(sessions.count(db).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_master_key;

    #[test]
    fn forgetting_a_name_covers_its_counters_of_all_networks_and_no_other_name() {
        let master_key = test_master_key("01");
        let key = Username::lookup_key("jean.dupont").unwrap();
        let (first, last) = all_networks(name_key(&master_key, &key));
        let covers = |typed: &str, network: &str| {
            let counters = Counters::of(&master_key, typed, network);
            [counters.here, counters.everywhere].map(|key| first <= key && key <= last)
        };

        for network in ["192.0.2.0/24", "2001:db8:1:2::/64", "unknown"] {
            for typed in ["jean.dupont", "Jean.Dupont", " jean.dupont "] {
                assert_eq!(covers(typed, network), [true; 2], "{typed} {network}");
            }
            for typed in ["jean.dupon", "jean.dupont2", "not a name!", ""] {
                assert_eq!(covers(typed, network), [false; 2], "{typed} {network}");
            }
        }
    }

    #[test]
    fn each_network_has_its_own_counter_and_all_share_one() {
        let master_key = test_master_key("01");
        let school = Counters::of(&master_key, "jean.dupont", "192.0.2.0/24");
        let elsewhere = Counters::of(&master_key, "jean.dupont", "198.51.100.0/24");

        assert_ne!(school.here, elsewhere.here);
        assert_eq!(school.everywhere, elsewhere.everywhere);
        assert_ne!(school.here, school.everywhere);
    }
}
