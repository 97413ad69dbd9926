//! Usernames: what a person may be called, and when two spellings are one name.

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::MixedScript as _;

/// Checked before normalising, because NFKC makes some characters eighteen times longer.
const MAX_BYTES: usize = 256;

/// Counted after normalising, so that a full-width or decomposed spelling is no longer than the plain one.
const MAX_CHARACTERS: usize = 64;

/// A name that signs somebody in.
///
/// Two names with the same [`key`](Self::key) are one name: RFC 8265 section 3.3 (`UsernameCaseMapped`) over
/// compatibility-normalised text, with full case folding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    typed: String,
    key: String,
}

/// Why a text is nobody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameFault {
    /// Nothing was typed.
    Required,
    /// More than 64 characters or 256 bytes.
    TooLong,
    /// It holds an `@`: somebody typed an e-mail address.
    EmailNotUsername,
    /// A space, a control or invisible character, a symbol, or a dot at either end.
    ForbiddenCharacter,
    /// Letters of several scripts, such as a Cyrillic `а` in a Latin name (Unicode TS 39 section 5.1).
    MixedScripts,
}

impl Username {
    /// Reads a new name.
    pub fn parse(typed: &str) -> Result<Self, UsernameFault> {
        Ok(Self {
            key: key_of(typed)?,
            typed: typed.to_owned(),
        })
    }

    /// The key under which a name is stored, or `None` if the text can be nobody's name.
    pub fn lookup_key(typed: &str) -> Option<String> {
        key_of(typed).ok()
    }

    /// The name as its owner typed it, for display.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// What makes the name unique. The key of a key is itself.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl UsernameFault {
    /// The stable reason of the API.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::TooLong => "TOO_LONG",
            Self::EmailNotUsername => "EMAIL_NOT_USERNAME",
            Self::ForbiddenCharacter => "FORBIDDEN_CHARACTER",
            Self::MixedScripts => "MIXED_SCRIPTS",
        }
    }
}

fn key_of(typed: &str) -> Result<String, UsernameFault> {
    if typed.is_empty() {
        return Err(UsernameFault::Required);
    }
    if typed.len() > MAX_BYTES {
        return Err(UsernameFault::TooLong);
    }

    let plain: String = typed.nfkc().collect();
    if plain.chars().count() > MAX_CHARACTERS {
        return Err(UsernameFault::TooLong);
    }
    if plain.contains('@') {
        return Err(UsernameFault::EmailNotUsername);
    }
    if plain.starts_with('.') || plain.ends_with('.') || plain.contains(is_joiner) {
        return Err(UsernameFault::ForbiddenCharacter);
    }

    let key = mapped(&plain)?;
    // Folding must not lead to a text that would fold further: two accounts could then share one name.
    if mapped(&key)? != key {
        return Err(UsernameFault::ForbiddenCharacter);
    }
    if !key.is_single_script() {
        return Err(UsernameFault::MixedScripts);
    }

    Ok(key)
}

/// PRECIS allows the zero-width joiners inside some scripts; in a name nobody sees them.
const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

fn mapped(plain: &str) -> Result<String, UsernameFault> {
    let mapped =
        UsernameCaseMapped::enforce(plain).map_err(|_| UsernameFault::ForbiddenCharacter)?;

    Ok(fold_case(&mapped))
}

/// Lower case by way of upper case, which is what joins `ß` with `ss`, `ς` with `σ` and `ı` with `i`.
fn fold_case(text: &str) -> String {
    let folded: String = text
        .chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();

    // `İ` lower-cases to an `i` with a second dot on it, which no eye tells from `i`.
    folded.replace("i\u{307}", "i")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(typed: &str) -> String {
        Username::parse(typed)
            .unwrap_or_else(|fault| panic!("{typed:?} is {fault:?}"))
            .key()
            .to_owned()
    }

    #[test]
    fn spellings_of_one_name_share_a_key() {
        let names = [
            ("jean.dupont", "JEAN.DUPONT"),
            ("jean.dupont", "ｊｅａｎ．ｄｕｐｏｎｔ"),
            ("zoé", "ZOE\u{301}"),
            ("strasse", "Straße"),
            ("fink", "ﬁnk"),
            ("mike", "mıke"),
            ("mike", "Mİke"),
            ("kevin", "\u{212A}evin"),
            ("νικος", "ΝΙΚΟΣ"),
            ("e_b-42", "E_B-42"),
        ];

        for (one, other) in names {
            assert_eq!(key(one), key(other), "{one} and {other}");
        }
    }

    #[test]
    fn names_that_differ_keep_different_keys() {
        for (one, other) in [("zoe", "zoé"), ("jean.dupont", "jeandupont"), ("a1", "al")] {
            assert_ne!(key(one), key(other));
        }
    }

    #[test]
    fn what_was_typed_is_kept_for_display() {
        assert_eq!(
            Username::parse("Jean.DUPONT").unwrap().as_str(),
            "Jean.DUPONT"
        );
    }

    #[test]
    fn a_text_that_is_no_name_says_why() {
        let long = "a".repeat(65);
        let marks = "\u{301}".repeat(200);
        let expanding = "ﷺ".repeat(10_000);
        let faults = [
            ("", UsernameFault::Required),
            (long.as_str(), UsernameFault::TooLong),
            (marks.as_str(), UsernameFault::TooLong),
            (expanding.as_str(), UsernameFault::TooLong),
            ("jean@school.be", UsernameFault::EmailNotUsername),
            ("jean＠school.be", UsernameFault::EmailNotUsername),
            ("jean dupont", UsernameFault::ForbiddenCharacter),
            ("victim ", UsernameFault::ForbiddenCharacter),
            ("victim\t", UsernameFault::ForbiddenCharacter),
            ("victim\u{A0}", UsernameFault::ForbiddenCharacter),
            ("victim\u{3000}", UsernameFault::ForbiddenCharacter),
            ("victim\u{200B}", UsernameFault::ForbiddenCharacter),
            ("victim\u{200D}", UsernameFault::ForbiddenCharacter),
            ("victim\u{FEFF}", UsernameFault::ForbiddenCharacter),
            ("victim\u{202E}", UsernameFault::ForbiddenCharacter),
            ("victim\r\n", UsernameFault::ForbiddenCharacter),
            ("victim\0", UsernameFault::ForbiddenCharacter),
            ("victim.", UsernameFault::ForbiddenCharacter),
            ("😀", UsernameFault::ForbiddenCharacter),
            ("\u{430}dmin", UsernameFault::MixedScripts),
            ("p\u{3B1}ul", UsernameFault::MixedScripts),
        ];

        for (typed, fault) in faults {
            assert_eq!(Username::parse(typed), Err(fault), "{typed:?}");
            assert_eq!(Username::lookup_key(typed), None);
        }
    }

    #[test]
    fn a_name_of_any_one_script_is_a_name() {
        for typed in [
            "иван.7",
            "أحمد",
            "田中さくら",
            "김철수",
            "o'neil",
            &"a".repeat(64),
        ] {
            key(typed);
        }
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(typed in "\\PC{1,12}") {
            if let Some(key) = Username::lookup_key(&typed) {
                prop_assert_eq!(Username::lookup_key(&key), Some(key));
            }
        }

        #[test]
        fn the_key_of_letters_is_itself(typed in "[\\p{L}\\p{M}\\p{N}]{1,6}") {
            if let Some(key) = Username::lookup_key(&typed) {
                prop_assert_eq!(Username::lookup_key(&key), Some(key));
            }
        }
    }
}
