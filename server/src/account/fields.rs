//! What the editable fields of an account may hold. Every fault is collected, so that a form can show all at once.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{email_address::EmailAddress, username::Username};
use crate::{
    call::parse_id,
    clock::Timestamp,
    error::{Error, Violation},
    i18n::Locale,
    password::stored::ImportedHash,
    text,
};

const MAX_DISPLAY_NAME: usize = 200;
const MAX_EXTERNAL_ID: usize = 200;
const MAX_ATTRIBUTES: usize = 50;
const MAX_ATTRIBUTE_KEY: usize = 64;
const MAX_ATTRIBUTE_VALUE: usize = 1_000;

/// Bytes of all keys and values: what a message may carry by default.
const MAX_ATTRIBUTE_BYTES: usize = 64 * 1024;

/// Every role of a person, in the order in which they are stored.
const ROLES: [&str; 4] = ["admin", "service", "institution_admin", "user"];

/// Reads fields and remembers what is wrong with them.
#[derive(Debug, Default)]
pub struct Fields {
    violations: Vec<Violation>,
}

impl Fields {
    /// The faults found, as one error.
    pub fn finish(self) -> Result<(), Error> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(Error::InvalidFields(self.violations))
        }
    }

    /// Adds a fault found elsewhere.
    pub fn refuse(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    /// A moment, if there is one.
    pub fn moment(
        &mut self,
        field: &str,
        time: Option<prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        let time = time?;
        let read = Timestamp::from_proto(time);
        if read.is_none() {
            self.refuse(Violation::new(field, "OUT_OF_RANGE"));
        }
        read
    }

    /// A part that was read elsewhere: its faults are told with the others.
    pub fn part<T>(&mut self, read: Result<T, Error>) -> Result<Option<T>, Error> {
        match read {
            Ok(part) => Ok(Some(part)),
            Err(Error::InvalidFields(violations)) => {
                self.violations.extend(violations);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The id of something that need not be there; empty means none.
    pub fn optional_id(&mut self, field: &str, given: &str) -> Result<Option<Uuid>, Error> {
        if given.is_empty() {
            return Ok(None);
        }
        self.part(parse_id(field, given))
    }

    /// A new username.
    pub fn username(&mut self, field: &str, typed: &str) -> Option<Username> {
        match Username::parse(typed) {
            Ok(username) => Some(username),
            Err(fault) => self.violation(fault.violation(field)),
        }
    }

    /// An e-mail address that must be there.
    pub fn email(&mut self, field: &str, typed: &str) -> Option<EmailAddress> {
        match EmailAddress::parse(typed) {
            Ok(address) => Some(address),
            Err(fault) => self.violation(fault.violation(field)),
        }
    }

    /// The name shown to people, perhaps empty.
    pub fn display_name(&mut self, field: &str, typed: &str) -> String {
        self.line(field, typed, MAX_DISPLAY_NAME);
        typed.to_owned()
    }

    /// A language; empty means none.
    pub fn locale(&mut self, field: &str, typed: &str) -> Option<String> {
        if typed.is_empty() {
            return None;
        }
        match Locale::negotiate(typed) {
            Some(locale) => Some(locale.as_str().to_owned()),
            None => self.fault(field, "INVALID_LOCALE"),
        }
    }

    /// An id in another system; empty means none.
    pub fn external_id(&mut self, field: &str, typed: &str) -> Option<String> {
        self.line(field, typed, MAX_EXTERNAL_ID);
        (!typed.is_empty()).then(|| typed.to_owned())
    }

    /// A password hash made elsewhere.
    pub fn password_hash(&mut self, field: &str, given: &str) -> Option<ImportedHash> {
        match ImportedHash::parse(given) {
            Ok(hash) => Some(hash),
            Err(fault) => self.fault(field, fault.reason()),
        }
    }

    /// Roles as a JSON array, each once and in one order.
    pub fn roles(&mut self, field: &str, given: &[String]) -> String {
        for (index, role) in given.iter().enumerate() {
            if !ROLES.contains(&role.as_str()) {
                self.refuse(Violation::new(format!("{field}[{index}]"), "UNKNOWN_ROLE"));
            }
        }
        let roles: Vec<&str> = ROLES
            .into_iter()
            .filter(|role| given.iter().any(|given| given == role))
            .collect();
        serde_json::json!(roles).to_string()
    }

    /// Free facts as a JSON object.
    pub fn attributes(&mut self, field: &str, given: &HashMap<String, String>) -> String {
        if given.len() > MAX_ATTRIBUTES {
            self.refuse(Violation::with_limit(field, "TOO_MANY", MAX_ATTRIBUTES));
            // Of a row of an import there may be a hundred thousand, and a fault for each would be kept.
            return String::new();
        }
        let bytes = given.iter().map(|(key, value)| key.len() + value.len());
        if bytes.sum::<usize>() > MAX_ATTRIBUTE_BYTES {
            let fault = Violation::with_limit(field, "TOO_LONG", MAX_ATTRIBUTE_BYTES);
            self.refuse(fault);
        }
        let sorted: BTreeMap<&String, &String> = given.iter().collect();
        for (key, value) in &sorted {
            self.attribute(field, key, value);
        }
        serde_json::json!(sorted).to_string()
    }

    fn attribute(&mut self, field: &str, key: &str, value: &str) {
        if key.is_empty() {
            self.refuse(Violation::new(field, "REQUIRED"));
            return;
        }
        // A key that breaks the rules is not repeated in the answer.
        let faults = self.violations.len();
        self.line(field, key, MAX_ATTRIBUTE_KEY);
        if self.violations.len() > faults {
            return;
        }

        let field = format!("{field}[{key}]");
        if value.chars().count() > MAX_ATTRIBUTE_VALUE {
            self.refuse(Violation::with_limit(
                field,
                "TOO_LONG",
                MAX_ATTRIBUTE_VALUE,
            ));
        } else if value.contains(text::breaks_a_text) {
            self.refuse(Violation::new(field, "FORBIDDEN_CHARACTER"));
        }
    }

    /// One line of text.
    fn line(&mut self, field: &str, line: &str, max: usize) {
        if line.chars().count() > max {
            self.refuse(Violation::with_limit(field, "TOO_LONG", max));
        } else if line.contains(text::breaks_a_line) {
            self.refuse(Violation::new(field, "FORBIDDEN_CHARACTER"));
        }
    }

    fn fault<T>(&mut self, field: &str, reason: &'static str) -> Option<T> {
        self.violation(Violation::new(field, reason))
    }

    fn violation<T>(&mut self, violation: Violation) -> Option<T> {
        self.refuse(violation);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(fields: Fields) -> Vec<(String, &'static str)> {
        fields
            .violations
            .into_iter()
            .map(|fault| (fault.field, fault.reason))
            .collect()
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let mut fields = Fields::default();
        fields.username("account.username", "");
        fields.email("account.email", "nobody");
        fields.display_name("account.display_name", &"é".repeat(201));
        fields.locale("account.locale", "tlh");
        fields.external_id("account.external_id", "a\0b");
        fields.roles("account.roles", &["user".into(), "root".into()]);
        fields.attributes(
            "account.attributes",
            &HashMap::from([("class".into(), "a\0".into())]),
        );

        assert_eq!(
            faults(fields),
            [
                ("account.username".into(), "REQUIRED"),
                ("account.email".into(), "INVALID_EMAIL"),
                ("account.display_name".into(), "TOO_LONG"),
                ("account.locale".into(), "INVALID_LOCALE"),
                ("account.external_id".into(), "FORBIDDEN_CHARACTER"),
                ("account.roles[1]".into(), "UNKNOWN_ROLE"),
                ("account.attributes[class]".into(), "FORBIDDEN_CHARACTER"),
            ]
        );
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let mut fields = Fields::default();
        fields.display_name("display_name", &"é".repeat(200));
        fields.external_id("external_id", &"é".repeat(200));
        fields.attributes(
            "attributes",
            &HashMap::from([("é".repeat(64), "é".repeat(1_000))]),
        );

        assert!(fields.finish().is_ok());
    }

    #[test]
    fn roles_are_kept_once_and_in_one_order() {
        let mut fields = Fields::default();
        let roles = fields.roles("roles", &["user".into(), "admin".into(), "user".into()]);

        assert_eq!(roles, r#"["admin","user"]"#);
    }

    #[test]
    fn at_most_fifty_attributes_are_kept() {
        let many = |count: usize| {
            (0..count)
                .map(|number| (number.to_string(), String::new()))
                .collect()
        };
        let mut fields = Fields::default();
        fields.attributes("attributes", &many(50));
        assert!(fields.violations.is_empty());

        fields.attributes("attributes", &many(51));
        assert_eq!(faults(fields), [("attributes".into(), "TOO_MANY")]);
    }

    #[test]
    fn of_too_many_attributes_only_the_number_is_told() {
        let many = (0..1_000).map(|number| (number.to_string(), "a\0".into()));
        let mut fields = Fields::default();
        fields.attributes("attributes", &many.collect());

        assert_eq!(faults(fields), [("attributes".into(), "TOO_MANY")]);
    }

    #[test]
    fn attributes_have_64_kib_together() {
        let long = |last: usize| -> HashMap<String, String> {
            // Keys of two bytes and values of 4,000.
            let mut all: HashMap<String, String> = (10..26)
                .map(|number| (number.to_string(), "\u{10348}".repeat(1_000)))
                .collect();
            all.insert("last".into(), "x".repeat(last));
            all.insert("more".into(), "é".repeat(700));
            all
        };
        let rest = 64 * 1024 - 16 * 4_002 - 4 - 4 - 1_400;
        let mut fields = Fields::default();
        fields.attributes("attributes", &long(rest));
        assert!(fields.violations.is_empty());

        fields.attributes("attributes", &long(rest + 1));
        assert_eq!(faults(fields), [("attributes".into(), "TOO_LONG")]);
    }
}
