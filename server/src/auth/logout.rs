//! `Logout`.

use guichet_proto::v1::{LogoutRequest, LogoutResponse};
use sea_orm::EntityTrait as _;

use super::refresh_token::RefreshToken;
use crate::{
    call::Call,
    error::Error,
    event::{self, Subject},
    store::session,
};

/// Ends the session of a refresh token, whichever of the session's tokens it is.
pub async fn logout(call: &Call<'_>, request: LogoutRequest) -> Result<LogoutResponse, Error> {
    let app = call.app;
    let token =
        RefreshToken::parse(&app.master_key, &request.refresh_token).ok_or(Error::TokenInvalid)?;
    let txn = app.store.write().await?;
    let Some(session) = session::Entity::find_by_id(token.session_id)
        .one(&txn)
        .await?
    else {
        return Ok(LogoutResponse {});
    };
    if session::Entity::revoke(&txn, session.id, "logout", call.now).await? == 1 {
        let about = serde_json::json!({ "session_id": session.id, "reason": "logout" });
        let account_id = Some(session.account_id);
        let subject = Subject::of_account(&txn, account_id).await?;
        event::append(&txn, call, "session.closed", subject, account_id, about).await?;
    }
    txn.commit().await?;
    Ok(LogoutResponse {})
}
