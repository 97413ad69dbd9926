//! Which passwords are accepted.

use std::path::PathBuf;

use url::Url;

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
            "visible: 8 characters with digit, upper case and special; standard: 12 characters; strict: 15 characters; none takes GUICHET_APP_NAME or GUICHET_INSTITUTION_NAME with digits or signs added",
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
        Setting::new(
            "GUICHET_PASSWORD_HISTORY",
            "0",
            "How many of a person's last passwords, the present one among them, may not be chosen again, 0 to 24; each costs a hash where a password is changed",
        )
        .such_as("5"),
        Setting::unset(
            "GUICHET_PASSWORD_LIST",
            "only the common ones that are built in",
            "/var/lib/guichet/passwords.list",
            "File of compromised passwords that nobody may choose, made by `guichet passwords build`",
        ),
        Setting::unset(
            "GUICHET_PASSWORD_RANGE_URL",
            "nobody is asked",
            "https://passwords.example.org/range",
            "Address that answers like Have I Been Pwned's range API: it is asked for the first 5 hexadecimal digits of a new password's SHA-1; https, or http on the machine itself",
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
    /// How many of a person's last passwords may not be chosen again; 0 to 24.
    pub history: usize,
    /// A list of `guichet passwords build`.
    pub list: Option<PathBuf>,
    /// Whom to ask about compromised passwords.
    pub range_url: Option<Url>,
}

/// A set of password rules.
///
/// In the order of how much they ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PasswordProfile {
    /// The rules that people see and tick off: length, a digit, an upper-case letter, a special character.
    Visible,
    /// Length instead of composition (OWASP ASVS 5.0, chapter 6.2).
    Standard,
    /// Long enough to be the only factor (NIST SP 800-63B-4 section 3.1.1.2).
    Strict,
}

impl PasswordRules {
    /// Directories know no longer history; each password in it costs a hash.
    pub const MOST_HISTORY: usize = 24;

    /// Whatever length is asked for, the longest password that must be accepted keeps it.
    pub const MOST_MIN_LENGTH: usize = LEAST_MAXIMUM;

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
            history: reader.read("GUICHET_PASSWORD_HISTORY", |text| {
                value::number(text, 0, Self::MOST_HISTORY)
            }),
            list: reader.read_optional("GUICHET_PASSWORD_LIST", value::path),
            range_url: reader.read_optional("GUICHET_PASSWORD_RANGE_URL", range_url),
        }
    }
}

impl PasswordProfile {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Visible, Self::Standard, Self::Strict];

    /// The profile with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name)
    }

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
    let choices = PasswordProfile::ALL.map(|profile| (profile.as_str(), profile));

    value::one_of(text, &choices)
}

/// Whoever sits between could have every password refused, so the other side must prove who it is.
fn range_url(text: &str) -> Result<Url, String> {
    let url = value::web_url(text)?;
    if url.query().is_some() {
        return Err("holds a query".to_owned());
    }
    if url.scheme() == "http" && !value::is_loopback(&url) {
        return Err("is http to another machine; use https".to_owned());
    }

    Ok(url)
}
