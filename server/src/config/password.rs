//! Which passwords are accepted.

use std::path::PathBuf;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

/// NIST SP 800-63B-4 section 3.1.1.2: at least 64 characters must be accepted.
const LEAST_MAXIMUM: usize = 64;

/// Beyond this a password is not longer but a way to keep the hasher busy.
const MOST_MAXIMUM: usize = 1_024;

pub(super) const SECTION: Section = Section {
    title: "Password rules",
    settings: &[
        Setting::new(
            "GUICHET_PASSWORD_PROFILE",
            "visible",
            "visible: 8 characters with digit, upper case and special; standard: 12 characters; strict: 15 characters",
        ),
        Setting::unset(
            "GUICHET_PASSWORD_MIN_LENGTH",
            "the profile's",
            "15",
            "Least number of characters, from the profile's own to 64",
        ),
        Setting::unset(
            "GUICHET_PASSWORD_MAX_LENGTH",
            "the profile's",
            "128",
            "Greatest number of characters, 64 to 1024",
        ),
        Setting::unset(
            "GUICHET_PASSWORD_LIST",
            "only the common ones that are built in",
            "/var/lib/guichet/passwords.list",
            "File of compromised passwords that nobody may choose, made by `guichet passwords build`",
        ),
    ],
};

/// Which passwords are accepted.
#[derive(Clone, Debug)]
pub struct PasswordRules {
    /// The set of rules.
    pub profile: PasswordProfile,
    /// Characters, where it differs from the profile; never fewer than the profile asks for.
    pub min_length: Option<usize>,
    /// Characters, where it differs from the profile; 64 to 1024.
    pub max_length: Option<usize>,
    /// A list of `guichet passwords build`.
    pub list: Option<PathBuf>,
}

/// A set of password rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProfile {
    /// The rules that people see and tick off: length, a digit, an upper-case letter, a special character.
    Visible,
    /// Length instead of composition (OWASP ASVS 5.0, chapter 6.2).
    Standard,
    /// Long enough to be the only factor (NIST SP 800-63B-4 section 3.1.1.2).
    Strict,
}

impl PasswordRules {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let profile: PasswordProfile = reader.read("GUICHET_PASSWORD_PROFILE", profile);
        let least = profile.min_length();

        Self {
            profile,
            min_length: reader.read_optional("GUICHET_PASSWORD_MIN_LENGTH", |text| {
                value::number(text, least, LEAST_MAXIMUM)
            }),
            max_length: reader.read_optional("GUICHET_PASSWORD_MAX_LENGTH", |text| {
                value::number(text, LEAST_MAXIMUM, MOST_MAXIMUM)
            }),
            list: reader.read_optional("GUICHET_PASSWORD_LIST", value::path),
        }
    }
}

impl PasswordProfile {
    /// The least number of characters that the profile asks for.
    pub const fn min_length(self) -> usize {
        match self {
            Self::Visible => 8,
            Self::Standard => 12,
            Self::Strict => 15,
        }
    }

    /// The name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }
}

fn profile(text: &str) -> Result<PasswordProfile, String> {
    let choices = [
        PasswordProfile::Visible,
        PasswordProfile::Standard,
        PasswordProfile::Strict,
    ]
    .map(|profile| (profile.as_str(), profile));

    value::one_of(text, &choices)
}
