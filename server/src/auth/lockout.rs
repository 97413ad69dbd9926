//! Slows guessing at one account down without locking its owner out.
//!
//! Two counters, both under what was typed, so that unknown names behave alike: one for each network, and one for all
//! networks together, which stops only networks from which the account has never been opened. Whoever guesses from
//! elsewhere delays himself, not the person at school.

use std::net::IpAddr;

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    account::username::Username,
    app::App,
    clock::Timestamp,
    error::Error,
    master_key::Purpose,
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
    pub fn of(app: &App, typed: &str, network: &str) -> Self {
        let name = name_key(
            app,
            &Username::lookup_key(typed).unwrap_or_else(|| typed.to_owned()),
        );
        let with = |half: [u8; 32]| [&name[..], &half[..HALF]].concat();
        Self {
            here: with(
                app.master_key
                    .mac(Purpose::ThrottleKeys, &[b"network", network.as_bytes()]),
            ),
            everywhere: with(app.master_key.mac(Purpose::ThrottleKeys, &[b"everywhere"])),
        }
    }
}

/// Charges one try before its work is done, or says how long to wait.
pub async fn charge(
    app: &App,
    counters: &Counters,
    typed: &str,
    network: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let limits = &app.config.throttle;
    if !limits.enabled {
        return Ok(());
    }
    let curve = Curve {
        free: limits.free_failures,
        base: limits.base_delay,
        longest: limits.max_delay,
    };
    let txn = app.store.write().await?;
    let mut verdict = throttle::charge(&txn, &counters.here, curve, now).await?;
    if verdict.is_ok() && !is_familiar(&txn, typed, network).await? {
        let wide = Curve {
            free: limits.account_free_failures,
            ..curve
        };
        verdict = throttle::charge(&txn, &counters.everywhere, wide, now).await?;
    }
    match verdict {
        Ok(()) => {
            txn.commit().await?;
            Ok(())
        }
        // Dropped, not committed: a refused try must not lengthen the delay.
        Err(retry_after) => Err(Error::Throttled { retry_after }),
    }
}

/// Forgets one sign-in's counters: it was a good one.
pub async fn refund(db: &impl ConnectionTrait, counters: &Counters) -> Result<(), Error> {
    throttle::forget(db, &counters.here).await?;
    throttle::forget(db, &counters.everywhere).await?;
    Ok(())
}

/// Forgets every counter of an account: its password was reset, or an administrator unlocked it.
pub async fn forget(db: &impl ConnectionTrait, app: &App, username_key: &str) -> Result<(), Error> {
    let name = name_key(app, username_key);
    let first = [name, [0x00; HALF]].concat();
    let last = [name, [0xff; HALF]].concat();
    counter::Entity::delete_many()
        .filter(counter::Column::Key.between(first, last))
        .exec(db)
        .await?;
    Ok(())
}

/// The network of an address: what one household or school shares.
pub fn network(client: Option<IpAddr>) -> String {
    match client.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}

fn name_key(app: &App, name: &str) -> [u8; HALF] {
    let full = app
        .master_key
        .mac(Purpose::ThrottleKeys, &[b"login", name.as_bytes()]);
    std::array::from_fn(|index| full[index])
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

    #[test]
    fn a_network_is_what_a_school_shares() {
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network(address.parse().ok()), expected);
        }
        assert_eq!(network(None), "unknown");
    }
}
