//! Short codes: handed over by voice or on paper, and typed where a link has its code.
//!
//! What people can type can also be guessed. So a short code is kept under the master key, and dies with the fifth wrong
//! try at its account.

use std::time::Duration;

use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait as _, sea_query::OnConflict};
use tokio::time::Instant;
use uuid::Uuid;

use super::{code, refused};
use crate::{
    account::row,
    app::App,
    call::Call,
    error::Error,
    event,
    mail::letter::RefusedReset,
    master_key::{Digest, Purpose},
    secret,
    store::{
        reset_code::{self, MAX_WRONG_TRIES},
        throttle as counter,
    },
    throttle,
};

/// How long a wrong code takes, whether or not there is a right one: what has to be looked at and counted takes some
/// microseconds more where there is.
const WRONG_TAKES: Duration = Duration::from_millis(5);

/// What is kept of an account's short code, given in its one spelling.
pub(super) fn digest(app: &App, account_id: Uuid, code: &str) -> Digest {
    let parts: [&[u8]; 2] = [account_id.as_bytes(), code.as_bytes()];
    app.master_key.digest(Purpose::ShortCodes, &parts)
}

/// The account's live short code, if that is what was typed. Anything else is counted against it, by `InspectReset` as
/// well: a question must not be a free guess.
pub(super) async fn find(
    call: &Call<'_>,
    account_id: Uuid,
    typed: &str,
) -> Result<Option<reset_code::Model>, Error> {
    if typed.is_empty() {
        return Ok(None);
    }
    let arrived = Instant::now();
    let app = call.app;
    let txn = app.store.write().await?;
    match reset_code::Entity::lock_short(&txn, account_id, call.now).await? {
        Some(live) if is_it(app, &live, typed) => return Ok(Some(live)),
        Some(live) => count_wrong(call, &txn, &live).await?,
        None => count_in_vain(call, &txn, account_id).await?,
    }
    txn.commit().await?;
    tokio::time::sleep_until(arrived + WRONG_TAKES).await;
    Ok(None)
}

fn is_it(app: &App, live: &reset_code::Model, typed: &str) -> bool {
    secret::read_short_code(typed)
        .is_some_and(|code| digest(app, live.account_id, &code).is(&live.code_hash))
}

/// Where no short code is, a try is written down as well and read by nobody: a call that commits nothing is quicker, and
/// would tell whose account waits for a code that was handed over.
async fn count_in_vain(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account_id: Uuid,
) -> Result<(), Error> {
    let parts: [&[u8]; 2] = [b"no-short-code", account_id.as_bytes()];
    let row = counter::ActiveModel {
        key: Set(throttle::key(&call.app.master_key, &parts)),
        failures: Set(1),
        open_time: Set(call.now),
        expire_time: Set(call.now),
        refuse_time: Set(None),
    };
    let again = OnConflict::column(counter::Column::Key)
        .update_column(counter::Column::ExpireTime)
        .to_owned();
    counter::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

async fn count_wrong(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    live: &reset_code::Model,
) -> Result<(), Error> {
    code::count_wrong_try(txn, live.id).await?;
    if live.wrong_emails + 1 >= MAX_WRONG_TRIES {
        let kind = "reset.code_exhausted";
        let about = serde_json::json!({});
        let account = row::find(txn, live.account_id).await?;
        event::append(txn, call, kind, &account, None, about).await?;
        refused::tell(txn, call.app, &account, RefusedReset::LinkKilled, call.now).await?;
    }
    Ok(())
}
