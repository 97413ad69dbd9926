//! A password that somebody gives an account, held to the policy.

use crate::{
    app::App,
    error::{Error, Violation},
    password::{MAX_BYTES, Password, PasswordFault, policy::Identifiers},
};

/// A text that may be a password at all, whatever the rules say to it.
pub fn parse(field: &str, typed: &str) -> Result<Password, Violation> {
    Password::parse_new(typed).map_err(|fault| match fault {
        PasswordFault::Required => Violation::new(field, fault.reason()),
        PasswordFault::TooLong => Violation::with_limit(field, fault.reason(), MAX_BYTES),
    })
}

/// Reads a password into `field` and checks every rule.
pub fn read(
    app: &App,
    field: &str,
    typed: &str,
    identifiers: &Identifiers<'_>,
) -> Result<Password, Error> {
    let password =
        parse(field, typed).map_err(|violation| Error::InvalidFields(vec![violation]))?;

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
