//! A refusal in the words of a page.

use std::collections::HashMap;

use axum::http::StatusCode;

use super::visit::Visit;
use crate::{
    error::{self, Error},
    i18n,
};

/// What is said above a form and beside its fields.
#[derive(Default)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What happened and what to do next; empty when nothing did.
    pub(super) message: String,
    fields: HashMap<String, String>,
}

impl Refusal {
    /// In the visitor's language.
    pub(super) fn of(visit: &Visit, error: &Error) -> Self {
        let locale = visit.locale;
        let message = match error {
            Error::Throttled { retry_after } => {
                let wait = i18n::duration(locale, whole_minutes(*retry_after));
                i18n::text(locale, "page-throttled", &[("wait", wait.into())])
            }
            error => error.message(locale),
        };
        let fields = match error {
            Error::InvalidFields(violations) => violations
                .iter()
                .map(|violation| {
                    let told = error::description(violation.reason, violation.limit, locale);
                    (violation.field.clone(), told)
                })
                .collect(),
            _ => HashMap::new(),
        };
        Self {
            status: status(error),
            message,
            fields,
        }
    }

    /// A form that did not come from a page of ours, or that was left open too long.
    pub(super) fn expired(visit: &Visit) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            message: i18n::text(visit.locale, "page-expired-form", &[]),
            fields: HashMap::new(),
        }
    }

    /// One field, in words that stand beside it.
    pub(super) fn field(visit: &Visit, field: &str, told: String) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            message: i18n::error(visit.locale, "INVALID_FIELDS"),
            fields: HashMap::from([(field.to_owned(), told)]),
        }
    }

    /// What is wrong with a field, empty when nothing is.
    pub(super) fn about(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

/// Seconds mean little to a person who waits for minutes.
fn whole_minutes(wait: std::time::Duration) -> std::time::Duration {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let seconds = if seconds > 60 {
        seconds.div_ceil(60) * 60
    } else {
        seconds.max(1)
    };
    std::time::Duration::from_secs(seconds)
}

const fn status(error: &Error) -> StatusCode {
    match error {
        Error::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Overloaded { .. } | Error::StoreUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Error::ResetCodeInvalid => StatusCode::GONE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
