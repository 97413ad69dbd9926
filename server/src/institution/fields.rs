//! What the editable fields of an institution may hold.

use std::collections::{BTreeMap, HashMap};

use unicode_normalization::UnicodeNormalization as _;
use url::Url;

use guichet_proto::v1;

use crate::{
    account::fields::Fields,
    config::{PasswordProfile, PasswordRules},
    error::Violation,
    i18n::Locale,
    password::demands::Demands,
    text,
};

const MAX_HELP_TEXT: usize = 2_000;
const MAX_URL: usize = 500;

/// The name, which must be there.
pub(super) fn display_name(fields: &mut Fields, typed: &str) -> String {
    const FIELD: &str = "institution.display_name";
    if typed.trim().is_empty() {
        fields.refuse(Violation::new(FIELD, "REQUIRED"));
    }
    fields.display_name(FIELD, typed)
}

/// What a name is found by and ordered by: its letters, whatever their case.
pub(super) fn display_name_key(name: &str) -> String {
    name.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// A text by language, as a JSON object; empty texts are left out.
pub(super) fn help_text(fields: &mut Fields, given: &HashMap<String, String>) -> String {
    let sorted: BTreeMap<&String, &String> = given.iter().collect();
    let mut texts = BTreeMap::new();
    for (language, given) in sorted {
        let Some(locale) = Locale::parse(language) else {
            fields.refuse(Violation::new("institution.help_text", "INVALID_LOCALE"));
            continue;
        };
        let field = format!("institution.help_text[{}]", locale.as_str());
        if given.chars().count() > MAX_HELP_TEXT {
            fields.refuse(Violation::with_limit(field, "TOO_LONG", MAX_HELP_TEXT));
        } else if given.contains(text::breaks_a_text) {
            fields.refuse(Violation::new(field, "FORBIDDEN_CHARACTER"));
        } else if !given.is_empty() {
            texts.insert(locale.as_str(), given);
        }
    }
    serde_json::json!(texts).to_string()
}

/// An e-mail address; empty means none.
pub(super) fn contact_email(fields: &mut Fields, typed: &str) -> Option<String> {
    if typed.is_empty() {
        return None;
    }
    let email = fields.email("institution.contact_email", typed)?;
    Some(email.as_str().to_owned())
}

/// A web address; empty means none.
pub(super) fn application_url(fields: &mut Fields, typed: &str) -> Option<String> {
    const FIELD: &str = "institution.application_url";
    if typed.is_empty() {
        return None;
    }
    if typed.chars().count() > MAX_URL {
        fields.refuse(Violation::with_limit(FIELD, "TOO_LONG", MAX_URL));
        return None;
    }
    let address = Url::parse(typed).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
    });
    if address.is_none() {
        fields.refuse(Violation::new(FIELD, "MALFORMED"));
    }
    // Its normal form: nothing in it breaks out of a line or an attribute.
    address.map(|url| url.to_string())
}

/// What is asked of new passwords; what is left out is not asked for.
pub(super) fn password_rules(fields: &mut Fields, given: Option<&v1::PasswordRules>) -> Demands {
    let given = given.copied().unwrap_or_default();
    let profile = if let Ok(profile) = v1::PasswordProfile::try_from(given.profile) {
        asked_profile(profile)
    } else {
        let field = "institution.password_rules.profile";
        fields.refuse(Violation::new(field, "UNKNOWN_VALUE"));
        None
    };
    // No profile asks for fewer, so a smaller figure would be a mistake.
    let lengths = PasswordProfile::Visible.min_length()..=PasswordRules::MOST_MIN_LENGTH;
    let mut number = |name: &str, value: i32, range: std::ops::RangeInclusive<usize>| {
        let number = usize::try_from(value).ok().filter(|number| *number > 0);
        if value != 0 && !number.is_some_and(|number| range.contains(&number)) {
            let field = format!("institution.password_rules.{name}");
            fields.refuse(Violation::with_limit(field, "OUT_OF_RANGE", *range.end()));
        }
        number
    };
    Demands {
        profile,
        min_length: number("min_length", given.min_length, lengths),
        history: number("history", given.history, 1..=PasswordRules::MOST_HISTORY),
    }
}

const fn asked_profile(profile: v1::PasswordProfile) -> Option<PasswordProfile> {
    match profile {
        v1::PasswordProfile::Unspecified => None,
        v1::PasswordProfile::Visible => Some(PasswordProfile::Visible),
        v1::PasswordProfile::Standard => Some(PasswordProfile::Standard),
        v1::PasswordProfile::Strict => Some(PasswordProfile::Strict),
    }
}
