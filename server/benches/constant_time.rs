//! Whether the time of a comparison tells where a guess is wrong: `cargo bench -p guichet --bench constant_time`.
//!
//! A guess at a secret is wrong in its first byte or in its last, by lot, a million times each way; a comparison that stops
//! at the first difference is faster for the first kind. Welch's t says whether the means differ, with and without the
//! slowest tenth, which is the machine's doing (Reparaz, Balasch and Verbauwhede, Dude, is my code constant time?, DATE
//! 2017). Beyond 4.5 something leaks (OWASP ASVS 5.0, 11.2.4). A comparison that does stop early must be found.

#![expect(clippy::print_stdout, reason = "this is what the program is for")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use guichet::auth::refresh_token::RefreshToken;
use guichet::config::{DatabaseUrl, Storage};
use guichet::master_key::{MasterKey, Purpose};
use guichet::secret;
use uuid::Uuid;

const SAMPLES: usize = 1_000_000;

/// Comparisons in a sample, so that the clock's own steps count for little.
const REPEATS: usize = 8;

/// Beyond which the means differ by more than chance.
const LIMIT: f64 = 4.5;

fn main() -> ExitCode {
    let storage = Storage {
        data_dir: "unused".into(),
        database: DatabaseUrl::Sqlite("unused".into()),
        master_key: Some("01".repeat(32).into()),
        previous_master_key: None,
    };
    let master_key = MasterKey::load_or_create(&storage).expect("a key that was given");
    let purpose = Purpose::RefreshTokens;
    let mac = master_key.mac(purpose, &[b"what is signed"]);
    let sealed = master_key.seal(purpose, b"what is sealed", &[]);
    let digest = master_key.digest(purpose, &[b"what is kept"]);
    let token = RefreshToken::first(Uuid::nil()).to_text(&master_key);

    println!("| Compared | t | t of the fastest nine tenths | Constant |\n|---|---:|---:|---|");
    let kept = [
        row("a MAC", &mac, mac.len(), |guess| {
            master_key.is_mac(purpose, &[b"what is signed"], guess)
        }),
        row("a digest that is kept", &digest.to_vec(), 32, |guess| {
            digest.is(guess)
        }),
        row("the tag of a seal", &sealed, 16, |guess| {
            master_key.open(purpose, guess, &[]).is_ok()
        }),
        row(
            "the tag of a refresh token",
            token.as_bytes(),
            20,
            |guess| {
                std::str::from_utf8(guess)
                    .is_ok_and(|guess| RefreshToken::parse(&master_key, guess).is_some())
            },
        ),
    ];
    let long: Vec<u8> = secret::random::<256>().to_vec();
    let leaks = measure(&long, long.len(), |guess| {
        guess
            .iter()
            .zip(&long)
            .all(|(one, other)| black_box(one) == black_box(other))
    });
    let is_found = !leaks.is_constant();
    leaks.print("byte by byte, until one differs: must not be");
    if kept.into_iter().all(|kept| kept) && is_found {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn row(what: &str, right: &[u8], tail: usize, is_right: impl Fn(&[u8]) -> bool) -> bool {
    let seen = measure(right, tail, is_right);
    seen.print(what);
    seen.is_constant()
}

/// What was seen of one comparison.
struct Seen {
    all: f64,
    fastest: f64,
}

impl Seen {
    fn is_constant(&self) -> bool {
        self.all.abs() < LIMIT && self.fastest.abs() < LIMIT
    }

    fn print(&self, what: &str) {
        let verdict = if self.is_constant() { "yes" } else { "**no**" };
        println!(
            "| {what} | {:+.1} | {:+.1} | {verdict} |",
            self.all, self.fastest
        );
    }
}

/// Guesses that are wrong in the first or in the last of the `tail` bytes at the end, which are the secret.
fn measure(right: &[u8], tail: usize, is_right: impl Fn(&[u8]) -> bool) -> Seen {
    assert!(is_right(right), "the secret itself");
    let places = [right.len() - tail, right.len() - 1];
    let mut times = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    let mut guess = right.to_vec();
    while times.iter().any(|times| times.len() < SAMPLES) {
        let [chance, bit] = secret::random::<2>();
        let kind = usize::from(chance & 1);
        guess.copy_from_slice(right);
        // Another letter of the same alphabet, where it is text.
        guess[places[kind]] = other_than(right[places[kind]], bit);
        let begun = Instant::now();
        for _ in 0..REPEATS {
            assert!(!black_box(is_right(black_box(&guess))));
        }
        let took = begun.elapsed().as_secs_f64() * 1e9;
        times[kind].push(took);
    }
    let mut sorted = times.concat();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted[sorted.len() / 10 * 9];
    let fastest = times.each_ref().map(|times| {
        times
            .iter()
            .copied()
            .filter(|time| *time <= limit)
            .collect::<Vec<f64>>()
    });
    Seen {
        all: welch(&times[0], &times[1]),
        fastest: welch(&fastest[0], &fastest[1]),
    }
}

/// A byte that is not this one: of base64url if it is, and any otherwise.
fn other_than(byte: u8, chance: u8) -> u8 {
    if byte.is_ascii_alphanumeric() {
        if byte == b'A' { b'B' } else { b'A' }
    } else {
        byte ^ (1 << (chance % 8))
    }
}

/// Welch's t for unequal variances.
fn welch(first: &[f64], second: &[f64]) -> f64 {
    let of = |times: &[f64]| {
        let n = f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX));
        let mean = times.iter().sum::<f64>() / n;
        let squares = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>();
        (mean, squares / (n - 1.0) / n)
    };
    let ((first, first_error), (second, second_error)) = (of(first), of(second));
    (first - second) / (first_error + second_error).sqrt()
}
