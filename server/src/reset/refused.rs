//! A word to the person whose reset was asked for and refused. Whoever asked learns nothing: it goes to the address that
//! the account has, and hardly ever.

use guichet_proto::v1::CompleteResetRequest;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::code;
use crate::{
    app::App,
    call::Call,
    clock::Timestamp,
    error::Error,
    event,
    mail::letter::RefusedReset,
    outbox::{self, Cause},
    refusals::Refused,
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

/// Lets the address pass that was given with a code, or refuses the code. The fifth wrong one kills it, and that is told.
///
/// Right or wrong, the same is written, and nothing is done before that is committed: who makes calls that end before they
/// can write must not learn from them.
pub(super) async fn check_address(
    call: &Call<'_>,
    request: &CompleteResetRequest,
    code: &reset_code::Model,
    account: &account::Model,
) -> Result<(), Error> {
    let is_right = code::email_matches(account, request);
    if !is_right {
        call.note(Refused::ResetCode(account.id));
    }
    let txn = call.app.store.write().await?;
    let more = i64::from(!is_right);
    let counted = reset_code::Entity::count_wrong_emails(&txn, code.id, more, call.now).await?;
    txn.commit().await?;

    match counted {
        Some(_) if is_right => return Ok(()),
        // Only now: a try that took longer to count could be given up in time.
        Some(MAX_WRONG_TRIES) => call.carry_out(account, tell_exhausted).await?,
        _ => {}
    }
    Err(Error::ResetCodeInvalid)
}

async fn tell_exhausted(call: &Call<'_>, account: &account::Model) -> Result<(), Error> {
    let txn = call.app.store.write().await?;
    tell_killed(call, &txn, account).await?;
    txn.commit().await?;
    call.app.wake.send_replace(());
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
