//! The passwords that attackers try first.
//!
//! `common.txt` holds 10,000 of them, folded and sorted by byte: ten French ones that an English list ranks too low,
//! the first 500 words of `@zxcvbn-ts/language-fr` 4.1.2 (`commonWords.json`), and then the first ones of
//! `@zxcvbn-ts/language-common` 4.1.3 (`passwords.json`); both packages are MIT and ordered by frequency. Entries that
//! no password could match are left out: those under eight characters, unless they are six or more letters and so may
//! be the stem of one.

use std::sync::LazyLock;

use super::{Password, fold};

/// Shorter stems, such as `cool`, are too ordinary to condemn everything that begins with them.
const LEAST_STEM: usize = 6;

static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Whether the password is one of the most common ones, or is a common one of at least six letters and nothing else
/// than letters, followed only by digits and special characters (`Azerty123!`).
pub fn is_common(password: &Password) -> bool {
    let folded = fold(password.normalised());
    let stem = folded.trim_end_matches(|character: char| !character.is_alphabetic());

    is_listed(&folded) || is_stem(stem) && is_listed(stem)
}

fn is_stem(text: &str) -> bool {
    text.chars().count() >= LEAST_STEM && text.chars().all(char::is_alphabetic)
}

fn is_listed(folded: &str) -> bool {
    COMMON.binary_search(&folded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(password: &str) -> bool {
        is_common(&Password::typed(password))
    }

    #[test]
    fn the_list_is_folded_sorted_and_complete() {
        assert_eq!(COMMON.len(), 10_000);
        assert!(COMMON.is_sorted());
        assert!(COMMON.iter().all(|entry| fold(entry) == *entry));
    }

    #[test]
    fn a_common_password_is_recognised_whatever_its_case_width_or_ending() {
        for password in [
            "password",
            "PassWord",
            "ｐａｓｓｗｏｒｄ",
            "Password1!",
            "Azerty123!",
            "Motdepasse1!",
            "12345678",
            "1qaz2wsx",
            "Qwertyuiop*",
        ] {
            assert!(common(password), "{password}");
        }
    }

    #[test]
    fn a_password_of_its_own_is_not_common() {
        for password in [
            "Babou45+",
            "123Soleil*",
            "Cool72++",
            "correct horse battery staple",
            "!Password",
            "",
        ] {
            assert!(!common(password), "{password}");
        }
    }
}
