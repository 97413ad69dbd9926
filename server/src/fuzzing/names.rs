//! What people are called and where they get mail.

use lettre::Address;

use super::text;
use crate::account::{email_address::EmailAddress, username::Username};

/// A username: its key is a name and its own key, and everything that finds the account finds it by that key.
pub fn username(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let looked_up = Username::lookup_key(typed);
    let Ok(name) = Username::parse(typed) else {
        return;
    };
    let key = name.key();
    assert_eq!(name.as_str(), typed, "nothing is corrected");
    assert_eq!(
        looked_up.as_deref(),
        Some(key),
        "who registers is found again"
    );
    assert_eq!(Username::lookup_key(key).as_deref(), Some(key));
    assert_eq!(
        Username::parse(key).as_ref().map(Username::key),
        Ok(key),
        "a key is a name"
    );
    assert!((1..=64).contains(&key.chars().count()), "{key}");
    let breaks_out = |letter: char| {
        letter.is_control() || letter.is_whitespace() || "@<>\"'&,;:/\\".contains(letter)
    };
    assert!(!key.contains(breaks_out), "{key:?}");
    for shouted in [typed.to_uppercase(), format!(" {typed}\n")] {
        if let Some(found) = Username::lookup_key(&shouted) {
            assert_eq!(found, key, "{shouted:?} is another name");
        }
    }
}

/// An e-mail address: one that is mailed to, that stays one line, and whose key is its own key.
pub fn email_address(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let Ok(address) = EmailAddress::parse(typed) else {
        return;
    };
    let key = address.key();
    assert_eq!(address.as_str(), typed, "nothing is corrected");
    assert_eq!(
        EmailAddress::parse(key).as_ref().map(EmailAddress::key),
        Ok(key)
    );
    assert_eq!(EmailAddress::lookup_key(typed).as_deref(), Some(key));
    let pasted = format!(" {typed}\r\n");
    assert_eq!(EmailAddress::lookup_key(&pasted).as_deref(), Some(key));
    for spelling in [typed, key] {
        assert!(spelling.len() <= 254, "{spelling:?}");
        assert_eq!(spelling.matches('@').count(), 1, "{spelling:?}");
        // What would end the address in a header, a command of SMTP or a list.
        let breaks_out = |letter: char| {
            letter.is_control() || letter.is_whitespace() || "<>()[],;:\\\"".contains(letter)
        };
        assert!(!spelling.contains(breaks_out), "{spelling:?}");
        assert!(spelling.parse::<Address>().is_ok(), "{spelling:?}");
    }
}
