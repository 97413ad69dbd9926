//! Every text that a person reads, in the four languages of the product.
//!
//! To add a text, write `key = text` under the same key in all of `locales/{fr,en,nl,de}/`, then
//! ask for it with `i18n::text(locale, "key", &[("name", value.into())])`. The tests of
//! `catalogue.rs` name a key that is missing in one language, takes other arguments there, or is
//! used nowhere.

mod catalogue;
mod locale;
mod moment;

pub use fluent_bundle::FluentValue;

pub use self::catalogue::text;
pub use self::locale::Locale;
pub use self::moment::{date_time, duration};

/// A named value put into a text; never read as Fluent syntax itself.
pub type Arg<'a> = (&'a str, FluentValue<'a>);

/// Says what happened and what to do next, for the `reason` of an `ErrorInfo`.
pub fn error(locale: Locale, reason: &str) -> String {
    text(locale, &format!("error-{reason}"), &[])
}

/// Says what is wrong with one field, for the `reason` of a field violation.
///
/// `TOO_LONG` and `TOO_MANY` need the argument `max`.
pub fn violation(locale: Locale, reason: &str, args: &[Arg<'_>]) -> String {
    text(locale, &format!("violation-{reason}"), args)
}

/// Describes the password rule `key` of the contract.
///
/// `MIN_LENGTH` needs the argument `min`, `MAX_LENGTH` the argument `max`.
pub fn rule(locale: Locale, key: &str, args: &[Arg<'_>]) -> String {
    text(locale, &format!("rule-{key}"), args)
}

/// Gives a password that keeps the rule `key`, for rules that one password can illustrate.
pub fn rule_example(locale: Locale, key: &str) -> Option<String> {
    let key = match key {
        "DIGIT" => "rule-DIGIT-example",
        "UPPERCASE" => "rule-UPPERCASE-example",
        "SPECIAL" => "rule-SPECIAL-example",
        _ => return None,
    };

    Some(text(locale, key, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_sign_in_does_not_say_which_part_was_wrong() {
        for locale in Locale::ALL {
            assert_ne!(
                error(locale, "BAD_CREDENTIALS"),
                "error-BAD_CREDENTIALS",
                "{locale:?}"
            );
        }

        let french = error(Locale::Fr, "BAD_CREDENTIALS");
        assert!(french.contains("votre identifiant et votre mot de passe"));
    }

    #[test]
    fn rules_have_the_wording_that_people_know() {
        assert_eq!(
            rule(Locale::Fr, "MIN_LENGTH", &[("min", 8.into())]),
            "Le mot de passe doit faire minimum 8 caractères."
        );
        assert_eq!(
            rule(Locale::Fr, "DIGIT", &[]),
            "Le mot de passe doit contenir au moins un chiffre ('0'-'9')."
        );
        assert_eq!(
            rule_example(Locale::Fr, "DIGIT").as_deref(),
            Some("Babou45+")
        );
        assert_eq!(rule_example(Locale::Fr, "NOT_COMMON"), None);
    }

    #[test]
    fn counts_bend_the_words_beside_them() {
        let too_long = |max: u32| violation(Locale::En, "TOO_LONG", &[("max", max.into())]);

        assert_eq!(too_long(1), "This field is too long: at most 1 character.");
        assert_eq!(
            too_long(1024),
            "This field is too long: at most 1024 characters."
        );
    }

    #[test]
    fn a_value_is_never_read_as_fluent_syntax() {
        let shown = violation(
            Locale::En,
            "TOO_MANY",
            &[("max", "{ rule-DIGIT } { $max }".into())],
        );

        assert_eq!(
            shown,
            "There are too many items: at most { rule-DIGIT } { $max }."
        );
    }
}
