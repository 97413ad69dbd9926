//! A word to the person whose reset was asked for and refused. Whoever asked learns nothing: it goes to the address that
//! the account has, and hardly ever.

use std::time::Duration;

use sea_orm::ConnectionTrait;

use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    mail::letter::RefusedReset,
    outbox::{self, Cause},
    store::account,
};

/// Whoever pesters must not fill a mailbox.
const AT_MOST_EVERY: Duration = Duration::from_hours(24);

/// Queues the notice, if the account has an address and there was none today. Wake the worker after the commit.
pub(super) async fn tell(
    db: &impl ConnectionTrait,
    app: &App,
    account: &account::Model,
    why: RefusedReset,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(email) = &account.email else {
        return Ok(());
    };
    let cause = Cause::ResetRefused { why };
    if outbox::is_told(db, account.id, &cause, now.minus(AT_MOST_EVERY)).await? {
        return Ok(());
    }
    outbox::enqueue(db, app, cause, account, email).await
}
