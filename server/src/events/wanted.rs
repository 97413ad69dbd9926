//! Which events a request asks for.

use sea_orm::{ColumnTrait as _, Condition};
use uuid::Uuid;

use crate::{
    account::fields::Fields,
    error::{Error, Violation},
    store::event::Column,
};

/// Most types in one request.
const MAX_TYPES: usize = 50;

/// Longest name of a type in bytes.
const MAX_TYPE: usize = 64;

/// What lists and streams can both be narrowed to.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    types: Vec<String>,
    account_id: Option<Uuid>,
}

impl Wanted {
    pub(super) fn read(
        fields: &mut Fields,
        account_id: &str,
        types: Vec<String>,
    ) -> Result<Self, Error> {
        if types.len() > MAX_TYPES {
            fields.refuse(Violation::with_limit("types", "TOO_MANY", MAX_TYPES));
        } else if !types.iter().all(|name| is_a_type(name)) {
            fields.refuse(Violation::new("types", "UNKNOWN_VALUE"));
        }
        let account_id = fields.optional_id("account_id", account_id)?;
        Ok(Self { types, account_id })
    }

    pub(super) fn condition(&self) -> Condition {
        let types = (!self.types.is_empty()).then(|| Column::Kind.is_in(self.types.clone()));
        let account = self.account_id.map(|id| Column::AccountId.eq(id));
        Condition::all().add_option(types).add_option(account)
    }
}

/// Whether a type may be called so: another version may know more of them than this one.
fn is_a_type(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let parts = name.split_once('.');
    name.len() <= MAX_TYPE
        && parts.is_some_and(|(what, how)| {
            [what, how]
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(is_plain))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_two_words_with_a_point_between() {
        assert!(is_a_type("account.created"));
        assert!(is_a_type("second_factor.code_used"));
        for bad in [
            "", ".", "account", "account.", ".created", "a.b.c", "A.b", "a.b%", "a.*",
        ] {
            assert!(!is_a_type(bad), "{bad}");
        }
        assert!(!is_a_type(&format!("a.{}", "b".repeat(MAX_TYPE))));
    }
}
