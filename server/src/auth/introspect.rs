//! `Introspect`: is this access token good right now?

use guichet_proto::v1::{IntrospectRequest, IntrospectResponse};

use super::token;
use crate::{call::Call, caller::live_session, clock::Timestamp, error::Error};

/// Tells whether a token is good and whose it is. A person learns that of its own tokens only.
pub async fn introspect(
    call: &Call<'_>,
    request: IntrospectRequest,
) -> Result<IntrospectResponse, Error> {
    let Ok(verified) = token::verify(call.app, &request.token, call.now) else {
        return Ok(IntrospectResponse::default());
    };
    let Some((session, account)) = live_session(call.app, verified.session_id, call.now).await?
    else {
        return Ok(IntrospectResponse::default());
    };
    let may = call.caller.account_id() == Some(account.id)
        || call.caller.has_role("admin")
        || call.caller.has_role("service");
    if !may || account.id != verified.account_id {
        return Ok(IntrospectResponse::default());
    }
    Ok(IntrospectResponse {
        active: true,
        account_id: account.id.to_string(),
        roles: account.role_names(),
        institution_id: account
            .institution_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        username: account.username,
        session_id: session.id.to_string(),
        issue_time: Some(Timestamp(verified.issued * 1_000_000).to_proto()),
        expire_time: Some(Timestamp(verified.expires * 1_000_000).to_proto()),
    })
}
