//! A password that somebody gives an account, held to the policy.

use crate::{
    app::App,
    error::{Error, Violation},
    password::{MAX_BYTES, Password, PasswordFault, policy::Identifiers},
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
    let violations = broken.into_iter().map(|rule| Violation {
        field: field.to_owned(),
        reason: rule.key(),
        limit: app.policy.limit(rule),
    });
    Err(Error::PasswordRules(violations.collect()))
}
