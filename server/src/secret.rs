//! Randomness from the operating system, and the hashes under which one-time secrets are kept.

use std::io;

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// 32 bytes in base64url.
const CODE_CHARACTERS: usize = 43;

/// What short codes are made of: nothing that looks like another, and no vowels, so that no word comes out.
const ALPHABET: &[u8] = b"23456789BCDFGHJKMNPQRSTVWXYZ";

/// Characters of a short code.
const SHORT_CODE_CHARACTERS: usize = 12;

/// Longest text in which a short code is looked for.
const MAX_TYPED_BYTES: usize = 64;

/// `N` random bytes.
#[expect(
    clippy::missing_panics_doc,
    reason = "a system without randomness can't go on"
)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A random fraction from 0 to 1, for jitter.
pub fn fraction() -> f64 {
    f64::from(u32::from_le_bytes(random())) / f64::from(u32::MAX)
}

/// 256 random bits as base64url: reset codes, API keys (ASVS 5.0, 7.2.3 asks for 128).
pub fn code() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// Whether a text has the length of a [`code`], so that it can be no short one.
pub const fn is_code(text: &str) -> bool {
    text.len() == CODE_CHARACTERS
}

/// Twelve characters, 57 random bits, to read out or to print.
pub fn short_code() -> String {
    // Beyond the last whole multiple, some characters would be likelier than others.
    let fair = 256 / ALPHABET.len() * ALPHABET.len();
    std::iter::repeat_with(|| usize::from(random::<1>()[0]))
        .filter(|byte| *byte < fair)
        .map(|byte| char::from(ALPHABET[byte % ALPHABET.len()]))
        .take(SHORT_CODE_CHARACTERS)
        .collect()
}

/// A short code as people read it: `K7TF-2MXQ-9RWC`.
pub fn grouped(code: &str) -> String {
    let mut grouped = String::with_capacity(code.len() + 2);
    for (index, character) in code.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            grouped.push('-');
        }
        grouped.push(character);
    }
    grouped
}

/// A short code as somebody types it, in its one spelling; none if it can be no short code.
pub fn read_short_code(typed: &str) -> Option<String> {
    if typed.len() > MAX_TYPED_BYTES {
        return None;
    }
    let code: String = typed
        .chars()
        .filter(|character| !is_separator(*character))
        .map(|character| character.to_ascii_uppercase())
        .collect();
    let is_ours = |byte| ALPHABET.contains(&byte);
    (code.len() == SHORT_CODE_CHARACTERS && code.bytes().all(is_ours)).then_some(code)
}

/// Blanks and every hyphen or dash that a keyboard or a word processor makes of one.
fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The hash under which a secret of at least 256 random bits is kept. A fast hash is right here: such secrets can't be
/// guessed (ASVS 5.0, 6.5.2).
pub fn hash(secret: &str) -> Vec<u8> {
    digest(secret.as_bytes())
}

/// SHA-256, of what is no secret.
pub fn digest(content: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, content).as_ref().to_vec()
}

/// Likewise, of what is read to its end, in little memory.
pub fn digest_of(mut content: impl io::Read) -> io::Result<Vec<u8>> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(context.finish().as_ref().to_vec()),
            read => context.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_short_code_is_read_however_it_is_typed() {
        let plain = short_code();
        let code = grouped(&plain);
        assert_eq!(code.len(), 14, "{code}");

        for typed in [
            code.clone(),
            code.to_lowercase(),
            plain.clone(),
            format!(" {} ", code.replace('-', " ")),
            code.replace('-', "\u{2011}"),
        ] {
            assert_eq!(read_short_code(&typed), Some(plain.clone()), "{typed}");
        }
    }

    #[test]
    fn what_can_be_no_short_code_is_none() {
        for typed in [
            "",
            "2345-6789-BCD",
            "2345-6789-BCDFG",
            "2345-6789-BCDO",
            "2345-6789-BCDé",
        ] {
            assert_eq!(read_short_code(typed), None, "{typed}");
        }
        assert_eq!(read_short_code(&"-".repeat(10_000)), None);
    }

    /// Of 2.56 million bits the ones are within five standard deviations of a half.
    #[test]
    fn codes_never_repeat_and_their_bits_are_even() {
        let codes: HashSet<String> = (0..10_000).map(|_| code()).collect();
        assert_eq!(codes.len(), 10_000);

        let bytes = codes.iter().flat_map(|code| {
            assert!(is_code(code), "{code}");
            URL_SAFE_NO_PAD.decode(code).expect("base64url")
        });
        let ones: u32 = bytes.map(u8::count_ones).sum();
        assert!(ones.abs_diff(1_280_000) < 4_000, "{ones}");
    }

    #[test]
    fn every_character_of_the_alphabet_comes_up() {
        let codes: String = (0..200).map(|_| short_code()).collect();

        for character in ALPHABET {
            assert!(codes.contains(char::from(*character)), "{codes}");
        }
    }
}
