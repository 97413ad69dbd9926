//! A new link for whoever holds a dead one.

use sea_orm::EntityTrait as _;
use uuid::Uuid;

use super::request;
use crate::{
    call::Call,
    error::Error,
    store::{account, reset_code},
};

/// Asks for a reset of the account that a link belongs to, even if the link is used, revoked or expired. Nothing tells
/// whether there was such a link; the mail goes to the account's address, as always.
pub async fn renew_link(call: &Call<'_>, user_id: &str, code: &str) -> Result<(), Error> {
    let Ok(account_id) = Uuid::try_parse(user_id) else {
        return Ok(());
    };
    let db = &call.app.store.read;
    if !reset_code::Entity::is_known(db, account_id, code).await? {
        return Ok(());
    }
    let Some(account) = account::Entity::find_by_id(account_id).one(db).await? else {
        return Ok(());
    };
    request::request_for(call, &account.username).await
}
