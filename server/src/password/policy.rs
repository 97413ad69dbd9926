//! Which passwords people may choose, as a list of rules that can be shown and ticked off one by one.

use std::sync::Arc;

use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use super::{
    Password, common, compromised::Compromised, context::ContextWords, demands::Demands, fold,
    identifiers::Identifiers,
};
use crate::config::PasswordProfile;

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
    /// Is none of the passwords that attackers try first, none that is known to be compromised (NIST SP 800-63B-4 section
    /// 3.1.1.2), and no name of the product or of the person's institutions.
    NotCommon,
    /// Is not the account's username or e-mail address, nor the code in hand, nor one of them with digits or special characters
    /// added.
    NotIdentifier,
    /// Is none of the person's last passwords. Only hashes tell: see `account::former_passwords`.
    NotPrevious,
}

/// The rules that new passwords must keep. Verification never looks at them.
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    demands: Demands,
    max_length: Option<usize>,
    compromised: Option<Arc<Compromised>>,
    words: ContextWords,
}

impl PasswordPolicy {
    /// Lengths are in characters (Unicode code points) after NFC.
    pub fn new(demands: Demands, max_length: Option<usize>) -> Self {
        Self {
            demands,
            max_length,
            compromised: None,
            words: ContextWords::default(),
        }
    }

    /// The same rules, and these beside them: for people of whom more is asked, and who must not choose these words.
    #[must_use]
    pub fn and(&self, demands: Demands, words: ContextWords) -> Self {
        Self {
            demands: self.demands.and(demands),
            words: self.words.clone().with(words),
            ..self.clone()
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
    pub fn min_length(&self) -> usize {
        self.demands.min_length()
    }

    /// The greatest number of characters: where people choose sentences, longer ones must fit.
    pub fn max_length(&self) -> usize {
        self.max_length.unwrap_or(match self.demands.profile() {
            PasswordProfile::Visible => 128,
            PasswordProfile::Standard | PasswordProfile::Strict => 256,
        })
    }

    /// How many of the last passwords, the present one among them, can't be chosen again.
    pub fn history(&self) -> usize {
        self.demands.history()
    }

    /// The figure that a rule speaks of, where it has one: characters, or passwords.
    pub fn limit(&self, rule: Rule) -> Option<usize> {
        match rule {
            Rule::MinLength => Some(self.min_length()),
            Rule::MaxLength => Some(self.max_length()),
            Rule::NotPrevious => Some(self.history()),
            _ => None,
        }
    }

    /// The rules in force, in the order in which they are shown.
    pub fn rules(&self) -> Vec<Rule> {
        // The other profiles ask for length instead (OWASP ASVS 5.0, 6.2.5).
        let composition: &[Rule] = match self.demands.profile() {
            PasswordProfile::Visible => &[Rule::Digit, Rule::Uppercase, Rule::Special],
            PasswordProfile::Standard | PasswordProfile::Strict => &[],
        };
        let history: &[Rule] = match self.history() {
            0 => &[],
            _ => &[Rule::NotPrevious],
        };

        [
            &[Rule::MinLength, Rule::MaxLength],
            composition,
            &[Rule::NotCommon, Rule::NotIdentifier],
            history,
        ]
        .concat()
    }

    /// Every rule that the text alone can tell about, and whether the password keeps it.
    pub fn check(&self, password: &Password, identifiers: &Identifiers<'_>) -> Vec<(Rule, bool)> {
        self.rules()
            .into_iter()
            .filter_map(|rule| Some((rule, self.keeps(rule, password, identifiers)?)))
            .collect()
    }

    /// All of these that the password breaks, not only the first.
    pub fn broken(&self, password: &Password, identifiers: &Identifiers<'_>) -> Vec<Rule> {
        let verdicts = self.check(password, identifiers).into_iter();
        verdicts
            .filter_map(|(rule, keeps)| (!keeps).then_some(rule))
            .collect()
    }

    fn keeps(
        &self,
        rule: Rule,
        password: &Password,
        identifiers: &Identifiers<'_>,
    ) -> Option<bool> {
        let text = password.normalised();

        Some(match rule {
            Rule::MinLength => text.chars().count() >= self.min_length(),
            Rule::MaxLength => text.chars().count() <= self.max_length(),
            Rule::Digit => text.contains(|character: char| character.is_ascii_digit()),
            Rule::Uppercase => text.chars().any(char::is_uppercase),
            Rule::Special => text.chars().any(is_special),
            Rule::NotCommon => !self.is_guessed(password),
            Rule::NotIdentifier => !identifiers.give_away(&Zeroizing::new(fold(text))),
            Rule::NotPrevious => return None,
        })
    }

    fn is_guessed(&self, password: &Password) -> bool {
        let is_listed = |list: &Arc<Compromised>| list.holds(password);
        common::is_common(password)
            || self.words.give_away(password)
            || self.compromised.as_ref().is_some_and(is_listed)
    }
}

impl Default for PasswordPolicy {
    /// The rules that people see and tick off: 8 to 128 characters, mixed.
    fn default() -> Self {
        Self::new(Demands::default(), None)
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
            Self::NotPrevious => "NOT_PREVIOUS",
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
            Self::NotPrevious,
        ]
        .into_iter()
        .find(|rule| rule.key() == key)
    }
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
        code: None,
    };

    fn asking(profile: PasswordProfile) -> Demands {
        Demands {
            profile: Some(profile),
            ..Demands::default()
        }
    }

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
        let policy = PasswordPolicy::new(asking(PasswordProfile::Standard), Some(64));
        let broken = |text: String| policy.broken(&Password::typed(&text), &NOBODY);

        assert_eq!(broken("é".repeat(12)), []);
        assert_eq!(broken("e\u{301}".repeat(11)), [Rule::MinLength]);
        assert_eq!(broken("😀".repeat(64)), []);
    }

    #[test]
    fn what_the_account_is_known_by_is_no_password() {
        let identifiers = Identifiers {
            username: "Jean.Dupont",
            email: Some("ana@school.be"),
            code: Some("K7TF-2MXQ-9RWC"),
        };
        let keeps = |text| {
            !PasswordPolicy::default()
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
            "2026Jean.Dupont",
            "+jean.dupont+",
            "K7TF-2MXQ-9RWC",
            "k7tf-2mxq-9rwc!",
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
            keys(PasswordPolicy::new(asking(PasswordProfile::Standard), None)),
            ["MIN_LENGTH", "MAX_LENGTH", "NOT_COMMON", "NOT_IDENTIFIER"]
        );
    }

    #[test]
    fn more_that_is_asked_for_shows_in_the_rules_and_the_words() {
        let demands = Demands {
            history: Some(3),
            ..asking(PasswordProfile::Strict)
        };
        let policy = PasswordPolicy::default().and(demands, ContextWords::of(["Sainte-Ursule"]));
        let broken = |text| policy.broken(&Password::typed(text), &NOBODY);

        assert_eq!((policy.min_length(), policy.max_length()), (15, 256));
        assert_eq!(policy.rules().last(), Some(&Rule::NotPrevious));
        assert_eq!(policy.limit(Rule::NotPrevious), Some(3));
        assert_eq!(broken("Babou45+"), [Rule::MinLength]);
        assert_eq!(broken("sainte-ursule 2026"), [Rule::NotCommon]);
        assert_eq!(broken("correct horse battery staple"), []);
    }
}
