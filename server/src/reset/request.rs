//! `RequestReset` and `RemindUsernames`: write down what was typed, answer, look nothing up.
//!
//! What the caller could learn from the answer, its time or its effects is the same for everybody, because nothing here
//! depends on any account. The worker decides (`decide`). Who asks too much is refused by their network (`intake`).

use guichet_proto::v1::{
    RemindUsernamesRequest, RemindUsernamesResponse, RequestResetRequest, RequestResetResponse,
    request_reset_request::Identifier,
};
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use url::Url;

use super::{admission, intake};
use crate::{
    account::{
        email_address::EmailAddress,
        username::{self, Username, UsernameFault},
    },
    call::Call,
    error::{Error, Violation},
    event::Witness as _,
    store::reset_request::{self, Kind},
    text,
};

/// Writes down that somebody asks for a reset.
///
/// # Errors
/// `INVALID_FIELDS`; `THROTTLED` if more is asked for from the caller's network than is written down.
pub async fn request_reset(
    call: &Call<'_>,
    request: RequestResetRequest,
) -> Result<RequestResetResponse, Error> {
    let mut violations = Vec::new();
    let identifier = match &request.identifier {
        Some(Identifier::Email(email)) => address(Kind::ResetByEmail, email),
        Some(Identifier::Username(username)) => name(username),
        None => Err(Violation::new("identifier", "REQUIRED")),
    };
    let return_url = return_target(call, &request.return_url, &mut violations);
    match identifier {
        Ok(identifier) if violations.is_empty() => {
            write_down(call, identifier, return_url).await?;
            Ok(RequestResetResponse {})
        }
        identifier => {
            violations.extend(identifier.err());
            Err(Error::InvalidFields(violations))
        }
    }
}

/// Writes down that somebody asks for a reset of a known account. It is not said if too much is asked for: whoever asks for
/// one that is not known would not be told so either, and could tell.
pub(super) async fn request_for(call: &Call<'_>, username: &str) -> Result<(), Error> {
    let typed = name(username).map_err(|violation| Error::InvalidFields(vec![violation]))?;
    match write_down(call, typed, None).await {
        Err(Error::Throttled { .. }) => Ok(()),
        outcome => outcome,
    }
}

/// Writes down that somebody forgot the usernames of an address.
///
/// # Errors
/// As for a reset.
pub async fn remind_usernames(
    call: &Call<'_>,
    request: RemindUsernamesRequest,
) -> Result<RemindUsernamesResponse, Error> {
    let identifier = address(Kind::Usernames, &request.email)
        .map_err(|violation| Error::InvalidFields(vec![violation]))?;
    write_down(call, identifier, None).await?;
    Ok(RemindUsernamesResponse {})
}

/// What was typed, in a form that may be written down.
struct Typed<'a> {
    kind: Kind,
    text: &'a str,
    /// Normalised; none if it can't be anybody's, which is not said.
    key: Option<String>,
}

fn address(kind: Kind, text: &str) -> Result<Typed<'_>, Violation> {
    let address = EmailAddress::parse(text).map_err(|fault| fault.violation("email"))?;
    let key = Some(address.key().to_owned());
    Ok(Typed { kind, text, key })
}

fn name(text: &str) -> Result<Typed<'_>, Violation> {
    if text.is_empty() {
        return Err(UsernameFault::Required.violation("username"));
    }
    if text.len() > username::MAX_BYTES {
        return Err(UsernameFault::TooLong.violation("username"));
    }
    if text.contains(text::breaks_a_line) {
        return Err(Violation::new("username", "FORBIDDEN_CHARACTER"));
    }
    let key = Username::lookup_key(text);
    Ok(Typed {
        kind: Kind::ResetByUsername,
        text,
        key,
    })
}

fn return_target(call: &Call<'_>, typed: &str, violations: &mut Vec<Violation>) -> Option<String> {
    if typed.is_empty() {
        return None;
    }
    let listed = call.app.config.application.return_target(typed);
    if listed.is_none() {
        violations.push(Violation::new("return_url", "NOT_ALLOWED"));
    }
    listed.map(Url::to_string)
}

async fn write_down(
    call: &Call<'_>,
    typed: Typed<'_>,
    return_url: Option<String>,
) -> Result<(), Error> {
    intake::admit(call, admission::tried(typed.kind)).await?;
    let row = reset_request::ActiveModel {
        id: Set(call.app.clock.new_id()),
        kind: Set(typed.kind),
        identifier: Set(typed.text.to_owned()),
        identifier_key: Set(typed.key),
        locale: Set(Some(call.locale.as_str().to_owned())),
        return_url: Set(return_url),
        create_time: Set(call.now),
        decide_time: Set(None),
        decisions: Set("[]".to_owned()),
        network: Set(call.network()),
    };
    // One that returned its row would be answered with it before SQLite commits, and a disk that is full would be a
    // request that was accepted and lost.
    reset_request::Entity::insert(row)
        .exec_without_returning(call.app.store.writer())
        .await?;
    call.app.wake.send_replace(());
    Ok(())
}
