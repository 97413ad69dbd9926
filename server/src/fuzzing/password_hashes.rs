//! Password hashes that other systems made.

use serde_json::Value;

use super::{product::PRODUCT, text};
use crate::password::{
    Password,
    cost::Cost,
    stored::{HashKind, ImportedHash, StoredHash},
};

/// Memory and passes of an Argon2 that is quick enough to be computed here.
const QUICK: Cost = Cost {
    m_kib: 64,
    t: 2,
    p: 4,
};

/// A hash, and behind a zero byte a password: what is taken can be stored and read again, has a bounded cost, and can be
/// computed with whatever the password is. What is too costly is refused before anything is computed.
pub fn password_hash(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let (hash, password) = typed.split_once('\0').unwrap_or((typed, "a"));
    // What is in the database is read by the same code, and may have been written by somebody else.
    let _ = (StoredHash::parse(hash), HashKind::parse(hash));
    let Ok(imported) = ImportedHash::parse(hash) else {
        return;
    };
    assert!(
        hash.len() <= 512 + "argon2".len(),
        "long ones are not looked at"
    );
    let hasher = &PRODUCT.app.hasher;
    let stored = PRODUCT
        .wait(hasher.adopt(imported, None))
        .expect("what is taken can be stored");
    let parsed = StoredHash::parse(&stored).expect("what is stored can be read");
    let kind = HashKind::of(&stored).expect("it is made in some way");
    let written = kind.to_string();
    assert_eq!(HashKind::parse(&written).as_ref(), Some(&kind), "{written}");
    if is_quick(&written) {
        let password = Password::typed(password);
        let verdict = PRODUCT.wait(hasher.verify(&password, &parsed, None));
        assert!(verdict.is_ok(), "{stored} can't be computed");
    }
}

/// Whether computing it takes milliseconds: others are for the tests of vectors.
fn is_quick(kind: &str) -> bool {
    let (function, argon2) = kind.split_at(kind.find("$argon2").expect("the outer one"));
    let settings = argon2.rsplit('$').next().unwrap_or_default();
    let outer = Cost::parse(settings)
        .is_ok_and(|cost| cost.m_kib <= QUICK.m_kib && cost.t <= QUICK.t && cost.p <= QUICK.p);
    let function: Value = serde_json::from_str(function).unwrap_or_default();
    let parts = function.as_object().and_then(|only| only.values().next());
    let is_small = |name: &str, most: u64| {
        let number = parts.and_then(|parts| parts[name].as_u64());
        number.is_none_or(|number| number <= most)
    };
    outer
        && is_small("rounds", 2_000)
        && is_small("log_rounds", 8)
        && is_small("cost", 5)
        && is_small("log_n", 8)
        && is_small("r", 8)
        && is_small("p", 2)
}
