//! One-time codes: finding the one that somebody shows, and what makes it good.

use guichet_proto::v1::CompleteResetRequest;
use sea_orm::{ConnectionTrait, EntityTrait as _};
use uuid::Uuid;

use super::short;
use crate::{
    account::{email_address::EmailAddress, username::Username},
    call::Call,
    clock::Timestamp,
    error::Error,
    refusals::Refused,
    secret,
    store::{
        account::{self, State},
        reset_code::{self, Purpose},
    },
};

/// A code that is good for a new password now, and its account; otherwise `RESET_CODE_INVALID`, whatever the cause.
pub(super) async fn find(
    call: &Call<'_>,
    user_id: &str,
    code: &str,
) -> Result<(reset_code::Model, account::Model), Error> {
    let account_id = Uuid::try_parse(user_id).map_err(|_| Error::ResetCodeInvalid)?;
    let found = find_for(call, account_id, code).await;
    if matches!(found, Err(Error::ResetCodeInvalid)) {
        call.note(Refused::ResetCode(account_id));
    }
    found
}

async fn find_for(
    call: &Call<'_>,
    account_id: Uuid,
    code: &str,
) -> Result<(reset_code::Model, account::Model), Error> {
    let db = &call.app.store.read;
    let code = if secret::is_code(code) {
        reset_code::Entity::find_live(db, account_id, code, call.now).await?
    } else {
        short::find(call, account_id, code).await?
    };
    let code = code.ok_or(Error::ResetCodeInvalid)?;
    if !matches!(
        code.purpose,
        Purpose::Reset | Purpose::Activation | Purpose::HandedOver
    ) {
        return Err(Error::ResetCodeInvalid);
    }
    let account = account::Entity::find_by_id(code.account_id).one(db).await?;
    let account = account.filter(|account| matches!(account.state, State::Active | State::Pending));
    Ok((code, account.ok_or(Error::ResetCodeInvalid)?))
}

/// A live code of any purpose that belongs to the account of the link.
pub(super) async fn live(
    db: &impl ConnectionTrait,
    user_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<Option<reset_code::Model>, Error> {
    let Ok(account_id) = Uuid::try_parse(user_id) else {
        return Ok(None);
    };
    Ok(reset_code::Entity::find_live(db, account_id, code, now).await?)
}

/// Whether the address given with a code is the account's; its username where it has none.
pub(super) fn email_matches(account: &account::Model, request: &CompleteResetRequest) -> bool {
    match &account.email_key {
        Some(key) => EmailAddress::lookup_key(&request.email).as_ref() == Some(key),
        None => Username::lookup_key(&request.email).as_ref() == Some(&account.username_key),
    }
}
