//! Known devices: a sealed token says which people have signed in with a device, so that each keeps a way in of its own
//! that no outsider's guesses can close.
//!
//! It opens nothing. With it, wrong passwords are counted apart; without it, with everybody else's. Nothing is stored for
//! it, and one device may be many people's, as in a classroom.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    master_key::{MasterKey, Purpose},
    secret,
    store::account,
};

/// People of one device, the latest: a cookie must stay small.
const MOST_PEOPLE: usize = 12;

/// Longest token that is looked at, in bytes: one of as many people has fewer.
const MAX_LENGTH: usize = 2_048;

/// A device as its token tells it.
#[derive(Serialize, Deserialize)]
pub struct Device {
    id: Uuid,
    /// Who has signed in, and when last.
    people: Vec<(Uuid, i64)>,
}

impl Device {
    /// The device of a token; none of a text that is no token of ours.
    pub fn open(master_key: &MasterKey, token: &str) -> Option<Self> {
        if token.is_empty() || token.len() > MAX_LENGTH {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let content = master_key.open(Purpose::Devices, &sealed, &[]).ok()?;
        serde_json::from_slice(&content).ok()
    }

    /// What its tries are counted under.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Whether the account's person has signed in with it lately, and chosen no new password since. One that a clock wrote
    /// down which was ahead would leave no new device known until time has caught up.
    pub fn is_known_to(&self, app: &App, account: &account::Model, now: Timestamp) -> bool {
        let oldest = now.minus(app.config.lifetimes.device);
        let since = account
            .devices_from_time
            .filter(|from| *from <= app.clock.now())
            .map_or(oldest, |from| from.max(oldest));
        self.people
            .iter()
            .any(|(person, time)| *person == account.id && Timestamp(*time) >= since)
    }

    /// The token of a device with which the account's person has just signed in.
    fn renewed(mut self, account_id: Uuid, now: Timestamp) -> Self {
        self.people.retain(|(person, _)| *person != account_id);
        self.people.push((account_id, now.0));
        let surplus = self.people.len().saturating_sub(MOST_PEOPLE);
        self.people.drain(..surplus);
        self
    }

    fn seal(&self, master_key: &MasterKey) -> Result<String, Error> {
        let content = serde_json::to_vec(self).map_err(|cause| Error::Internal(cause.into()))?;
        let sealed = master_key.seal(Purpose::Devices, &content, &[]);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }
}

/// The token that a device keeps from now on: its own with one more person, or a new device's.
pub fn token(
    master_key: &MasterKey,
    presented: &str,
    account_id: Uuid,
    now: Timestamp,
) -> Result<String, Error> {
    let device = Device::open(master_key, presented).unwrap_or_else(|| Device {
        id: Uuid::from_bytes(secret::random()),
        people: Vec::new(),
    });
    device.renewed(account_id, now).seal(master_key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_master_key;

    #[test]
    fn a_device_keeps_its_id_and_its_latest_people() {
        let master_key = test_master_key("01");
        let people: Vec<Uuid> = (0..20).map(Uuid::from_u128).collect();

        let mut kept = String::new();
        for (second, person) in (0..).zip(&people) {
            kept = token(&master_key, &kept, *person, Timestamp(i64::MAX - second)).unwrap();
        }
        assert!(kept.len() <= MAX_LENGTH, "{}", kept.len());
        let device = Device::open(&master_key, &kept).unwrap();
        let again = token(&master_key, &kept, people[19], Timestamp(7)).unwrap();
        let again = Device::open(&master_key, &again).unwrap();

        assert_eq!(device.people.len(), MOST_PEOPLE);
        assert_eq!(again.id, device.id);
        assert_eq!(again.people.last(), Some(&(people[19], 7)));
        let named: Vec<Uuid> = again.people.iter().map(|(person, _)| *person).collect();
        assert_eq!(named, people[8..]);
    }

    #[test]
    fn what_was_not_sealed_here_is_no_device() {
        let master_key = test_master_key("01");
        let token = token(&master_key, "", Uuid::nil(), Timestamp(0)).unwrap();

        assert!(Device::open(&test_master_key("02"), &token).is_none());
        for bad in [
            "",
            "A",
            &token[1..],
            &format!("{token}A"),
            &"A".repeat(5_000),
        ] {
            assert!(Device::open(&master_key, bad).is_none(), "{bad}");
        }
    }
}
