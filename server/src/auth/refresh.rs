//! `Refresh`: a refresh token becomes its successor, once.

use std::time::Duration;

use guichet_proto::v1::{RefreshRequest, RefreshResponse};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{refresh_token::RefreshToken, session as rules};
use crate::{
    call::Call,
    clock::Timestamp,
    error::Error,
    event,
    outbox::{self, Cause},
    secret,
    store::{
        account::{self, State},
        session,
    },
};

/// How long the same old token still gets the same successor: lost replies, two tabs (ASVS 5.0, 10.4.5).
const GRACE: Duration = Duration::from_secs(10);

const REUSE: &str = "reuse";

/// Exchanges a refresh token for new tokens. Reuse after the grace time ends the session.
pub async fn refresh(call: &Call<'_>, request: RefreshRequest) -> Result<RefreshResponse, Error> {
    let app = call.app;
    let presented =
        RefreshToken::parse(&app.master_key, &request.refresh_token).ok_or(Error::TokenInvalid)?;
    let successor = presented.successor(&app.master_key);
    let mut text = successor.to_text(&app.master_key);

    let found = session::Entity::with_account(presented.session_id)
        .one(&app.store.read)
        .await?;
    let (mut session, account) = found.ok_or(Error::TokenInvalid)?;
    check_live(call, &session)?;
    if account.state != State::Active {
        return Err(Error::TokenInvalid);
    }

    let expire_time = call
        .now
        .plus(app.config.lifetimes.refresh)
        .min(session.absolute_expire_time);
    let current = Current {
        session_id: session.id,
        generation: presented.generation,
        text: &request.refresh_token,
    };
    if rotate(call, &current, &text, expire_time).await? {
        session.expire_time = expire_time;
    } else {
        let possible = presented.successors(&app.master_key);
        let still = in_grace_or_end(call, session.id, possible).await?;
        (session, text) = still.ok_or(Error::TokenReused)?;
    }
    Ok(RefreshResponse {
        tokens: Some(rules::tokens(call, &account, &session, text)?),
    })
}

/// The token that is taken for its session's current one.
struct Current<'a> {
    session_id: Uuid,
    generation: u32,
    text: &'a str,
}

/// Moves the session on to the successor of its current token; false if it is not the current one, or not any more.
///
/// One statement, because people are signed in all day and `SQLite` has one writer. The row decides: of several that
/// present the current token one rotates, and whatever ends the session or stops the account has written it as well.
async fn rotate(
    call: &Call<'_>,
    current: &Current<'_>,
    successor: &str,
    expire_time: Timestamp,
) -> Result<bool, Error> {
    let rotated = session::Entity::update_many()
        .set(session::ActiveModel {
            generation: Set(i64::from(current.generation) + 1),
            refresh_hash: Set(secret::hash(successor)),
            rotate_time: Set(call.now),
            last_use_time: Set(call.now),
            expire_time: Set(expire_time),
            ..Default::default()
        })
        .filter(session::Column::Id.eq(current.session_id))
        .filter(session::Column::Generation.eq(i64::from(current.generation)))
        .filter(session::Column::RefreshHash.eq(secret::hash(current.text)))
        .filter(session::Column::RevokeTime.is_null())
        .exec(call.app.store.writer())
        .await?;
    Ok(rotated.rows_affected == 1)
}

/// The session as it is now and its current token, if the presented one was the current one until a moment ago; otherwise
/// that was stolen, and the session ends. `successors` are the texts that the one after it may have.
async fn in_grace_or_end(
    call: &Call<'_>,
    id: Uuid,
    successors: Vec<String>,
) -> Result<Option<(session::Model, String)>, Error> {
    let txn = call.app.store.write().await?;
    let session = session::Entity::find_by_id(id).one(&txn).await?;
    let session = session.ok_or(Error::TokenInvalid)?;
    // It may have ended since the first look.
    check_live(call, &session)?;
    if call.now.since(session.rotate_time) <= GRACE {
        let mut successors = successors.into_iter();
        let current = successors.find(|text| session.refresh_hash == secret::hash(text));
        if let Some(current) = current {
            return Ok(Some((session, current)));
        }
    }
    end(call, &txn, &session).await?;
    txn.commit().await?;
    Ok(None)
}

fn check_live(call: &Call<'_>, session: &session::Model) -> Result<(), Error> {
    if session.revoke_time.is_some() {
        let reused = session.revoke_reason.as_deref() == Some(REUSE);
        return Err(if reused {
            Error::TokenReused
        } else {
            Error::TokenInvalid
        });
    }
    if session.is_live(call.now) {
        Ok(())
    } else {
        Err(Error::TokenExpired)
    }
}

/// Ends a session whose token was stolen, and tells its owner. The worker finds the mail by itself within a second.
async fn end(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    session: &session::Model,
) -> Result<(), Error> {
    if session::Entity::revoke(txn, session.id, REUSE, call.now).await? == 0 {
        return Ok(());
    }
    let found = account::Entity::find_by_id(session.account_id);
    let account = found.one(txn).await?.ok_or(Error::TokenInvalid)?;
    let about = serde_json::json!({ "session_id": session.id });
    event::append(txn, call, "session.reuse_detected", &account, None, about).await?;
    let device_name = session.device_name.clone();
    let cause = Cause::SessionStolen { device_name };
    outbox::enqueue_daily(txn, call.app, cause, &account, call.now).await
}
