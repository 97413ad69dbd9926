//! What an error means, from the details the server puts into every one.

use std::fmt;
use std::time::Duration;

use tonic::Status;
use tonic_types::StatusExt as _;

/// The `domain` of every reason of Guichet.
const DOMAIN: &str = "guichet";

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// Why a call was refused: stable, unlike the message.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])+ $name,)+
            /// One that this version of the client does not know.
            Other(String),
        }

        impl Reason {
            /// As the protocol writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for Reason {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

reasons! {
    /// Fields are missing or wrong; see [`violations`].
    InvalidFields = "INVALID_FIELDS",
    /// The password breaks rules; the violations' reasons are the rules' keys.
    PasswordRules = "PASSWORD_RULES",
    /// An e-mail address was typed where a username belongs.
    EmailNotUsername = "EMAIL_NOT_USERNAME",
    /// The sign-in failed; it is never said why.
    BadCredentials = "BAD_CREDENTIALS",
    /// The token is missing, malformed or revoked.
    TokenInvalid = "TOKEN_INVALID",
    /// The token's time is over.
    TokenExpired = "TOKEN_EXPIRED",
    /// A refresh token was shown twice: the session has ended, sign in again.
    TokenReused = "TOKEN_REUSED",
    /// The caller's role does not allow this.
    Forbidden = "FORBIDDEN",
    /// There is no such thing, or not for this caller.
    NotFound = "NOT_FOUND",
    /// The link is unknown, used, revoked, expired, or the e-mail address is not the account's.
    ResetCodeInvalid = "RESET_CODE_INVALID",
    /// The account's state does not allow this.
    State = "STATE",
    /// Another account has this username.
    UsernameTaken = "USERNAME_TAKEN",
    /// Another account has this external id.
    ExternalIdTaken = "EXTERNAL_ID_TAKEN",
    /// The resource changed since it was read.
    EtagMismatch = "ETAG_MISMATCH",
    /// Too many calls; see [`retry_after`].
    Throttled = "THROTTLED",
    /// The server has more passwords to hash than it can; see [`retry_after`].
    Overloaded = "OVERLOADED",
    /// The database can't be reached.
    StoreUnavailable = "STORE_UNAVAILABLE",
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One thing wrong with the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field, as a path in the request.
    pub field: String,
    /// Stable key: of a password rule, for `PASSWORD_RULES`.
    pub reason: String,
    /// A sentence to show, in the language of the request.
    pub description: String,
}

/// The reason, if the error comes from Guichet and not from something on the way to it.
pub fn reason(status: &Status) -> Option<Reason> {
    let info = status.get_details_error_info()?;
    (info.domain == DOMAIN).then(|| Reason::from(info.reason.as_str()))
}

/// Everything that is wrong with the request; empty for other errors.
pub fn violations(status: &Status) -> Vec<Violation> {
    let Some(bad_request) = status.get_details_bad_request() else {
        return Vec::new();
    };
    bad_request
        .field_violations
        .into_iter()
        .map(|violation| Violation {
            field: violation.field,
            reason: violation.reason,
            description: violation.description,
        })
        .collect()
}

/// How long to wait before the same call has a chance.
pub fn retry_after(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use tonic_types::ErrorDetails;

    use super::*;

    fn refused(domain: &str, reason: &str) -> Status {
        let mut details = ErrorDetails::with_error_info(reason, domain, []);
        details.set_retry_info(Some(Duration::from_secs(3)));
        Status::with_error_details(Code::ResourceExhausted, "message", details)
    }

    #[test]
    fn reasons_are_read_from_guichets_own_errors_only() {
        for (domain, text, expected) in [
            ("guichet", "THROTTLED", Some(Reason::Throttled)),
            ("guichet", "NEW_ONE", Some(Reason::Other("NEW_ONE".into()))),
            ("proxy.example", "THROTTLED", None),
        ] {
            assert_eq!(reason(&refused(domain, text)), expected, "{domain} {text}");
        }
        assert_eq!(reason(&Status::unavailable("no details")), None);
    }

    #[test]
    fn the_time_to_wait_is_read() {
        assert_eq!(
            retry_after(&refused("guichet", "THROTTLED")),
            Some(Duration::from_secs(3))
        );
        assert!(violations(&refused("guichet", "THROTTLED")).is_empty());
    }
}
