use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::password::Password;
use crate::password::cost::Cost;
use crate::password::stored::{
    HashKind, ImportedHash, Match, Memory, StoredHash, Wrapped, foreign::function::Digest as Fast,
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
    assert!(hashes.len() >= 47);
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
        // Four blocks of SHA-1, each of which takes all the rounds.
        (
            format!("$pbkdf2$1200001$c2FsdA${}", "A".repeat(86)),
            TooCostly,
        ),
        (format!("$pbkdf2-sha256$0$c2FsdA${b64}"), Malformed),
        (
            format!("$pbkdf2-sha256$i=1000,l=20$c2FsdA${b64}"),
            Malformed,
        ),
        (
            format!("$pbkdf2-sha256$1000$c2FsdA${}", "A".repeat(35)),
            Malformed,
        ),
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
fn what_would_stop_the_service_is_refused_in_the_forms_of_crypt() {
    use HashFault::{Malformed, TooCostly};

    let hash = format!("{}==", "A".repeat(86));
    for (text, fault) in [
        (
            format!("$6$rounds=9999999$salt${}", ".".repeat(86)),
            TooCostly,
        ),
        (format!("$6$rounds=999$salt${}", ".".repeat(86)), TooCostly),
        (
            format!("$6$seventeencharsalt${}", ".".repeat(86)),
            Malformed,
        ),
        (format!("$5$salt${}", ".".repeat(86)), Malformed),
        ("$1$salt$".to_owned(), Malformed),
        (format!("$1$salt${}", "é".repeat(11)), Malformed),
        // yescrypt of 2^27 blocks; with a time of its own; with no lane.
        (format!("$y$jOT$salt${}", ".".repeat(43)), TooCostly),
        (format!("$y$j9T//$salt${}", ".".repeat(43)), TooCostly),
        (format!("$y$$salt${}", ".".repeat(43)), Malformed),
        (format!("$P$Zsaltsalt{}", ".".repeat(22)), TooCostly),
        ("$P$B".to_owned(), Malformed),
        (format!("$P$Bsaltsal{}", "é".repeat(11)), Malformed),
        ("$fbscrypt$v=1,n=14,r=8,p=1$AAAA".to_owned(), Malformed),
        (
            format!("$fbscrypt$v=1,n=30,r=8,p=1,ss=Bw==,sk={hash}$AAAA${hash}"),
            TooCostly,
        ),
        (
            format!("$firescrypt$ln=14,r=8,p=1$AAAA${hash}$Bw==$AAAA"),
            Malformed,
        ),
    ] {
        assert_eq!(ImportedHash::parse(&text).err(), Some(fault), "{text}");
    }
}

/// The sample of `firebase/scrypt`'s own manual.
#[test]
fn the_sample_of_firebase_is_verified() {
    let key =
        "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    let salt = "42xEC+ixf3L2lw==";
    let output =
        "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
    let text = format!("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk={key}${salt}${output}");
    let hash = stored(&text).expect("a hash");

    assert_eq!(matches(&hash, "user1password"), Match::Normalised);
    assert_eq!(matches(&hash, "user2password"), Match::None);
}

#[test]
fn crypt_takes_passphrases_up_to_its_limit() {
    for derive in [rounds::md5_crypt, |salt: &[u8], password: &[u8]| {
        rounds::sha512_crypt(1_000, salt, password)
    }] {
        assert!(derive(b"salt", &[b'a'; 512]).is_some());
        assert!(derive(b"salt", &[b'a'; 513]).is_none());
        assert!(derive(b"salt", b"").is_some());
    }
}

fn kind_of_rounds(rounds: u32) -> Option<HashKind> {
    let text = format!("$pbkdf2-sha256${rounds}$c2FsdA${}", "A".repeat(43));
    let foreign = Foreign::parse(&text).ok()?;
    let wrapped = Wrapped::of(foreign, CHEAP, &mut Memory::new()).ok()?;
    let kind = HashKind::of(&wrapped.to_string())?;
    HashKind::parse(&kind.to_string())
}

#[test]
fn what_a_hash_costs_is_known_without_its_salt() {
    let Vectors { hashes, .. } = vectors();
    let kinds = hashes.values().map(|text| {
        let text = match ImportedHash::parse(text).expect("a known form") {
            ImportedHash::Ready(text) => text,
            ImportedHash::Foreign(foreign) => Wrapped::of(foreign, CHEAP, &mut Memory::new())
                .expect("a bearable hash")
                .to_string(),
        };
        HashKind::of(&text).expect("a kind")
    });
    let kinds: BTreeSet<HashKind> = kinds.collect();

    // `$2a$`, `$2b$` and `$2y$` are one kind, and so on.
    assert!((20..hashes.len()).contains(&kinds.len()), "{kinds:?}");
    for kind in kinds {
        let nobody = kind.hash_of_nobody().expect("a hash");
        assert_eq!(matches(&nobody, ""), Match::None, "{kind}");
        assert_eq!(HashKind::parse(&kind.to_string()), Some(kind));
    }
    assert_eq!(kind_of_rounds(600_001), kind_of_rounds(610_000));
    assert_ne!(kind_of_rounds(600_000), kind_of_rounds(600_001));
    assert_eq!(kind_of_rounds(2_399_999), kind_of_rounds(2_400_000));
    assert!(kind_of_rounds(1).is_some());
    for text in [
        "",
        "$argon2id$v=19$m=999999999,t=1,p=1",
        "{}$argon2id$v=19$m=64,t=1,p=1",
    ] {
        assert_eq!(HashKind::parse(text), None, "{text}");
    }
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
    fn no_text_makes_the_recogniser_panic(text in r"(\$(1|5|6|y|P|2b|scrypt|fbscrypt|firescrypt|pbkdf2-sha256)\$|[{]SSHA[}]|md5\$|scrypt:|pbkdf2:|)\PC{0,120}") {
        if let Ok(hash) = ImportedHash::parse(&text) {
            prop_assert!(matches!(hash, ImportedHash::Ready(_) | ImportedHash::Foreign(_)));
        }
    }
}
