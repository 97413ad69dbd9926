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
    let Some(session) = live_session(call.app, verified.session_id, call.now).await? else {
        return Ok(IntrospectResponse::default());
    };
    let may = call.caller.account_id() == Some(session.account_id)
        || call.caller.has_role("admin")
        || call.caller.has_role("service");
    if !may || session.account_id != verified.account_id {
        return Ok(IntrospectResponse::default());
    }
    Ok(IntrospectResponse {
        active: true,
        account_id: session.account_id.to_string(),
        roles: session.roles,
        institution_id: session
            .institution_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        username: session.username,
        session_id: session.id.to_string(),
        issue_time: Some(Timestamp(verified.issued * 1_000_000).to_proto()),
        expire_time: Some(Timestamp(verified.expires * 1_000_000).to_proto()),
    })
}
