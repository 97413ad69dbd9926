//! A word to the person whose reset was asked for and refused. Whoever asked learns nothing: it goes to the address that
//! the account has, and hardly ever.

use sea_orm::ConnectionTrait;

use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    mail::letter::RefusedReset,
    outbox::{self, Cause},
    store::account,
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
