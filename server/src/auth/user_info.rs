//! `GetUserInfo`.

use guichet_proto::v1::{GetUserInfoRequest, GetUserInfoResponse};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};

use crate::{
    call::Call,
    caller::Caller,
    error::Error,
    store::{account, recovery_code, totp},
};

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
    let totp = totp::Entity::confirmed(*account_id)
        .one(&call.app.store.read)
        .await?;
    let codes = recovery_code::Entity::unused(*account_id)
        .count(&call.app.store.read)
        .await?;
    Ok(GetUserInfoResponse {
        account_id: account.id.to_string(),
        roles: account.role_names(),
        username: account.username,
        email: account.email.unwrap_or_default(),
        email_verified: account.email_verified,
        display_name: account.display_name,
        locale: account.locale.unwrap_or_default(),
        session_id: session_id.to_string(),
        totp_enrolled: totp.is_some(),
        recovery_codes_left: i32::try_from(codes).unwrap_or(i32::MAX),
    })
}
