//! Flaws of libraries that a version ends. `cargo deny` knows the new ones; these must not come back.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A crate, the least version, and what was wrong before.
const LEAST: [(&str, [u64; 3], &str); 15] = [
    (
        "tonic",
        [0, 14, 9],
        "F3: the age of a connection panics; RUSTSEC-2024-0376: an accept error ends the server",
    ),
    (
        "h2",
        [0, 4, 16],
        "RUSTSEC-2026-0258: empty DATA; RUSTSEC-2024-0332: CONTINUATION; RUSTSEC-2024-0003: resets",
    ),
    (
        "rustls",
        [0, 23, 18],
        "CVE-2024-11738: a panic in the handshake; CVE-2024-32650: an endless loop",
    ),
    (
        "rustls-webpki",
        [0, 101, 4],
        "RUSTSEC-2023-0052: time spent on a chain of certificates",
    ),
    (
        "jsonwebtoken",
        [10, 3, 0],
        "CVE-2026-25537: times of another type count as absent",
    ),
    (
        "sqlx",
        [0, 8, 1],
        "RUSTSEC-2024-0363: a long value shifts the protocol",
    ),
    ("sqlx-core", [0, 8, 1], "RUSTSEC-2024-0363"),
    ("sqlx-postgres", [0, 8, 1], "RUSTSEC-2024-0363"),
    (
        "libsqlite3-sys",
        [0, 37, 0],
        "F10: a reset of the write-ahead log damages the database",
    ),
    (
        "prost",
        [0, 6, 1],
        "RUSTSEC-2020-0002: deep nesting overflows the stack",
    ),
    (
        "prost-types",
        [0, 8, 0],
        "RUSTSEC-2021-0073: a timestamp overflows",
    ),
    (
        "idna",
        [1, 0, 0],
        "RUSTSEC-2024-0421: punycode that is ASCII",
    ),
    (
        "lettre",
        [0, 11, 23],
        "RUSTSEC-2021-0069: SMTP commands in a body; RUSTSEC-2026-0141: the name of the host",
    ),
    ("ring", [0, 17, 12], "RUSTSEC-2025-0009: a panic of AES"),
    (
        "tokio",
        [1, 44, 2],
        "RUSTSEC-2025-0023: clones of a broadcast in parallel",
    ),
];

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

fn locked() -> BTreeMap<String, Vec<[u64; 3]>> {
    let text = include_str!("../../Cargo.lock");
    let lock: Lock = toml::from_str(text).expect("a lock file");
    let mut versions: BTreeMap<String, Vec<[u64; 3]>> = BTreeMap::new();
    for package in lock.package {
        let numbers = package.version.split(['+', '-']).next().unwrap_or_default();
        let mut numbers = numbers
            .split('.')
            .map(|number| number.parse().expect("a number"));
        let version = [(); 3].map(|()| numbers.next().unwrap_or(0));
        versions.entry(package.name).or_default().push(version);
    }
    versions
}

#[test]
fn no_library_is_as_old_as_its_known_flaws() {
    let locked = locked();
    assert!(locked.len() > 200, "the lock file was not read");

    for (name, least, why) in LEAST {
        for version in locked.get(name).into_iter().flatten() {
            assert!(*version >= least, "{name} {version:?}: {why}");
        }
    }
}

/// RUSTSEC-2023-0071 (Marvin): the pure-Rust RSA leaks its key by time, and there is no version that doesn't.
#[test]
fn rustsec_2023_0071_there_is_no_leaking_rsa() {
    let locked = locked();
    for unwanted in ["rsa", "openssl", "boring", "native-tls"] {
        assert!(!locked.contains_key(unwanted), "{unwanted}");
    }
}
