//! `GetUserInfo`.

use guichet_proto::v1::{GetUserInfoRequest, GetUserInfoResponse};
use sea_orm::EntityTrait as _;

use crate::{call::Call, caller::Caller, error::Error, store::account};

/// Returns who the caller is.
pub async fn get_user_info(
    call: &Call<'_>,
    _request: GetUserInfoRequest,
) -> Result<GetUserInfoResponse, Error> {
    let Caller::Person {
        account_id,
        session_id,
        ..
    } = &call.caller
    else {
        return Err(Error::Forbidden);
    };
    let account = account::Entity::find_by_id(*account_id)
        .one(&call.app.store.read)
        .await?;
    let account = account.ok_or(Error::NotFound)?;
    Ok(GetUserInfoResponse {
        account_id: account.id.to_string(),
        roles: account.role_names(),
        username: account.username,
        email: account.email.unwrap_or_default(),
        email_verified: account.email_verified,
        display_name: account.display_name,
        locale: account.locale.unwrap_or_default(),
        session_id: session_id.to_string(),
    })
}
