use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::password::Password;
use crate::password::cost::Cost;
use crate::password::stored::{
    ImportedHash, Match, Memory, StoredHash, Wrapped, foreign::function::Digest as Fast,
};

/// Made by `tests/hash_vectors/make.py`.
#[derive(Deserialize)]
struct Vectors {
    password: String,
    hashes: BTreeMap<String, String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).expect("what the script wrote")
}

const CHEAP: Cost = Cost {
    m_kib: 64,
    t: 1,
    p: 1,
};

/// The hash as it is stored.
fn stored(text: &str) -> Result<StoredHash, HashFault> {
    let text = match ImportedHash::parse(text)? {
        ImportedHash::Ready(text) => text,
        ImportedHash::Foreign(foreign) => {
            let wrapped = Wrapped::of(foreign, CHEAP, &mut Memory::new());
            let wrapped = wrapped.expect("a bearable hash").to_string();
            assert!(wrapped.contains("$argon2id$"), "{wrapped}");
            wrapped
        }
    };
    StoredHash::parse(&text)
}

fn matches(hash: &StoredHash, password: &str) -> Match {
    let verified = hash.verify(&Password::typed(password), &mut Memory::new());
    verified.expect("a verdict")
}

#[test]
fn each_form_knows_its_password_and_no_other_and_is_renewed() {
    let Vectors { password, hashes } = vectors();
    assert!(hashes.len() >= 30);
    for (name, text) in hashes {
        let hash = stored(&text).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));

        assert_eq!(matches(&hash, &password), Match::Normalised, "{name}");
        for wrong in [
            "",
            "Ancien mot de passe é 2018",
            "ancien mot de passe é 2019",
        ] {
            assert_eq!(matches(&hash, wrong), Match::None, "{name} {wrong:?}");
        }
        let strong = Cost {
            m_kib: 1 << 20,
            ..CHEAP
        };
        assert!(hash.is_weaker_than(strong), "{name}");
    }
}

#[test]
fn a_damaged_hash_is_refused_or_knows_no_password() {
    let Vectors { password, hashes } = vectors();
    for (name, text) in hashes {
        // Cut short, its last character another one, and one in the middle.
        let mut short = text.clone();
        short.truncate(text.len() - 9);
        let swap = |index: usize| {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'Z' { b'Y' } else { b'Z' };
            String::from_utf8(bytes).expect("ASCII")
        };
        for damaged in [short, swap(text.len() - 4), swap(text.len() - 20)] {
            if let Ok(hash) = stored(&damaged) {
                assert_eq!(matches(&hash, &password), Match::None, "{name}: {damaged}");
            }
        }
    }
}

#[test]
fn what_would_stop_the_service_is_refused() {
    use HashFault::{Malformed, TooCostly, UnknownFormat};

    let hex = "00".repeat(32);
    let b64 = "A".repeat(43);
    // ASP.NET V3: SHA-512, four billion rounds; and a salt of four billion bytes.
    let rounds = "AQAAAAL/////AAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let salt = "AQAAAAIAACcQ/////wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (text, fault) in [
        (rounds.to_owned(), TooCostly),
        (salt.to_owned(), Malformed),
        (format!("$2b$31${}", "a".repeat(53)), TooCostly),
        (format!("$2b$03${}", "a".repeat(53)), TooCostly),
        (format!("$2b$12${}é", "a".repeat(51)), Malformed),
        (format!("$pbkdf2-sha256$99999999$c2FsdA${b64}"), TooCostly),
        (
            format!("$pbkdf2-sha256$999999999999999999$c2FsdA${b64}"),
            TooCostly,
        ),
        (format!("$pbkdf2-sha256$0$c2FsdA${b64}"), Malformed),
        (format!("$scrypt$ln=31,r=8,p=1$c2FsdA${b64}"), TooCostly),
        (
            format!("$scrypt$ln=15,r=8,p=4294967295$c2FsdA${b64}"),
            TooCostly,
        ),
        (format!("$scrypt$ln=15,r=0,p=1$c2FsdA${b64}"), Malformed),
        (format!("pbkdf2:sha256:9999999$salt${hex}"), TooCostly),
        (format!("pbkdf2:whirlpool:1000$salt${hex}"), UnknownFormat),
        (format!("scrypt:1073741824:8:1$salt${hex}"), TooCostly),
        (format!("scrypt:32767:8:1$salt${hex}"), Malformed),
        (
            format!("pbkdf2:sha256:1000${}${hex}", "s".repeat(65)),
            Malformed,
        ),
        ("{SSHA}AAAA".to_owned(), Malformed),
        ("{SHA}%%%%".to_owned(), Malformed),
        ("{ROT13}AAAA".to_owned(), UnknownFormat),
        ("md5$salt$00".to_owned(), Malformed),
        ("AAAA|0|AAAA".to_owned(), UnknownFormat),
        ("AAAA|1|AAAA".to_owned(), Malformed),
        ("plain".to_owned(), UnknownFormat),
        (String::new(), UnknownFormat),
    ] {
        assert_eq!(ImportedHash::parse(&text).err(), Some(fault), "{text}");
    }
}

#[test]
fn of_a_password_that_bcrypt_would_cut_nothing_matches() {
    // Both agree in the 72 bytes that bcrypt looks at.
    let whole = "a".repeat(72);
    let function = Function::Bcrypt {
        cost: 4,
        salt: vec![7; 16],
        of_digest: false,
    };
    assert!(function.derive(whole.as_bytes()).is_some());
    assert!(function.derive(format!("{whole}b").as_bytes()).is_none());
}

#[test]
fn a_wrapped_hash_is_read_as_carefully_as_a_foreign_one() {
    let foreign = Foreign {
        function: Function::Digest {
            digest: Fast::Sha1,
            layout: Layout::SaltThenPassword,
            salt: vec![0; 65],
        },
        output: vec![0; 20],
    };
    let wrapped = Wrapped::of(foreign, CHEAP, &mut Memory::new());
    let wrapped = wrapped.expect("a bearable hash").to_string();

    assert_eq!(
        StoredHash::parse(&wrapped).err(),
        Some(HashFault::Malformed)
    );
    let unread = "$guichet-wrapped$e30$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert_eq!(StoredHash::parse(unread).err(), Some(HashFault::Malformed));
}

proptest! {
    #[test]
    fn no_text_makes_the_recogniser_panic(text in r"(\$(2b|scrypt|pbkdf2-sha256)\$|[{]SSHA[}]|md5\$|scrypt:|pbkdf2:|)\PC{0,120}") {
        if let Ok(hash) = ImportedHash::parse(&text) {
            prop_assert!(matches!(hash, ImportedHash::Ready(_) | ImportedHash::Foreign(_)));
        }
    }
}
