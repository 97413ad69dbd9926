//! Secrets that callers hand back: what we did not make is none, and each has one spelling.

use std::sync::LazyLock;

use uuid::Uuid;

use super::{product::test_master_key, text};
use crate::{
    auth::{challenge::Challenge, refresh_token::RefreshToken, session::Arrival},
    clock::Timestamp,
    master_key::MasterKey,
    secret,
};

static MASTER_KEY: LazyLock<MasterKey> = LazyLock::new(test_master_key);

/// A refresh token: one that we made has one spelling and one successor, and every other text is none.
pub fn refresh_token(data: &[u8]) {
    if let Some(token) = text(data).and_then(|text| RefreshToken::parse(&MASTER_KEY, text)) {
        // A seed that the key of the tests made.
        assert_eq!(Some(&*token.to_text(&MASTER_KEY)), text(data));
    }
    let session = Uuid::from_u128(data.len() as u128);
    let good = RefreshToken::first(session);
    let next = good.successor(&MASTER_KEY).to_text(&MASTER_KEY);
    let good = good.to_text(&MASTER_KEY);
    let read = RefreshToken::parse(&MASTER_KEY, &good).expect("our own");
    assert_eq!((read.session_id, read.generation), (session, 0));
    assert_eq!(read.successor(&MASTER_KEY).to_text(&MASTER_KEY), next);
    if let Some(forged) = super::forged(&good, data) {
        assert!(
            RefreshToken::parse(&MASTER_KEY, &forged).is_none(),
            "{forged}"
        );
    }
}

/// The token between the password and the second factor: it says what it was made with, until it expires.
pub fn challenge(data: &[u8]) {
    let now = Timestamp(1_000_000);
    if let Some(invented) = text(data) {
        assert!(Challenge::open(&MASTER_KEY, invented, now).is_err());
    }
    let device: String = String::from_utf8_lossy(data).chars().take(200).collect();
    let account_id = Uuid::from_u128(7);
    let arrival = Arrival {
        device_name: device.clone(),
        device_token: device.clone(),
        failures: 7,
        replaces: None,
    };
    let made = Challenge::of(account_id, Some("hash"), arrival, now);
    let token = made
        .to_proto(&MASTER_KEY)
        .expect("it can be written")
        .challenge_token;
    let opened = Challenge::open(&MASTER_KEY, &token, now).expect("our own");
    assert_eq!(
        (opened.account_id, opened.arrival.device_name),
        (account_id, device)
    );
    if let Some(forged) = super::forged(&token, data) {
        assert!(
            Challenge::open(&MASTER_KEY, &forged, now).is_err(),
            "{forged}"
        );
    }
}

/// A code that people type: however it is written, it has one spelling, which is read as itself.
pub fn short_code(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let Some(code) = secret::read_short_code(typed) else {
        return;
    };
    assert!(typed.len() <= 64, "long texts are not looked at");
    assert!(!secret::is_code(&code), "it is never taken for a link's");
    for spelling in [
        code.clone(),
        secret::grouped(&code),
        code.to_lowercase(),
        format!(" {code} "),
    ] {
        assert_eq!(
            secret::read_short_code(&spelling).as_ref(),
            Some(&code),
            "{spelling}"
        );
    }
}
