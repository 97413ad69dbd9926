//! `Refresh`: a refresh token becomes its successor, once.

use std::time::{Duration, Instant};

use guichet_proto::v1::{RefreshRequest, RefreshResponse};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr,
    EntityTrait as _, QueryFilter as _,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{lockout::to_the_end, refresh_token::RefreshToken, session as rules};
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
        silence::answered,
    },
};

/// How long the same old token still gets the same successor: lost replies, two tabs (ASVS 5.0, 10.4.5).
const GRACE: Duration = Duration::from_secs(10);

/// What is done later than this after it was asked for is dated anew: the grace begins when there is a successor.
const LATE: Duration = Duration::from_secs(1);

/// Renewals that are written at a time, half as many as there are connections that write: they go on where their callers give
/// up, and a crowd that gives up must be no line.
const AT_ONCE: usize = 4;

/// A commit may take longer than any statement, for a standby or a disk. Whoever gives it up can't date it.
const LONGEST: Duration = Duration::from_mins(2);

/// How long a renewal waits for its turn: as long as a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

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
    let step = Step {
        session_id: session.id,
        generation: i64::from(presented.generation),
        hash: secret::hash(&request.refresh_token),
        successor: secret::hash(&text),
        expire_time,
    };
    if rotate(call, step).await? {
        session.expire_time = expire_time;
    } else {
        let possible = presented.successors(&app.master_key);
        let still = in_grace_or_end(call, &session, possible).await?;
        (session, text) = still.ok_or(Error::TokenReused)?;
    }
    Ok(RefreshResponse {
        tokens: Some(rules::tokens(call, &account, &session, text)?),
    })
}

/// From the token that is taken for its session's current one to its successor.
struct Step {
    session_id: Uuid,
    generation: i64,
    hash: Vec<u8>,
    successor: Vec<u8>,
    expire_time: Timestamp,
}

/// Moves the session on to the successor of its current token; false if it is not the current one, or not any more.
///
/// To the end: the database does what it was asked for, however late, and dated back, the next try of whoever heard nothing
/// would be taken for a theft.
async fn rotate(call: &Call<'_>, step: Step) -> Result<bool, Error> {
    let asked = Instant::now();
    // Nobody closes the semaphore.
    let turn = answered(PATIENCE, async {
        Ok::<_, Error>(TURNS.acquire().await.ok())
    })
    .await?;
    let (store, now) = (call.app.store.clone(), call.now);
    let rotated = async move {
        let is_done = step.take(store.writer(), now).await?;
        let took = asked.elapsed();
        if is_done && took > LATE {
            step.date(store.writer(), now.plus(took)).await?;
        }
        drop(turn);
        Ok(is_done)
    };
    to_the_end(LONGEST, rotated).await
}

impl Step {
    /// One statement, because people are signed in all day and `SQLite` has one writer. The row decides: of several that
    /// present the current token one rotates, and whatever ends the session or stops the account has written it as well.
    async fn take(&self, db: &impl ConnectionTrait, now: Timestamp) -> Result<bool, DbErr> {
        let rotated = session::Entity::update_many()
            .set(session::ActiveModel {
                generation: Set(self.generation + 1),
                refresh_hash: Set(self.successor.clone()),
                rotate_time: Set(now),
                last_use_time: Set(now),
                expire_time: Set(self.expire_time),
                ..Default::default()
            })
            .filter(session::Column::Id.eq(self.session_id))
            .filter(session::Column::Generation.eq(self.generation))
            .filter(session::Column::RefreshHash.eq(self.hash.clone()))
            .filter(session::Column::RevokeTime.is_null())
            .exec(db)
            .await?;
        Ok(rotated.rows_affected == 1)
    }

    /// Writes down when it was taken, unless the session has moved on.
    async fn date(&self, db: &impl ConnectionTrait, taken: Timestamp) -> Result<(), DbErr> {
        session::Entity::update_many()
            .set(session::ActiveModel {
                rotate_time: Set(taken),
                ..Default::default()
            })
            .filter(session::Column::Id.eq(self.session_id))
            .filter(session::Column::Generation.eq(self.generation + 1))
            .filter(session::Column::RefreshHash.eq(self.successor.clone()))
            .exec(db)
            .await
            .map(drop)
    }
}

/// The session as it is now and its current token, if the presented one was the current one until a moment ago; otherwise
/// that was stolen, and the session ends. `successors` are the texts that the one after it may have.
async fn in_grace_or_end(
    call: &Call<'_>,
    before: &session::Model,
    successors: Vec<String>,
) -> Result<Option<(session::Model, String)>, Error> {
    let txn = call.app.store.write().await?;
    let session = session::Entity::find_by_id(before.id).one(&txn).await?;
    let session = session.ok_or(Error::TokenInvalid)?;
    // It may have ended since the first look.
    check_live(call, &session)?;
    // A step that was done late is not dated yet for those that have waited for it.
    let has_moved_meanwhile = session.generation > before.generation;
    if has_moved_meanwhile || call.now.since(session.rotate_time) <= GRACE {
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
