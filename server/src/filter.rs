//! Conditions of lists: a subset of AIP-160, comparisons joined by `AND`, each `field = value`.

use sea_orm::sea_query::{Expr, ExprTrait as _, IntoColumnRef, LikeExpr};

use crate::error::Error;

/// Longest filter in bytes.
const MAX_BYTES: usize = 1_000;

/// What a text is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// All of it.
    Whole(String),
    /// Its beginning, written with a star behind it.
    Prefix(String),
}

impl From<String> for Pattern {
    fn from(value: String) -> Self {
        match value.strip_suffix('*') {
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::Whole(value),
        }
    }
}

/// Reads a filter, each comparison by `comparison`, which knows the fields; no filter is no comparison.
///
/// # Errors
/// `INVALID_FILTER` if it is none, or has a field or value that `comparison` doesn't know.
pub fn read<T>(
    filter: &str,
    comparison: impl Fn(&str, String) -> Option<T>,
) -> Result<Vec<T>, Error> {
    parse(filter, comparison).ok_or_else(|| Error::field("filter", "INVALID_FILTER"))
}

/// That a column's text begins with `start`.
pub fn starts_with(column: impl IntoColumnRef, start: &str) -> Expr {
    like(column, &format!("{}%", escape(start)))
}

/// That a column's text has `part` somewhere in it.
pub fn contains(column: impl IntoColumnRef, part: &str) -> Expr {
    like(column, &format!("%{}%", escape(part)))
}

fn like(column: impl IntoColumnRef, pattern: &str) -> Expr {
    Expr::col(column).like(LikeExpr::new(pattern).escape('\\'))
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

fn parse<T>(filter: &str, comparison: impl Fn(&str, String) -> Option<T>) -> Option<Vec<T>> {
    if filter.len() > MAX_BYTES || filter.contains('\0') {
        return None;
    }
    let mut rest = filter.trim();
    let mut comparisons = Vec::new();
    while !rest.is_empty() {
        let (field, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        comparisons.push(comparison(field.trim_end(), value)?);
        let after = after.trim_start();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(filter: &str) -> Option<Vec<(String, String)>> {
        parse(filter, |field, value| Some((field.to_owned(), value)))
    }

    #[test]
    fn comparisons_are_joined_by_and() {
        let parsed = pairs(
            r#" state = ACTIVE AND role=admin  AND username = "jean*" AND email = "a\"b@c.be" "#,
        );

        let expected = [
            ("state", "ACTIVE"),
            ("role", "admin"),
            ("username", "jean*"),
            ("email", "a\"b@c.be"),
        ];
        let expected = expected.map(|(field, value)| (field.to_owned(), value.to_owned()));
        assert_eq!(parsed.as_deref(), Some(expected.as_slice()));
        assert_eq!(pairs("  "), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let refused = [
            "state",
            "state =",
            "state = ACTIVE AND",
            "state = ACTIVE ANDrole = admin",
            "state = ACTIVE OR role = admin",
            "username = \"jean",
            "username = \"jean\"x",
            "username = jean username = jean",
            "username = \"a\0\"",
            "AND state = ACTIVE AND",
        ];

        for filter in refused {
            assert_eq!(pairs(filter), None, "{filter:?}");
        }
        assert_eq!(pairs(&format!("username = {}", "a".repeat(1_000))), None);
    }

    #[test]
    fn wildcards_of_the_database_are_plain_characters() {
        assert_eq!(escape(r"100%_a\b"), r"100\%\_a\\b");
    }
}
