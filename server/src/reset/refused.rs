//! A word to the person whose reset was asked for and refused. Whoever asked learns nothing: it goes to the address that
//! the account has, and hardly ever.

use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait as _};

use super::code;
use crate::{
    app::App,
    call::Call,
    clock::Timestamp,
    error::Error,
    event,
    mail::letter::RefusedReset,
    outbox::{self, Cause},
    store::{
        account,
        reset_code::{self, MAX_WRONG_TRIES},
    },
};

/// Queues the notice, if the account has an address and there was none today. Wake the worker after the commit.
pub(super) async fn tell(
    db: &impl ConnectionTrait,
    app: &App,
    account: &account::Model,
    why: RefusedReset,
    now: Timestamp,
) -> Result<(), Error> {
    outbox::enqueue_daily(db, app, Cause::ResetRefused { why }, account, now).await
}

/// Counts a wrong address that was given with a code. The fifth kills the code, and that is told.
pub(super) async fn count_wrong_address(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    code: &reset_code::Model,
    account: &account::Model,
) -> Result<(), Error> {
    code::count_wrong_try(txn, code.id).await?;
    // Read again, now that its row is held: of addresses that are tried at once, exactly one is the fifth.
    let counted = reset_code::Entity::find_by_id(code.id).one(txn).await?;
    if counted.is_some_and(|code| code.wrong_emails == MAX_WRONG_TRIES) {
        tell_killed(call, txn, account).await?;
    }
    Ok(())
}

/// Has the journal and the person know that wrong tries have killed a code. Wake the worker after the commit.
pub(super) async fn tell_killed(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
) -> Result<(), Error> {
    let about = serde_json::json!({});
    event::append(txn, call, "reset.code_exhausted", account, None, about).await?;
    tell(txn, call.app, account, RefusedReset::LinkKilled, call.now).await
}
