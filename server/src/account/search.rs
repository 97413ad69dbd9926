//! Finding people by what somebody knows of them: a part of the name, the username, an address, the id in the old system.

use sea_orm::{ColumnTrait as _, Condition};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::{email_address::EmailAddress, username::Username};
use crate::{
    error::{Error, Violation},
    filter,
    store::account::Column,
};

/// Longest text that is looked for, in bytes.
const MAX_BYTES: usize = 200;

/// What a name is found by: its letters without accents and whatever their case.
pub fn name_key(name: &str) -> String {
    let bare = name.nfkd().filter(|letter| !is_combining_mark(*letter));
    let lower: String = bare.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// That an account is one that `text` could mean: its name has each of the words, in whatever order, or its username or
/// address begins with the text, or its id in the old system is the text. No text means every account.
///
/// # Errors
/// `TOO_LONG` or `FORBIDDEN_CHARACTER` in `search`.
pub fn condition(text: &str) -> Result<Condition, Error> {
    if text.len() > MAX_BYTES {
        let fault = Violation::with_limit("search", "TOO_LONG", MAX_BYTES);
        return Err(Error::InvalidFields(vec![fault]));
    }
    if text.contains('\0') {
        return Err(Error::field("search", "FORBIDDEN_CHARACTER"));
    }
    let text = text.trim();
    let key = name_key(text);
    if key.is_empty() {
        return Ok(Condition::all());
    }
    let words = key.split(' ').fold(Condition::all(), |all, word| {
        all.add(filter::contains(Column::NameKey, word))
    });
    let begins = |column, lookup_key: fn(&str) -> Option<String>| {
        let start = lookup_key(text).unwrap_or_else(|| text.to_lowercase());
        filter::starts_with(column, &start)
    };
    Ok(Condition::any()
        .add(words)
        .add(begins(Column::UsernameKey, Username::lookup_key))
        .add(begins(Column::EmailKey, EmailAddress::lookup_key))
        .add(Column::ExternalId.eq(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whatever_its_accents_and_blanks() {
        for (name, key) in [
            ("Zoé  Dupont-Lefèvre", "zoe dupont-lefevre"),
            (" ÇELIK, Ömer ", "celik, omer"),
            ("Łukasz", "łukasz"),
            ("Straße", "straße"),
            ("", ""),
        ] {
            assert_eq!(name_key(name), key);
        }
    }
}
