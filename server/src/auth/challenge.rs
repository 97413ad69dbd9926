//! What `Login` gives whose password was right and who has a second factor: a sealed token that says so for a while.
//!
//! Nothing is stored for it. It dies with the password that it vouches for, and opens nothing without a code that is
//! good once.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use guichet_proto::v1::{self, SecondFactor};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::session::Arrival;
use crate::{
    clock::Timestamp,
    error::Error,
    master_key::{MasterKey, Purpose},
    secret,
    store::account,
};

/// How long a person may look for the telephone.
const LIFETIME: Duration = Duration::from_mins(5);

/// Longest token that is looked at: that of the longest device name and the longest device token, with room to spare.
const MAX_LENGTH: usize = 8_192;

/// Whose password was right, and when.
#[derive(Serialize, Deserialize)]
pub(crate) struct Challenge {
    pub(crate) account_id: Uuid,
    /// As at sign-in.
    #[serde(flatten)]
    pub(crate) arrival: Arrival,
    /// Of the stored password hash.
    password: Vec<u8>,
    expire_time: i64,
}

impl Challenge {
    /// Of an account whose password, as it is stored, was right.
    pub(crate) fn of(
        account_id: Uuid,
        password_hash: Option<&str>,
        arrival: Arrival,
        now: Timestamp,
    ) -> Self {
        Self {
            account_id,
            arrival,
            password: fingerprint(password_hash),
            expire_time: now.plus(LIFETIME).0,
        }
    }

    /// As callers get it.
    pub(crate) fn to_proto(&self, master_key: &MasterKey) -> Result<v1::Challenge, Error> {
        let content = serde_json::to_vec(self).map_err(|cause| Error::Internal(cause.into()))?;
        let sealed = master_key.seal(Purpose::Challenges, &content, &[]);
        let second_factors = [SecondFactor::Totp, SecondFactor::RecoveryCode];
        Ok(v1::Challenge {
            challenge_token: URL_SAFE_NO_PAD.encode(sealed),
            expire_time: Some(Timestamp(self.expire_time).to_proto()),
            second_factors: second_factors.map(i32::from).to_vec(),
        })
    }

    /// Opens what [`Challenge::to_proto`] sealed.
    pub(crate) fn open(master_key: &MasterKey, token: &str, now: Timestamp) -> Result<Self, Error> {
        if token.len() > MAX_LENGTH {
            return Err(Error::TokenInvalid);
        }
        let sealed = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| Error::TokenInvalid)?;
        let content = master_key
            .open(Purpose::Challenges, &sealed, &[])
            .map_err(|_| Error::TokenInvalid)?;
        let challenge: Self = serde_json::from_slice(&content).map_err(|_| Error::TokenInvalid)?;
        if Timestamp(challenge.expire_time) <= now {
            return Err(Error::TokenExpired);
        }
        Ok(challenge)
    }

    /// Whether the password that it vouches for is still the account's.
    pub(crate) fn holds_for(&self, account: &account::Model) -> bool {
        self.account_id == account.id
            && account.state == account::State::Active
            && self.password == fingerprint(account.password_hash.as_deref())
    }
}

fn fingerprint(password_hash: Option<&str>) -> Vec<u8> {
    secret::digest(password_hash.unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_master_key;

    #[test]
    fn a_challenge_opens_until_it_expires_and_under_its_own_key_only() {
        let master_key = test_master_key("01");
        let now = Timestamp(1_000_000);
        let arrival = Arrival {
            device_name: "téléphone".into(),
            device_token: "token".into(),
            failures: 3,
            replaces: Some(Uuid::max()),
        };
        let made = Challenge::of(Uuid::nil(), Some("hash"), arrival, now);
        let token = made.to_proto(&master_key).unwrap().challenge_token;

        let late = now.plus(LIFETIME);
        let opened = Challenge::open(&master_key, &token, Timestamp(late.0 - 1)).unwrap();
        assert_eq!(opened.arrival.device_name, "téléphone");
        assert_eq!(opened.arrival.replaces, Some(Uuid::max()));
        let expired = Challenge::open(&master_key, &token, late);
        assert!(matches!(expired, Err(Error::TokenExpired)));
        let foreign = Challenge::open(&test_master_key("02"), &token, now);
        assert!(matches!(foreign, Err(Error::TokenInvalid)));
        for bad in [
            String::new(),
            token[..token.len() - 2].into(),
            "A".repeat(9_000),
        ] {
            let opened = Challenge::open(&master_key, &bad, now);
            assert!(matches!(opened, Err(Error::TokenInvalid)), "{bad}");
        }
    }
}
