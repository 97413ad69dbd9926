//! `ListSessions`, `RevokeSession`, `RevokeAllSessions`: people see where they are signed in, and end it.

use guichet_proto::v1::{
    ListSessionsRequest, ListSessionsResponse, RevokeAllSessionsRequest, RevokeAllSessionsResponse,
    RevokeSessionRequest, RevokeSessionResponse, Session,
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, SelectExt as _,
};
use uuid::Uuid;

use crate::{
    call::{Call, parse_id},
    caller::Caller,
    error::Error,
    event::{self, Subject},
    store::session,
};

/// Lists live sessions, newest first.
pub async fn list_sessions(
    call: &Call<'_>,
    request: ListSessionsRequest,
) -> Result<ListSessionsResponse, Error> {
    let account_id = call.own_or_admin("account_id", &request.account_id)?;
    let sessions = session::Entity::live(account_id, call.now)
        .order_by_desc(session::Column::Id)
        .all(&call.app.store.read)
        .await?;
    let own = own_session(call);
    let view = |session: session::Model| Session {
        current: own == Some(session.id),
        id: session.id.to_string(),
        device_name: session.device_name,
        client_address: session.client_address,
        create_time: Some(session.create_time.to_proto()),
        last_use_time: Some(session.last_use_time.to_proto()),
        expire_time: Some(session.expire_time.to_proto()),
    };
    Ok(ListSessionsResponse {
        sessions: sessions.into_iter().map(view).collect(),
    })
}

/// Ends one session. Somebody else's is not found.
pub async fn revoke_session(
    call: &Call<'_>,
    request: RevokeSessionRequest,
) -> Result<RevokeSessionResponse, Error> {
    let id = parse_id("session_id", &request.session_id)?;
    // Whoever has nothing to end keeps nobody from writing.
    let session = session::Entity::find_by_id(id)
        .one(&call.app.store.read)
        .await?
        .filter(|session| call.caller.is_or_administers(session.account_id));
    let session = session.ok_or(Error::NotFound)?;
    if session.revoke_time.is_some() {
        return Ok(RevokeSessionResponse {});
    }

    let txn = call.app.store.write().await?;
    if session::Entity::revoke(&txn, id, "revoked", call.now).await? == 1 {
        let about = serde_json::json!({ "session_id": id, "reason": "revoked" });
        let subject = Subject::of_account(&txn, Some(session.account_id)).await?;
        event::append(
            &txn,
            call,
            "session.closed",
            subject,
            call.caller.actor_id(),
            about,
        )
        .await?;
    }
    txn.commit().await?;
    Ok(RevokeSessionResponse {})
}

/// Ends every session of an account, perhaps but the caller's own.
pub async fn revoke_all_sessions(
    call: &Call<'_>,
    request: RevokeAllSessionsRequest,
) -> Result<RevokeAllSessionsResponse, Error> {
    let account_id = call.own_or_admin("account_id", &request.account_id)?;
    let keep = own_session(call).filter(|_| request.keep_current);
    let mut live = session::Entity::live(account_id, call.now);
    if let Some(keep) = keep {
        live = live.filter(session::Column::Id.ne(keep));
    }
    if !live.exists(&call.app.store.read).await? {
        return Ok(RevokeAllSessionsResponse { revoked_count: 0 });
    }

    let txn = call.app.store.write().await?;
    let revoked = session::Entity::revoke_all(&txn, account_id, keep, "revoked", call.now).await?;
    // Another call may have ended them meanwhile.
    if revoked > 0 {
        let about = serde_json::json!({ "count": revoked });
        let actor_id = call.caller.actor_id();
        let subject = Subject::of_account(&txn, Some(account_id)).await?;
        event::append(&txn, call, "session.all_closed", subject, actor_id, about).await?;
    }
    txn.commit().await?;
    Ok(RevokeAllSessionsResponse {
        revoked_count: i32::try_from(revoked).unwrap_or(i32::MAX),
    })
}

const fn own_session(call: &Call<'_>) -> Option<Uuid> {
    match &call.caller {
        Caller::Person { session_id, .. } => Some(*session_id),
        Caller::Anonymous | Caller::System { .. } => None,
    }
}
