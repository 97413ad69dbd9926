//! The conditions of `ListAccounts`.

use sea_orm::{ColumnTrait as _, Condition};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use super::{email_address::EmailAddress, username::Username};
use crate::{
    error::Error,
    filter::{self, Pattern},
    store::account::{Column, State},
};

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Comparison {
    State(State),
    Role(String),
    Institution(Uuid),
    Username(Pattern),
    Email(Pattern),
}

/// The filter as a condition. Without one on the state, deleted accounts are left out.
pub fn condition(filter: &str) -> Result<Condition, Error> {
    let comparisons = filter::read(filter, comparison)?;
    let names_state = comparisons
        .iter()
        .any(|comparison| matches!(comparison, Comparison::State(_)));
    let mut condition = Condition::all();
    if !names_state {
        condition = condition.add(Column::State.ne(State::Deleted));
    }

    Ok(comparisons
        .iter()
        .fold(condition, |all, comparison| all.add(comparison.condition())))
}

impl Comparison {
    fn condition(&self) -> Condition {
        match self {
            Self::State(state) => Condition::all().add(Column::State.eq(*state)),
            Self::Role(role) => has_role(role),
            Self::Institution(id) => Condition::all().add(Column::InstitutionId.eq(*id)),
            Self::Username(pattern) => text(pattern, Column::UsernameKey, Username::lookup_key),
            Self::Email(pattern) => text(pattern, Column::EmailKey, EmailAddress::lookup_key),
        }
    }
}

/// Roles are a JSON array of names without quotes; none means `user`.
fn has_role(role: &str) -> Condition {
    let mut condition =
        Condition::any().add(filter::contains(Column::Roles, &format!("\"{role}\"")));
    if role == "user" {
        condition = condition.add(Column::Roles.eq("[]"));
    }
    condition
}

fn text(pattern: &Pattern, column: Column, lookup_key: fn(&str) -> Option<String>) -> Condition {
    let condition = Condition::all();
    match pattern {
        Pattern::Whole(text) => match lookup_key(text) {
            Some(key) => condition.add(column.eq(key)),
            // What can be nobody's is nobody's.
            None => condition.add(column.is_null()).add(column.is_not_null()),
        },
        Pattern::Prefix(text) => {
            // The beginning of a name need not be a name: `jean.` is none.
            let plain = || text.nfkc().flat_map(char::to_lowercase).collect();
            let key = lookup_key(text).unwrap_or_else(plain);
            condition.add(filter::starts_with(column, &key))
        }
    }
}

fn comparison(field: &str, value: String) -> Option<Comparison> {
    Some(match field {
        "state" => Comparison::State(state(&value)?),
        "role" => Comparison::Role(
            ["admin", "service", "institution_admin", "user"]
                .into_iter()
                .find(|role| *role == value)?
                .to_owned(),
        ),
        "institution_id" => Comparison::Institution(Uuid::try_parse(&value).ok()?),
        "username" => Comparison::Username(value.into()),
        "email" => Comparison::Email(value.into()),
        _ => return None,
    })
}

fn state(name: &str) -> Option<State> {
    match name {
        "LEGACY" => Some(State::Legacy),
        "PENDING" => Some(State::Pending),
        "ACTIVE" => Some(State::Active),
        "DISABLED" => Some(State::Disabled),
        "DELETED" => Some(State::Deleted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_with_a_field_and_a_value_that_exist() {
        let read = |field, value: &str| comparison(field, value.to_owned());

        assert_eq!(
            [
                read("state", "ACTIVE"),
                read("role", "admin"),
                read("username", "jean*"),
                read("email", "a@c.be"),
            ],
            [
                Some(Comparison::State(State::Active)),
                Some(Comparison::Role("admin".into())),
                Some(Comparison::Username(Pattern::Prefix("jean".into()))),
                Some(Comparison::Email(Pattern::Whole("a@c.be".into()))),
            ]
        );
        for (field, value) in [
            ("state", "active"),
            ("role", "root"),
            ("password_hash", "x"),
            ("institution_id", "x"),
            ("AND state", "ACTIVE"),
        ] {
            assert_eq!(read(field, value), None, "{field} = {value}");
        }
    }
}
