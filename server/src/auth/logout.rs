//! `Logout`.

use guichet_proto::v1::{LogoutRequest, LogoutResponse};

use super::{refresh_token::RefreshToken, session};
use crate::{call::Call, error::Error};

/// Ends the session of a refresh token, whichever of the session's tokens it is.
pub async fn logout(call: &Call<'_>, request: LogoutRequest) -> Result<LogoutResponse, Error> {
    let app = call.app;
    let token =
        RefreshToken::parse(&app.master_key, &request.refresh_token).ok_or(Error::TokenInvalid)?;
    let txn = app.store.write().await?;
    session::close(call, &txn, token.session_id, "logout").await?;
    txn.commit().await?;
    Ok(LogoutResponse {})
}
