//! Which passwords people may choose, as a list of rules that can be shown and ticked off one by one.

use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use std::sync::Arc;

use super::{Password, common, compromised::Compromised, fold};

/// Shorter identifiers, such as `al`, begin too many honest passwords.
const LEAST_EXTENDED_IDENTIFIER: usize = 4;

/// One condition on a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At least so many characters.
    MinLength,
    /// At most so many characters.
    MaxLength,
    /// Holds a digit from 0 to 9.
    Digit,
    /// Holds an upper-case letter of any script.
    Uppercase,
    /// Holds a character that is no letter, digit, white space or control.
    Special,
    /// Is none of the passwords that attackers try first, and none that is known to be compromised (NIST SP 800-63B-4
    /// section 3.1.1.2).
    NotCommon,
    /// Is not the account's username or e-mail address, nor one of them with digits or special characters added.
    NotIdentifier,
}

/// Whether a password must mix kinds of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Composition {
    /// A digit, an upper-case letter and a special character: the rules people see on the present pages.
    Required,
    /// Length alone (OWASP ASVS 5.0, 6.2.5).
    Free,
}

/// The rules that new passwords must keep. Verification never looks at them.
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    composition: Composition,
    min_length: usize,
    max_length: usize,
    compromised: Option<Arc<Compromised>>,
}

/// What the account is known by.
#[derive(Clone, Copy, Debug)]
pub struct Identifiers<'a> {
    /// As typed or normalised.
    pub username: &'a str,
    /// As typed or normalised.
    pub email: Option<&'a str>,
}

impl PasswordPolicy {
    /// Lengths are in characters (Unicode code points) after NFC.
    pub const fn new(composition: Composition, min_length: usize, max_length: usize) -> Self {
        Self {
            composition,
            min_length,
            max_length,
            compromised: None,
        }
    }

    /// Refuses what this list holds as well, as common.
    #[must_use]
    pub fn refusing(self, compromised: Compromised) -> Self {
        Self {
            compromised: Some(Arc::new(compromised)),
            ..self
        }
    }

    /// The least number of characters.
    pub const fn min_length(&self) -> usize {
        self.min_length
    }

    /// The greatest number of characters.
    pub const fn max_length(&self) -> usize {
        self.max_length
    }

    /// The figure that a rule speaks of, in characters, where it has one.
    pub const fn limit(&self, rule: Rule) -> Option<usize> {
        match rule {
            Rule::MinLength => Some(self.min_length),
            Rule::MaxLength => Some(self.max_length),
            _ => None,
        }
    }

    /// The rules in force, in the order in which they are shown.
    pub fn rules(&self) -> Vec<Rule> {
        let composition: &[Rule] = match self.composition {
            Composition::Required => &[Rule::Digit, Rule::Uppercase, Rule::Special],
            Composition::Free => &[],
        };

        [
            &[Rule::MinLength, Rule::MaxLength],
            composition,
            &[Rule::NotCommon, Rule::NotIdentifier],
        ]
        .concat()
    }

    /// Every rule in force and whether the password keeps it.
    pub fn check(&self, password: &Password, identifiers: &Identifiers<'_>) -> Vec<(Rule, bool)> {
        self.rules()
            .into_iter()
            .map(|rule| (rule, self.keeps(rule, password, identifiers)))
            .collect()
    }

    /// All the rules that the password breaks, not only the first.
    pub fn broken(&self, password: &Password, identifiers: &Identifiers<'_>) -> Vec<Rule> {
        self.rules()
            .into_iter()
            .filter(|rule| !self.keeps(*rule, password, identifiers))
            .collect()
    }

    fn keeps(&self, rule: Rule, password: &Password, identifiers: &Identifiers<'_>) -> bool {
        let text = password.normalised();

        match rule {
            Rule::MinLength => text.chars().count() >= self.min_length,
            Rule::MaxLength => text.chars().count() <= self.max_length,
            Rule::Digit => text.contains(|character: char| character.is_ascii_digit()),
            Rule::Uppercase => text.chars().any(char::is_uppercase),
            Rule::Special => text.chars().any(is_special),
            Rule::NotCommon => {
                let listed = |list: &Arc<Compromised>| list.holds(password);
                !common::is_common(password) && !self.compromised.as_ref().is_some_and(listed)
            }
            Rule::NotIdentifier => !identifiers.give_away(&Zeroizing::new(fold(text))),
        }
    }
}

impl Default for PasswordPolicy {
    /// The rules that people see and tick off: 8 to 128 characters, mixed.
    fn default() -> Self {
        Self::new(Composition::Required, 8, 128)
    }
}

impl Rule {
    /// The stable name of the API.
    pub const fn key(self) -> &'static str {
        match self {
            Self::MinLength => "MIN_LENGTH",
            Self::MaxLength => "MAX_LENGTH",
            Self::Digit => "DIGIT",
            Self::Uppercase => "UPPERCASE",
            Self::Special => "SPECIAL",
            Self::NotCommon => "NOT_COMMON",
            Self::NotIdentifier => "NOT_IDENTIFIER",
        }
    }

    /// The rule with this name.
    pub fn from_key(key: &str) -> Option<Self> {
        [
            Self::MinLength,
            Self::MaxLength,
            Self::Digit,
            Self::Uppercase,
            Self::Special,
            Self::NotCommon,
            Self::NotIdentifier,
        ]
        .into_iter()
        .find(|rule| rule.key() == key)
    }
}

impl Identifiers<'_> {
    fn give_away(&self, folded: &str) -> bool {
        let local = self.email.and_then(|email| email.rsplit_once('@'));

        [
            Some(self.username),
            self.email,
            local.map(|(local, _)| local),
        ]
        .into_iter()
        .flatten()
        .map(fold)
        .any(|identifier| is_identifier(folded, &identifier))
    }
}

fn is_identifier(folded: &str, identifier: &str) -> bool {
    if identifier.is_empty() {
        return false;
    }

    let Some(added) = folded.strip_prefix(identifier) else {
        return false;
    };
    let is_long = identifier.chars().count() >= LEAST_EXTENDED_IDENTIFIER;

    added.is_empty() || is_long && !added.chars().any(char::is_alphabetic)
}

/// Combining marks belong to their letter, so they are not special either.
fn is_special(character: char) -> bool {
    !(character.is_alphanumeric()
        || character.is_whitespace()
        || character.is_control()
        || is_combining_mark(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Identifiers<'_> = Identifiers {
        username: "",
        email: None,
    };

    fn broken(password: &str) -> Vec<Rule> {
        PasswordPolicy::default().broken(&Password::typed(password), &NOBODY)
    }

    #[test]
    fn the_shown_examples_are_accepted() {
        for password in ["Babou45+", "123Soleil*", "Cool72++", "Éléphant7 rose!"] {
            assert_eq!(broken(password), [], "{password}");
        }
    }

    #[test]
    fn every_broken_rule_is_told_at_once() {
        use Rule::{Digit, MaxLength, MinLength, NotCommon, Special, Uppercase};

        let long = "Aa1!".repeat(33);
        let table: &[(&str, &[Rule])] = &[
            ("", &[MinLength, Digit, Uppercase, Special]),
            ("Abc4++x", &[MinLength]),
            (&long, &[MaxLength]),
            ("Bxbouxx+", &[Digit]),
            ("bxbou45+", &[Uppercase]),
            ("Bxbou45x", &[Special]),
            ("Bxbou45 \t\0", &[Special]),
            ("bxbou45É", &[Special]),
            ("Bxbou½²٣+", &[Digit]),
            ("bxbou45q\u{323}\u{307}", &[Uppercase, Special]),
            ("éxbou45+", &[Uppercase]),
            ("Éxbou45+", &[]),
            ("E\u{301}xbou45+", &[]),
            ("password", &[Digit, Uppercase, Special, NotCommon]),
            ("Password1!", &[NotCommon]),
            ("Azerty123!", &[NotCommon]),
            ("Motdepasse1!", &[NotCommon]),
        ];

        for (password, rules) in table {
            assert_eq!(&broken(password), rules, "{password:?}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_after_normalising() {
        let policy = PasswordPolicy::new(Composition::Free, 8, 64);
        let broken = |text: String| policy.broken(&Password::typed(&text), &NOBODY);

        assert_eq!(broken("é".repeat(8)), []);
        assert_eq!(broken("e\u{301}".repeat(7)), [Rule::MinLength]);
        assert_eq!(broken("😀".repeat(64)), []);
        assert_eq!(broken("correct horse battery staple".to_owned()), []);
    }

    #[test]
    fn what_the_account_is_known_by_is_no_password() {
        let identifiers = Identifiers {
            username: "Jean.Dupont",
            email: Some("ana@school.be"),
        };
        let keeps = |text| {
            !PasswordPolicy::new(Composition::Free, 1, 128)
                .broken(&Password::typed(text), &identifiers)
                .contains(&Rule::NotIdentifier)
        };

        for text in [
            "jean.dupont",
            "JEAN.DUPONT",
            "Jean.Dupont2026!",
            "ANA@school.be",
            "ana@school.be1",
            "Ana",
        ] {
            assert!(!keeps(text), "{text}");
        }
        for text in ["Ana2026!", "Jean.Dupontel1!", "x-jean.dupont", "Babou45+"] {
            assert!(keeps(text), "{text}");
        }
    }

    #[test]
    fn composition_rules_exist_only_where_they_are_required() {
        let keys = |policy: PasswordPolicy| {
            policy
                .rules()
                .into_iter()
                .map(Rule::key)
                .collect::<Vec<_>>()
        };

        assert_eq!(
            keys(PasswordPolicy::default()),
            [
                "MIN_LENGTH",
                "MAX_LENGTH",
                "DIGIT",
                "UPPERCASE",
                "SPECIAL",
                "NOT_COMMON",
                "NOT_IDENTIFIER"
            ]
        );
        assert_eq!(
            keys(PasswordPolicy::new(Composition::Free, 12, 128)),
            ["MIN_LENGTH", "MAX_LENGTH", "NOT_COMMON", "NOT_IDENTIFIER"]
        );
    }
}
