//! Opening sessions and putting their tokens together.

use guichet_proto::v1::Tokens;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction, EntityTrait as _,
    PaginatorTrait as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    device,
    new_place::{self, Place},
    refresh_token::RefreshToken,
    token,
};
use crate::{
    app::App,
    call::Call,
    caller::live_session,
    clock::Timestamp,
    error::Error,
    event::{self, Subject},
    secret,
    store::{account, session},
    transport::peer,
};

/// Sessions that an account may have at once (ASVS 5.0, 7.1.2); one more ends the oldest.
const MOST: u64 = 50;

/// With fewer nobody looks for old ones to end: not as many sign-ins of one person come between a look and its
/// transaction.
const MANY: u64 = MOST / 2;

/// How a person came to sign in.
#[derive(Serialize, Deserialize)]
pub(crate) struct Arrival {
    /// What the device calls itself.
    pub(crate) device_name: String,
    /// What it was given at an earlier sign-in; may be empty, or anything.
    #[serde(default)]
    pub(crate) device_token: String,
    /// Wrong passwords before the right one.
    #[serde(default)]
    pub(crate) failures: i64,
    /// The session that the new one takes the place of: its refresh token was presented.
    #[serde(default)]
    pub(crate) replaces: Option<Uuid>,
}

/// How a person has proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// By the password alone.
    Password,
    /// By the password and a second factor.
    SecondFactor,
}

/// What is looked at before the transaction that opens a session: the shorter it is, the sooner others write.
pub(super) struct Before {
    place: Place,
    live: u64,
}

impl Before {
    /// Looks at the sessions of who is about to sign in.
    pub(super) async fn look(
        call: &Call<'_>,
        account: &account::Model,
        device_token: &str,
    ) -> Result<Self, Error> {
        let live = session::Entity::live(account.id, call.now);
        Ok(Self {
            place: new_place::look(call, account, device_token).await?,
            live: live.count(&call.app.store.read).await?,
        })
    }
}

/// Opens a session for a person who has just proved who they are.
pub(super) async fn open(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    (account, before): (&account::Model, Before),
    arrival: Arrival,
    proof: Proof,
) -> Result<Tokens, Error> {
    let app = call.app;
    let lifetimes = &app.config.lifetimes;
    if let Some(replaced) = arrival.replaces {
        close(call, txn, replaced, "replaced").await?;
    }
    if before.live >= MANY {
        make_room(call, txn, account).await?;
    }
    new_place::tell(call, txn, (account, before.place), &arrival).await?;
    let id = app.clock.new_id();
    let refresh = RefreshToken::first(id);
    let text = refresh.to_text(&app.master_key);
    let absolute_expire_time = call.now.plus(lifetimes.refresh_absolute);
    let session = session::ActiveModel {
        id: Set(id),
        account_id: Set(account.id),
        device_name: Set(arrival.device_name),
        client_address: Set(call
            .client
            .map(|address| address.to_canonical().to_string())
            .unwrap_or_default()),
        network: Set(peer::network(call.client)),
        create_time: Set(call.now),
        last_use_time: Set(call.now),
        expire_time: Set(call.now.plus(lifetimes.refresh).min(absolute_expire_time)),
        absolute_expire_time: Set(absolute_expire_time),
        generation: Set(0),
        refresh_hash: Set(secret::hash(&text)),
        rotate_time: Set(call.now),
        revoke_time: Set(None),
        revoke_reason: Set(None),
        second_factor: Set(proof == Proof::SecondFactor),
    }
    .insert(txn)
    .await?;
    let about = serde_json::json!({ "session_id": id });
    event::append(
        txn,
        call,
        "session.opened",
        account,
        Some(account.id),
        about,
    )
    .await?;
    let mut tokens = tokens(call, account, &session, text)?;
    tokens.device_token =
        device::token(&app.master_key, &arrival.device_token, account.id, call.now)?;
    Ok(tokens)
}

/// Ends a session whose refresh token was presented.
pub(super) async fn close(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    id: Uuid,
    reason: &str,
) -> Result<(), Error> {
    let Some(session) = session::Entity::find_by_id(id).one(txn).await? else {
        return Ok(());
    };
    if session::Entity::revoke(txn, id, reason, call.now).await? == 1 {
        let about = serde_json::json!({ "session_id": id, "reason": reason });
        let account_id = Some(session.account_id);
        let subject = Subject::of_account(txn, account_id).await?;
        event::append(txn, call, "session.closed", subject, account_id, about).await?;
    }
    Ok(())
}

/// The live session that a refresh token is of. The token is not used up: for what a page shows before its script calls.
pub async fn of_refresh_token(
    app: &App,
    refresh_token: &str,
    now: Timestamp,
) -> Result<Option<session::Live>, Error> {
    let Some(token) = RefreshToken::parse(&app.master_key, refresh_token) else {
        return Ok(None);
    };
    live_session(app, token.session_id, now).await
}

/// The tokens of a session, with this refresh token.
pub(super) fn tokens(
    call: &Call<'_>,
    account: &account::Model,
    session: &session::Model,
    refresh_token: String,
) -> Result<Tokens, Error> {
    let (access_token, access_expires) = token::issue(call.app, account, session, call.now)?;
    Ok(Tokens {
        access_token,
        access_token_expire_time: Some(access_expires.to_proto()),
        refresh_token,
        refresh_token_expire_time: Some(session.expire_time.to_proto()),
        session_id: session.id.to_string(),
        account_id: account.id.to_string(),
        device_token: String::new(),
    })
}

async fn make_room(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
) -> Result<(), Error> {
    let beyond = session::Entity::live(account.id, call.now)
        .order_by_desc(session::Column::LastUseTime)
        .offset(MOST - 1)
        .limit(MOST)
        .all(txn)
        .await?;
    for oldest in beyond {
        session::Entity::revoke(txn, oldest.id, "too_many", call.now).await?;
        let about = serde_json::json!({ "session_id": oldest.id, "reason": "too_many" });
        event::append(txn, call, "session.closed", account, None, about).await?;
    }
    Ok(())
}
