//! `RequestReset` and `RemindUsernames`: write down what was typed, answer, look nothing up.
//!
//! What the caller could learn from the answer, its time or its effects is the same for everybody, because nothing here
//! depends on any account. The worker decides (`decide`).

use guichet_proto::v1::{
    RemindUsernamesRequest, RemindUsernamesResponse, RequestResetRequest, RequestResetResponse,
    request_reset_request::Identifier,
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set};
use url::Url;

use crate::{
    account::{email_address::EmailAddress, username::Username},
    call::Call,
    error::{Error, Violation},
    i18n::Locale,
    store::reset_request::{self, Kind},
};

/// Longest username looked at, in bytes: longer ones are nobody's.
const MAX_USERNAME_BYTES: usize = 256;

/// Longest return target, in bytes.
const MAX_URL_BYTES: usize = 2_048;

/// Writes down that somebody asks for a reset.
pub async fn request_reset(
    call: &Call<'_>,
    request: RequestResetRequest,
) -> Result<RequestResetResponse, Error> {
    let mut violations = Vec::new();
    let identifier = match &request.identifier {
        Some(Identifier::Email(email)) => {
            address(email, &mut violations).map(|key| (Kind::ResetByEmail, email, key))
        }
        Some(Identifier::Username(username)) => {
            name(username, &mut violations).map(|key| (Kind::ResetByUsername, username, key))
        }
        None => {
            violations.push(Violation::new("identifier", "REQUIRED"));
            None
        }
    };
    let return_url = return_target(call, &request.return_url, &mut violations);
    let Some((kind, typed, key)) = identifier.filter(|_| violations.is_empty()) else {
        return Err(Error::InvalidFields(violations));
    };
    write_down(call, kind, typed, key, &request.locale, return_url).await?;
    Ok(RequestResetResponse {})
}

/// Writes down that somebody forgot the usernames of an address.
pub async fn remind_usernames(
    call: &Call<'_>,
    request: RemindUsernamesRequest,
) -> Result<RemindUsernamesResponse, Error> {
    let mut violations = Vec::new();
    let Some(key) = address(&request.email, &mut violations) else {
        return Err(Error::InvalidFields(violations));
    };
    write_down(
        call,
        Kind::Usernames,
        &request.email,
        key,
        &request.locale,
        None,
    )
    .await?;
    Ok(RemindUsernamesResponse {})
}

/// The normalised address; the outer `None` means it is not one.
fn address(typed: &str, violations: &mut Vec<Violation>) -> Option<Option<String>> {
    match EmailAddress::parse(typed) {
        Ok(address) => Some(Some(address.key().to_owned())),
        Err(fault) => {
            violations.push(Violation::with_limit("email", fault.reason(), 254));
            None
        }
    }
}

/// The normalised username; the inner `None` means that it can't be anybody's, which is not said.
fn name(typed: &str, violations: &mut Vec<Violation>) -> Option<Option<String>> {
    let reason = if typed.is_empty() {
        "REQUIRED"
    } else if typed.len() > MAX_USERNAME_BYTES {
        "TOO_LONG"
    } else if typed.chars().any(char::is_control) {
        "FORBIDDEN_CHARACTER"
    } else {
        return Some(Username::lookup_key(typed));
    };
    violations.push(Violation::with_limit("username", reason, 64));
    None
}

/// A return target exactly as listed, so that a mail can lead nobody elsewhere.
fn return_target(call: &Call<'_>, typed: &str, violations: &mut Vec<Violation>) -> Option<String> {
    if typed.is_empty() {
        return None;
    }
    let listed = (typed.len() <= MAX_URL_BYTES)
        .then(|| Url::parse(typed).ok())
        .flatten()
        .filter(|url| {
            // The parser drops tabs and line feeds and turns backslashes: only what it leaves alone is what was meant.
            let plain = !typed
                .chars()
                .any(|character| character.is_control() || character == '\\');
            plain && call.app.config.application.return_urls.contains(url)
        });
    if listed.is_none() {
        violations.push(Violation::new("return_url", "NOT_ALLOWED"));
    }
    listed.map(String::from)
}

async fn write_down(
    call: &Call<'_>,
    kind: Kind,
    typed: &str,
    key: Option<String>,
    locale: &str,
    return_url: Option<String>,
) -> Result<(), Error> {
    let row = reset_request::ActiveModel {
        id: Set(call.app.clock.new_id()),
        kind: Set(kind),
        identifier: Set(typed.to_owned()),
        identifier_key: Set(key),
        locale: Set(Some(
            Locale::negotiate(locale)
                .unwrap_or(call.locale)
                .as_str()
                .to_owned(),
        )),
        return_url: Set(return_url),
        create_time: Set(call.now),
        decide_time: Set(None),
        decisions: Set("[]".to_owned()),
    };
    row.insert(call.app.store.writer()).await?;
    call.app.wake.notify_one();
    Ok(())
}
