//! What a password must not give away.

use super::fold;

/// Shorter identifiers, such as `al`, begin too many honest passwords.
const LEAST_EXTENDED_IDENTIFIER: usize = 4;

/// What the account is known by.
#[derive(Clone, Copy, Debug)]
pub struct Identifiers<'a> {
    /// As typed or normalised.
    pub username: &'a str,
    /// As typed or normalised.
    pub email: Option<&'a str>,
    /// The code that the password is chosen with, where there is one: what opened an account once must not go on opening
    /// it (OWASP ASVS 5.0, 6.4.1).
    pub code: Option<&'a str>,
}

impl Identifiers<'_> {
    /// Whether the folded password is one of them, or one with digits or special characters added.
    pub(super) fn give_away(&self, folded: &str) -> bool {
        let local = self.email.and_then(|email| email.rsplit_once('@'));

        [
            Some(self.username),
            self.email,
            local.map(|(local, _)| local),
            self.code,
        ]
        .into_iter()
        .flatten()
        .map(fold)
        .any(|identifier| is_identifier(folded, &identifier))
    }
}

fn is_identifier(folded: &str, identifier: &str) -> bool {
    if folded == identifier {
        return !identifier.is_empty();
    }
    let is_long = |text: &str| text.chars().count() >= LEAST_EXTENDED_IDENTIFIER;
    let is_extended = folded
        .strip_prefix(identifier)
        .is_some_and(|added| !added.chars().any(char::is_alphabetic));
    let (core, known) = (letters(folded), letters(identifier));

    is_extended && is_long(identifier) || core == known && is_long(known)
}

/// From the first letter to the last.
fn letters(text: &str) -> &str {
    text.trim_matches(|character: char| !character.is_alphabetic())
}
