//! Slows guessing at one account down without locking its owner out.
//!
//! Two counters, both under what was typed, so that unknown names behave alike: one for each network, and one for all
//! networks together, which stops only networks from which the account has never been opened. Whoever guesses from
//! elsewhere delays himself, not the person at school.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    account::username::Username,
    app::App,
    clock::Timestamp,
    error::Error,
    master_key::{MasterKey, Purpose},
    store::{account, session, throttle as counter},
    throttle::{self, Curve},
};

/// Half of a counter's key names the account, half the network: so all of one account's are next to each other.
const HALF: usize = 16;

/// What one sign-in is counted under.
pub struct Counters {
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
            here: with(master_key.mac(Purpose::ThrottleKeys, &[b"network", network.as_bytes()])),
            everywhere: with(master_key.mac(Purpose::ThrottleKeys, &[b"everywhere"])),
        }
    }
}

/// One charged try: the keys of the counters that it was charged to.
pub struct Charged(Vec<Vec<u8>>);

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
        return Ok(Charged(Vec::new()));
    }
    let curve = Curve::of_failures(limits);
    // Looked up for known and unknown names alike, and not while the one writer is held.
    let familiar = is_familiar(&app.store.read, typed, network).await?;
    let txn = app.store.write().await?;
    let mut charged = vec![counters.here.clone()];
    let mut verdict = throttle::charge(&txn, &counters.here, curve, now).await?;
    if verdict.is_ok() && !familiar {
        let wide = Curve {
            free: limits.account_free_failures,
            ..curve
        };
        charged.push(counters.everywhere.clone());
        verdict = throttle::charge(&txn, &counters.everywhere, wide, now).await?;
    }
    match verdict {
        Ok(()) => {
            txn.commit().await?;
            Ok(Charged(charged))
        }
        // Dropped, not committed: a refused try must not lengthen the delay.
        Err(retry_after) => Err(Error::Throttled { retry_after }),
    }
}

/// Takes one try back that told nothing about the password: a rush of sign-ins must not lock anybody out.
pub async fn take_back(app: &App, charged: &Charged) -> Result<(), Error> {
    if charged.0.is_empty() {
        return Ok(());
    }
    let txn = app.store.write().await?;
    // In the order in which they were charged: in the other one, this and a charge could wait for each other.
    for key in &charged.0 {
        throttle::take_back(&txn, key).await?;
    }
    txn.commit().await?;
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
    let account_id = account.map_or_else(uuid::Uuid::nil, |account| account.id);
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
