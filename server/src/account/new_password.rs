//! A password that somebody gives an account, held to the policy.

use crate::{
    app::App,
    error::{Error, Violation},
    password::{
        MAX_BYTES, Password, PasswordFault,
        hasher::HashError,
        policy::{Identifiers, PasswordPolicy, Rule},
    },
};

/// Reads a password into `field` and checks every rule.
pub fn read(
    app: &App,
    field: &str,
    typed: &str,
    identifiers: &Identifiers<'_>,
) -> Result<Password, Error> {
    let password = Password::parse_new(typed).map_err(|fault| {
        Error::InvalidFields(vec![match fault {
            PasswordFault::Required => Violation::new(field, fault.reason()),
            PasswordFault::TooLong => Violation::with_limit(field, fault.reason(), MAX_BYTES),
        }])
    })?;

    let broken = app.policy.broken(&password, identifiers);
    if broken.is_empty() {
        return Ok(password);
    }
    Err(Error::PasswordRules(
        broken
            .into_iter()
            .map(|rule| violation(&app.policy, field, rule))
            .collect(),
    ))
}

fn violation(policy: &PasswordPolicy, field: &str, rule: Rule) -> Violation {
    match rule {
        Rule::MinLength => Violation::with_limit(field, rule.key(), policy.min_length()),
        Rule::MaxLength => Violation::with_limit(field, rule.key(), policy.max_length()),
        _ => Violation::new(field, rule.key()),
    }
}

/// What a hash that did not come to be means to the caller.
pub fn hash_failure(error: HashError) -> Error {
    match error {
        HashError::Overloaded { retry_after } => Error::Overloaded { retry_after },
        HashError::Failed => Error::Internal(error.into()),
    }
}
