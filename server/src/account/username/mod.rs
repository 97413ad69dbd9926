//! The name that a person types to sign in.
//!
//! Two names are the same when their keys are the same. A spelling that would look like another name but have another
//! key is refused, so that nobody can register the look-alike of somebody else's name.

use std::fmt;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, ScriptExtension, UnicodeScript};
use unicode_security::{GeneralSecurityProfile, MixedScript, confusable_detection};

use crate::error::Violation;

/// Characters of a name, as typed and as a key.
const MAX_CHARS: usize = 64;

/// Bytes of a name: four for each character. Checked before any work that grows with the length.
pub const MAX_BYTES: usize = 256;

/// RFC 8264 section 7: apply the rules until the result is stable, and refuse what is not after three more times.
const MAX_PASSES: usize = 4;

/// Names that programs read as something else than a person, and mailboxes that every domain keeps for itself (RFC 2142).
/// `admin` is not among them: it is what people call their first account.
const RESERVED: [&str; 14] = [
    "abuse",
    "anonymous",
    "guichet",
    "hostmaster",
    "mailer-daemon",
    "no-reply",
    "noreply",
    "null",
    "postmaster",
    "root",
    "security",
    "system",
    "undefined",
    "webmaster",
];

/// A username that is allowed.
#[derive(Clone, Debug)]
pub struct Username {
    typed: String,
    key: String,
}

/// Why a text is no username.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameFault {
    /// Nothing was typed.
    Required,
    /// More than 64 characters or 256 bytes.
    TooLong,
    /// It holds an `@`: an e-mail address was typed instead.
    EmailNotUsername,
    /// Something else than letters, digits and `.`, `_`, `-`, or one of these where it may not stand.
    ForbiddenCharacter,
    /// Letters of several alphabets, or of another alphabet that all look like ASCII ones.
    MixedScripts,
    /// A name that is nobody's.
    Reserved,
}

impl Username {
    /// Reads a name for an account; nothing is cut off or corrected.
    pub fn parse(text: &str) -> Result<Self, UsernameFault> {
        let key = key(text)?;
        if RESERVED.contains(&key.as_str()) {
            return Err(UsernameFault::Reserved);
        }

        Ok(Self {
            typed: text.to_owned(),
            key,
        })
    }

    /// The key of what somebody typed to find an account, or `None` where no account can have that name.
    ///
    /// White space around it is ignored, because it comes along when a name is pasted.
    pub fn lookup_key(text: &str) -> Option<String> {
        if text.len() > MAX_BYTES {
            return None;
        }

        key(text.trim()).ok()
    }

    /// The name as typed, for people to read.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The form under which the name is unique.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Username {}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.typed)
    }
}

impl UsernameFault {
    /// What is said of the field that holds it.
    pub fn violation(self, field: &str) -> Violation {
        let reason = match self {
            Self::Required => "REQUIRED",
            Self::TooLong => return Violation::with_limit(field, "TOO_LONG", MAX_CHARS),
            Self::EmailNotUsername => "EMAIL_NOT_USERNAME",
            Self::ForbiddenCharacter => "FORBIDDEN_CHARACTER",
            Self::MixedScripts => "MIXED_SCRIPTS",
            Self::Reserved => "RESERVED",
        };
        Violation::new(field, reason)
    }
}

/// The key of a name. Every check is made on the key, so that a key is itself a name and its own key.
fn key(text: &str) -> Result<String, UsernameFault> {
    if text.is_empty() {
        return Err(UsernameFault::Required);
    }
    check_length(text)?;

    // Full-width and small forms of the sign count as well.
    if text.nfkc().any(|character| character == '@') {
        return Err(UsernameFault::EmailNotUsername);
    }

    let key = stable_form(text)?;
    check_length(&key)?;
    check_characters(&key)?;
    check_scripts(&key)?;

    Ok(key)
}

fn check_length(text: &str) -> Result<(), UsernameFault> {
    if text.len() > MAX_BYTES || text.chars().count() > MAX_CHARS {
        return Err(UsernameFault::TooLong);
    }

    Ok(())
}

/// Normalises until nothing changes: a form that changes when it is read again would let two accounts share a name.
fn stable_form(text: &str) -> Result<String, UsernameFault> {
    let mut form = normalised(text)?;

    for _ in 1..MAX_PASSES {
        let again = normalised(&form)?;
        if again == form {
            return Ok(form);
        }
        form = again;
    }

    Err(UsernameFault::ForbiddenCharacter)
}

/// RFC 8265 section 3.3 (`UsernameCaseMapped`), over compatibility forms and case folding.
fn normalised(text: &str) -> Result<String, UsernameFault> {
    let folded: String = text.nfkc().flat_map(fold_case).nfkc().collect();

    UsernameCaseMapped::enforce(folded)
        .map(String::from)
        .map_err(|_| UsernameFault::ForbiddenCharacter)
}

/// Folds case by way of the upper case, so that `ß` and `ss`, `ς` and `σ`, `ı` and `i` are equal, as they are when
/// somebody types in capitals. The Turkish `İ` is an `i` too: its own lower case would keep a dot that nobody sees.
fn fold_case(character: char) -> impl Iterator<Item = char> {
    let character = if character == 'İ' { 'I' } else { character };

    character.to_uppercase().flat_map(char::to_lowercase)
}

fn check_characters(key: &str) -> Result<(), UsernameFault> {
    let named = key.chars().any(char::is_alphanumeric);
    // A leading `-` is an option on a command line; a trailing `.` is lost in a sentence.
    let well_bounded = !key.starts_with(['.', '-']) && !key.ends_with('.');

    if named && well_bounded && key.chars().all(is_allowed) {
        Ok(())
    } else {
        Err(UsernameFault::ForbiddenCharacter)
    }
}

fn is_allowed(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    }

    // Only ASCII digits: digits of other scripts look like one another. A mark that did not become part of its letter
    // (script `Inherited`) can be invisible, such as the dot over an `i`, or pile up.
    character.identifier_allowed()
        && !character.is_numeric()
        && character.script() != Script::Inherited
        && !ScriptExtension::from(character).is_common()
}

/// UTS 39 sections 5.1 and 4: one script, and no name of another script that reads as an ASCII one (`раураl`).
fn check_scripts(key: &str) -> Result<(), UsernameFault> {
    if !key.is_single_script() {
        return Err(UsernameFault::MixedScripts);
    }

    let foreign = !key.is_ascii() && !key.chars().any(|letter| letter.script() == Script::Latin);
    if foreign && confusable_detection::skeleton(key).all(|letter| letter.is_ascii()) {
        return Err(UsernameFault::MixedScripts);
    }

    Ok(())
}

#[cfg(test)]
mod tests;
