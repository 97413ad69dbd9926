//! Everything a request can be refused with, and the one place where a refusal becomes a `tonic::Status`.

use std::{collections::HashMap, time::Duration};

use sea_orm::DbErr;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt as _};

use crate::{
    i18n::{self, Locale},
    store::fault::Fault,
};

/// Domain of every `ErrorInfo`.
const DOMAIN: &str = "guichet";

/// Why a request was refused. The variants are the contract's reasons.
#[derive(Debug, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "the names are the contract's, and its page explains them"
)]
pub enum Error {
    #[error("invalid fields")]
    InvalidFields(Vec<Violation>),
    #[error("the password breaks rules")]
    PasswordRules(Vec<Violation>),
    #[error("an e-mail address was given as username")]
    EmailNotUsername,
    #[error("bad credentials")]
    BadCredentials,
    #[error("wrong code")]
    WrongCode,
    #[error("wrong current password")]
    WrongPassword,
    #[error("invalid token")]
    TokenInvalid,
    #[error("expired token")]
    TokenExpired,
    #[error("reused token")]
    TokenReused,
    #[error("forbidden")]
    Forbidden,
    #[error("not found")]
    NotFound,
    #[error("invalid reset code")]
    ResetCodeInvalid,
    #[error("not possible in this state")]
    State,
    #[error("username taken")]
    UsernameTaken,
    #[error("external id taken")]
    ExternalIdTaken,
    #[error("changed in the meantime")]
    EtagMismatch,
    #[error("too many tries")]
    Throttled { retry_after: Duration },
    #[error("too busy")]
    Overloaded { retry_after: Duration },
    #[error("the database can't be reached")]
    StoreUnavailable(#[source] DbErr),
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// What is wrong with one field or which password rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the request.
    pub field: String,
    /// Stable reason, or the rule's key.
    pub reason: &'static str,
    /// The limit that the reason speaks of, where it has one.
    pub limit: Option<usize>,
}

impl Violation {
    /// A violation without a figure.
    pub fn new(field: impl Into<String>, reason: &'static str) -> Self {
        Self {
            field: field.into(),
            reason,
            limit: None,
        }
    }

    /// A violation of a limit.
    pub fn with_limit(field: impl Into<String>, reason: &'static str, limit: usize) -> Self {
        Self {
            field: field.into(),
            reason,
            limit: Some(limit),
        }
    }
}

impl Error {
    /// One wrong field.
    pub fn field(field: impl Into<String>, reason: &'static str) -> Self {
        Self::InvalidFields(vec![Violation::new(field, reason)])
    }

    /// The contract's reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::InvalidFields(_) => "INVALID_FIELDS",
            Self::PasswordRules(_) => "PASSWORD_RULES",
            Self::EmailNotUsername => "EMAIL_NOT_USERNAME",
            Self::BadCredentials | Self::WrongCode | Self::WrongPassword => "BAD_CREDENTIALS",
            Self::TokenInvalid => "TOKEN_INVALID",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::TokenReused => "TOKEN_REUSED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::ResetCodeInvalid => "RESET_CODE_INVALID",
            Self::State => "STATE",
            Self::UsernameTaken => "USERNAME_TAKEN",
            Self::ExternalIdTaken => "EXTERNAL_ID_TAKEN",
            Self::EtagMismatch => "ETAG_MISMATCH",
            Self::Throttled { .. } => "THROTTLED",
            Self::Overloaded { .. } => "OVERLOADED",
            Self::StoreUnavailable(_) => "STORE_UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    const fn code(&self) -> Code {
        match self {
            Self::InvalidFields(_) | Self::PasswordRules(_) | Self::EmailNotUsername => {
                Code::InvalidArgument
            }
            Self::BadCredentials
            | Self::WrongCode
            | Self::WrongPassword
            | Self::TokenInvalid
            | Self::TokenExpired
            | Self::TokenReused => Code::Unauthenticated,
            Self::Forbidden => Code::PermissionDenied,
            Self::NotFound => Code::NotFound,
            Self::ResetCodeInvalid | Self::State => Code::FailedPrecondition,
            Self::UsernameTaken | Self::ExternalIdTaken => Code::AlreadyExists,
            Self::EtagMismatch => Code::Aborted,
            Self::Throttled { .. } | Self::Overloaded { .. } => Code::ResourceExhausted,
            Self::StoreUnavailable(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// Whether the database rolled a transaction back for another's sake: it may be begun again.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::StoreUnavailable(cause) if Fault::of(cause) == Fault::Conflict)
    }

    /// What happened and what to do next.
    pub fn message(&self, locale: Locale) -> String {
        let named = match self {
            // To programs it is one more wrong credential; the person has something else to check.
            Self::WrongCode => "WRONG_CODE",
            Self::WrongPassword => "WRONG_PASSWORD",
            error => error.reason(),
        };
        i18n::error(locale, named)
    }

    /// The answer, in the caller's language.
    pub fn into_status(self, locale: Locale) -> Status {
        let mut details = ErrorDetails::with_error_info(self.reason(), DOMAIN, HashMap::new());
        match &self {
            Self::InvalidFields(violations) | Self::PasswordRules(violations) => {
                details.set_bad_request(described(violations, locale));
            }
            Self::Throttled { retry_after } | Self::Overloaded { retry_after } => {
                details.set_retry_info(Some(*retry_after));
            }
            _ => {}
        }
        let message = self.message(locale);
        Status::with_error_details(self.code(), message, details)
    }
}

/// The answer of a call that panicked: nobody knows any more in which language.
pub fn panicked() -> Status {
    Error::Internal(anyhow::anyhow!("a panic")).into_status(Locale::En)
}

/// A refusal of the transport's with a reason of its own, as the contract has it on every error.
pub fn explain(bare: &Status) -> Status {
    let reason = match bare.code() {
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::OutOfRange | Code::ResourceExhausted => "MESSAGE_TOO_LARGE",
        Code::Internal => "MALFORMED_MESSAGE",
        _ => "REFUSED",
    };
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(bare.code(), bare.message(), details)
}

fn described(violations: &[Violation], locale: Locale) -> Vec<FieldViolation> {
    let described = violations.iter().map(|violation| {
        let description = description(violation.reason, violation.limit, locale);
        FieldViolation {
            field: violation.field.clone(),
            description: description.clone(),
            reason: violation.reason.to_owned(),
            localized_message: Some(LocalizedMessage {
                locale: locale.as_str().to_owned(),
                message: description,
            }),
        }
    });
    described.collect()
}

/// What is wrong with a field, in words that stand beside it.
pub fn description(reason: &str, limit: Option<usize>, locale: Locale) -> String {
    let limit = limit.unwrap_or_default();
    let arguments = [("min", limit.into()), ("max", limit.into())];
    if crate::password::policy::Rule::from_key(reason).is_some() {
        i18n::rule(locale, reason, &arguments)
    } else {
        i18n::violation(locale, reason, &arguments)
    }
}

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        match Fault::of(&cause) {
            Fault::Conflict | Fault::Away | Fault::Refused => Self::StoreUnavailable(cause),
            Fault::Other => Self::Internal(cause.into()),
        }
    }
}

impl From<crate::password::hasher::HashError> for Error {
    fn from(cause: crate::password::hasher::HashError) -> Self {
        match cause {
            crate::password::hasher::HashError::Overloaded { retry_after } => {
                Self::Overloaded { retry_after }
            }
            failed @ crate::password::hasher::HashError::Failed => Self::Internal(failed.into()),
        }
    }
}
