//! MD5 and SHA-2 gone round many times, as `crypt(3)` and phpass do it.

use md5::{Digest as _, Md5};

use crate::password::MAX_BYTES;

/// The longest passphrase of libxcrypt (`CRYPT_MAX_PASSPHRASE_SIZE`); it bounds the work, which grows with the length.
pub(super) const CRYPT_BYTES: usize = 512;

/// The magic string of MD5-crypt, which is hashed with the rest.
const MD5_MAGIC: &[u8] = b"$1$";

/// In which order `SHA-crypt.txt` (Drepper, 2008) writes the 32 bytes of `$5$` down.
const SHA256_ORDER: [usize; 32] = [
    20, 10, 0, 11, 1, 21, 2, 22, 12, 23, 13, 3, 14, 4, 24, 5, 25, 15, 26, 16, 6, 17, 7, 27, 8, 28,
    18, 29, 19, 9, 30, 31,
];

/// And the 16 of `$1$`.
const MD5_ORDER: [usize; 16] = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];

/// `$5$`, its bytes in the order in which they are written.
pub(super) fn sha256_crypt(rounds: u32, salt: &[u8], password: &[u8]) -> Option<Vec<u8>> {
    let params = sha_crypt::Params::new(rounds).ok()?;
    let bytes = sha_crypt::sha256_crypt(bounded(password), salt, params);
    is_bounded(password).then(|| SHA256_ORDER.map(|index| bytes[index]).to_vec())
}

/// `$6$`, its bytes in the order in which they are written: three columns of 21, turned by one from row to row.
pub(super) fn sha512_crypt(rounds: u32, salt: &[u8], password: &[u8]) -> Option<Vec<u8>> {
    let params = sha_crypt::Params::new(rounds).ok()?;
    let bytes = sha_crypt::sha512_crypt(bounded(password), salt, params);
    let rows = (0..21).flat_map(|row| {
        let mut columns = [row + 42, row + 21, row];
        columns.rotate_right(row % 3);
        columns
    });
    is_bounded(password).then(|| rows.chain([63]).map(|index| bytes[index]).collect())
}

/// `$1$` (Poul-Henning Kamp, 1994), its bytes in the order in which they are written.
pub(super) fn md5_crypt(salt: &[u8], password: &[u8]) -> Option<Vec<u8>> {
    let typed = bounded(password);
    let inner = Md5::new()
        .chain_update(typed)
        .chain_update(salt)
        .chain_update(typed)
        .finalize();

    let mut first = Md5::new()
        .chain_update(typed)
        .chain_update(MD5_MAGIC)
        .chain_update(salt);
    for start in (0..typed.len()).step_by(inner.len()) {
        first.update(&inner[..inner.len().min(typed.len() - start)]);
    }
    let mut bits = typed.len();
    while bits > 0 {
        // Kamp's own slip, which everybody keeps: a zero for a set bit.
        first.update(if bits & 1 == 1 { &[0] } else { &typed[..1] });
        bits >>= 1;
    }

    let mut bytes = first.finalize();
    for round in 0..1_000 {
        let is_odd = round % 2 == 1;
        let mut next = Md5::new();
        next.update(if is_odd { typed } else { &bytes[..] });
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(typed);
        }
        next.update(if is_odd { &bytes[..] } else { typed });
        bytes = next.finalize();
    }
    is_bounded(password).then(|| MD5_ORDER.map(|index| bytes[index]).to_vec())
}

/// phpass's portable hash (Solar Designer): MD5 of what came out last and the password. Composing can make a password
/// three times as long as it was typed, and nobody had a longer one than can be typed.
pub(super) fn phpass(log_rounds: u8, salt: &[u8], password: &[u8]) -> Option<Vec<u8>> {
    let typed = &password[..password.len().min(MAX_BYTES)];
    let mut bytes = Md5::new().chain_update(salt).chain_update(typed).finalize();
    for _ in 0..1_u32 << log_rounds {
        bytes = Md5::new()
            .chain_update(bytes)
            .chain_update(typed)
            .finalize();
    }
    (password.len() <= MAX_BYTES).then(|| bytes.to_vec())
}

fn is_bounded(password: &[u8]) -> bool {
    password.len() <= CRYPT_BYTES
}

fn bounded(password: &[u8]) -> &[u8] {
    &password[..password.len().min(CRYPT_BYTES)]
}
