//! Words that are no password here, because whoever guesses knows where: the product's name and those of the person's
//! institutions (OWASP ASVS 5.0, 6.1.2 and 6.2.11).

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use zeroize::Zeroizing;

use super::Password;

/// Shorter words of a name, such as `de` and `rue`, begin too many honest passwords.
const LEAST_WORD: usize = 5;

/// Names and the words that they are made of, bare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextWords(Vec<String>);

impl ContextWords {
    /// Each name as a whole, and every longer word of it.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = Vec::new();
        for name in names {
            let parts = name.split(|letter: char| !letter.is_alphanumeric());
            words.extend(parts.chain([name]).map(bare));
        }
        words.retain(|word| word.chars().count() >= LEAST_WORD);
        words.sort();
        words.dedup();
        Self(words)
    }

    /// These and others.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether the password is one of the words, with nothing but digits and special characters before, between or after
    /// the letters.
    pub(super) fn give_away(&self, password: &Password) -> bool {
        let bare = Zeroizing::new(bare(password.normalised()));
        self.0.contains(&bare)
    }
}

/// The letters and digits between the first letter and the last, without accents and whatever their case.
fn bare(text: &str) -> String {
    let plain: Zeroizing<String> = Zeroizing::new(
        text.nfkd()
            .filter(|letter| !is_combining_mark(*letter))
            .flat_map(char::to_lowercase)
            .collect(),
    );
    plain
        .trim_matches(|letter: char| !letter.is_alphabetic())
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gives_away(password: &str) -> bool {
        let product = ContextWords::of(["Guichet"]);
        let words = product.with(ContextWords::of(["Athénée Royal de Namur 2", "IPES"]));
        words.give_away(&Password::typed(password))
    }

    #[test]
    fn a_name_is_no_password_whatever_is_added() {
        for password in [
            "guichet",
            "Guichet2026!",
            "2026Guichet",
            "+Gui-chet+",
            "Namur5000!",
            "ATHENEE+12",
            "Athénée2024",
            "Athenee-Royal-de-Namur",
            "AthénéeRoyaldeNamur2!!",
        ] {
            assert!(gives_away(password), "{password}");
        }
    }

    #[test]
    fn a_password_that_only_holds_a_name_or_a_short_one_is_its_own() {
        for password in [
            "Guichetier45+",
            "Namur sous la pluie",
            "IPES45++",
            "de45++++",
            "Babou45+",
            "",
            "!!!!!!!!",
        ] {
            assert!(!gives_away(password), "{password}");
        }
    }
}
