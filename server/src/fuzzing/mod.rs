//! The one door through which tests throw arbitrary bytes at every parser that sees what others have written.
//!
//! One function for each: bytes in, and what must be true of whatever comes out is asserted. Three things drive the same
//! functions: cargo-fuzz (`tests/fuzz`), random and mutated inputs in the ordinary tests, and a test that replays every
//! seed in `tests/fuzz/seeds`, where an input that once broke something stays for ever.
//!
//! Built for tests and with the feature `fuzzing` only: no product has it.

#![expect(
    clippy::missing_panics_doc,
    reason = "to panic is what these functions are for"
)]

mod headers;
mod imports;
mod lists;
mod mails;
mod names;
mod password_hashes;
mod product;
mod settings;
#[cfg(test)]
mod tests;
mod tokens;

pub use headers::{accept_language, client_address, cookie, grpc_timeout, proxy_header};
pub use imports::{import_csv, import_jsonl};
pub use lists::{filter, order_by, page_token};
pub use mails::mail;
pub use names::{email_address, username};
pub use password_hashes::password_hash;
pub use product::{access_token, call, page};
pub use settings::{return_url, setting};
pub use tokens::{challenge, refresh_token, short_code};

/// One parser and what must hold of it, whatever the bytes.
pub type Target = fn(&[u8]);

/// Every target: its name in `tests/fuzz`, and its function.
pub const TARGETS: [(&str, Target); 22] = [
    ("accept_language", accept_language),
    ("access_token", access_token),
    ("call", call),
    ("challenge", challenge),
    ("client_address", client_address),
    ("cookie", cookie),
    ("email_address", email_address),
    ("filter", filter),
    ("grpc_timeout", grpc_timeout),
    ("import_csv", import_csv),
    ("import_jsonl", import_jsonl),
    ("mail", mail),
    ("order_by", order_by),
    ("page", page),
    ("page_token", page_token),
    ("password_hash", password_hash),
    ("proxy_header", proxy_header),
    ("refresh_token", refresh_token),
    ("return_url", return_url),
    ("setting", setting),
    ("short_code", short_code),
    ("username", username),
];

/// Bytes as the text that a parser would be given; none if they are no UTF-8, which never reaches it.
fn text(data: &[u8]) -> Option<&str> {
    str::from_utf8(data).ok()
}

/// What a forger makes of a good text: each three bytes of `data` are a place, counted over the whole length, and what
/// is written there. None where that changes nothing.
fn forged(good: &str, data: &[u8]) -> Option<String> {
    let mut bytes = good.as_bytes().to_vec();
    for patch in data.chunks_exact(3) {
        let place = usize::from(u16::from_be_bytes([patch[0], patch[1]])) % bytes.len();
        bytes[place] = patch[2];
    }
    // A few bytes at the end cut it off or go on.
    match data.len() % 3 {
        1 => bytes.truncate(usize::from(data[data.len() - 1])),
        2 => bytes.extend_from_slice(&data[data.len() - 2..]),
        _ => {}
    }
    String::from_utf8(bytes).ok().filter(|text| text != good)
}
