//! The conditions of `ListAccounts`: a subset of AIP-160, comparisons joined by `AND`.

use sea_orm::{
    ColumnTrait as _, Condition,
    sea_query::{Expr, ExprTrait as _, LikeExpr},
};
use unicode_normalization::UnicodeNormalization as _;

use super::{email_address::EmailAddress, username::Username};
use crate::{
    error::Error,
    store::account::{Column, State},
};

/// Longest filter in bytes.
const MAX_BYTES: usize = 1_000;

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Comparison {
    State(State),
    Role(String),
    Username(Pattern),
    Email(Pattern),
}

/// What a text is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Whole(String),
    Prefix(String),
}

/// The filter as a condition. Without one on the state, deleted accounts are left out.
pub fn condition(filter: &str) -> Result<Condition, Error> {
    let comparisons = parse(filter).ok_or_else(|| Error::field("filter", "INVALID_FILTER"))?;
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
            Self::Username(pattern) => pattern.condition(Column::UsernameKey, Username::lookup_key),
            Self::Email(pattern) => pattern.condition(Column::EmailKey, EmailAddress::lookup_key),
        }
    }
}

/// Roles are a JSON array of names without quotes; none means `user`.
fn has_role(role: &str) -> Condition {
    let mut condition = Condition::any().add(starts_with(
        Column::Roles,
        &format!("%\"{}\"", escape(role)),
    ));
    if role == "user" {
        condition = condition.add(Column::Roles.eq("[]"));
    }
    condition
}

impl Pattern {
    fn condition(&self, column: Column, lookup_key: fn(&str) -> Option<String>) -> Condition {
        let condition = Condition::all();
        match self {
            Self::Whole(text) => match lookup_key(text) {
                Some(key) => condition.add(column.eq(key)),
                // What can be nobody's is nobody's.
                None => condition.add(column.is_null()).add(column.is_not_null()),
            },
            Self::Prefix(text) => {
                // The beginning of a name need not be a name: `jean.` is none.
                let plain = || text.nfkc().flat_map(char::to_lowercase).collect();
                let key = lookup_key(text).unwrap_or_else(plain);
                condition.add(starts_with(column, &escape(&key)))
            }
        }
    }
}

fn starts_with(column: Column, escaped: &str) -> Expr {
    Expr::col(column).like(LikeExpr::new(format!("{escaped}%")).escape('\\'))
}

fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, character| {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
        escaped
    })
}

fn parse(filter: &str) -> Option<Vec<Comparison>> {
    if filter.len() > MAX_BYTES || filter.contains('\0') {
        return None;
    }
    let mut rest = filter.trim();
    let mut comparisons = Vec::new();
    while !rest.is_empty() {
        let (comparison, after) = comparison(rest)?;
        comparisons.push(comparison);
        if after.is_empty() {
            break;
        }
        let next = after.strip_prefix("AND")?;
        // `AND` is a word of its own, with something behind it.
        rest = next
            .starts_with(char::is_whitespace)
            .then(|| next.trim_start())
            .filter(|rest| !rest.is_empty())?;
    }

    Some(comparisons)
}

/// Reads `field = value` and returns what follows.
fn comparison(text: &str) -> Option<(Comparison, &str)> {
    let (field, rest) = text.split_once('=')?;
    let (value, rest) = value(rest.trim_start())?;
    let comparison = match field.trim_end() {
        "state" => Comparison::State(state(&value)?),
        "role" => Comparison::Role(
            ["admin", "service", "institution_admin", "user"]
                .into_iter()
                .find(|role| *role == value)?
                .to_owned(),
        ),
        "username" => Comparison::Username(pattern(value)),
        "email" => Comparison::Email(pattern(value)),
        _ => return None,
    };

    Some((comparison, rest.trim_start()))
}

/// Reads a word or a quoted text, in which a backslash makes the next character plain.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        return (!word.is_empty() && !word.contains(['"', '='])).then(|| (word.to_owned(), rest));
    };

    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => {
                let rest = &quoted[index + 1..];
                return (rest.is_empty() || rest.starts_with(char::is_whitespace))
                    .then_some((value, rest));
            }
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
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

fn pattern(value: String) -> Pattern {
    match value.strip_suffix('*') {
        Some(prefix) => Pattern::Prefix(prefix.to_owned()),
        None => Pattern::Whole(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_joined_by_and() {
        let parsed = parse(
            r#" state = ACTIVE AND role=admin  AND username = "jean*" AND email = "a\"b@c.be" "#,
        );

        assert_eq!(
            parsed.unwrap(),
            [
                Comparison::State(State::Active),
                Comparison::Role("admin".into()),
                Comparison::Username(Pattern::Prefix("jean".into())),
                Comparison::Email(Pattern::Whole("a\"b@c.be".into())),
            ]
        );
        assert_eq!(parse("  "), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let refused = [
            "state",
            "state =",
            "state = active",
            "state = ACTIVE AND",
            "state = ACTIVE ANDrole = admin",
            "state = ACTIVE OR role = admin",
            "role = root",
            "password_hash = x",
            "username = \"jean",
            "username = \"jean\"x",
            "username = jean username = jean",
            "username = \"a\0\"",
            "AND state = ACTIVE",
        ];

        for filter in refused {
            assert_eq!(parse(filter), None, "{filter:?}");
        }
        assert_eq!(parse(&format!("username = {}", "a".repeat(1_000))), None);
    }

    #[test]
    fn wildcards_of_the_database_are_plain_characters() {
        assert_eq!(escape(r"100%_a\b"), r"100\%\_a\\b");
    }
}
