//! What the ways of proving oneself beside the password have in common: how guessing is slowed down, and who is told.

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    account::own_counter,
    call::Call,
    error::Error,
    event,
    mail::letter::SecondFactorChange,
    metrics::Tried,
    outbox::{self, Cause},
    store::account,
    throttle,
};

/// Charges one try before it is looked at, whatever becomes of the rest of the call.
///
/// One counter an account, so that going from one kind of code to the other, or signing in anew, gains nothing.
pub(super) async fn charge(call: &Call<'_>, account: &account::Model) -> Result<(), Error> {
    let key = counter(call, account.id);
    own_counter::charge(call, account, &key, Tried::SecondFactor).await
}

/// Takes one try back, because nobody learnt whether it was right.
pub(super) async fn take_back(call: &Call<'_>, account_id: Uuid) -> Result<(), Error> {
    if call.app.config.throttle.enabled {
        throttle::take_back(call.app.store.writer(), &counter(call, account_id)).await?;
    }
    Ok(())
}

/// Forgets the wrong tries: the last one was right, the factor is gone, or an administrator unlocks.
pub(super) async fn forgive(
    call: &Call<'_>,
    db: &impl ConnectionTrait,
    account_id: Uuid,
) -> Result<(), Error> {
    throttle::forget(db, &counter(call, account_id)).await?;
    Ok(())
}

/// Writes the event and the notice to the person. Wake the worker after the commit.
pub(super) async fn tell(
    call: &Call<'_>,
    db: &impl ConnectionTrait,
    account: &account::Model,
    change: SecondFactorChange,
) -> Result<(), Error> {
    let kind = match change {
        SecondFactorChange::Added => "second_factor.added",
        SecondFactorChange::Removed => "second_factor.removed",
        SecondFactorChange::CodesReplaced => "second_factor.codes_replaced",
        SecondFactorChange::CodeUsed => "second_factor.code_used",
    };
    let about = serde_json::json!({});
    let actor = call.caller.actor_id();
    event::append(db, call, kind, account, actor, about).await?;
    if let Some(email) = &account.email {
        let cause = Cause::SecondFactorChanged { change };
        outbox::enqueue(db, call.app, cause, account, email).await?;
    }
    Ok(())
}

fn counter(call: &Call<'_>, account_id: Uuid) -> Vec<u8> {
    let parts: [&[u8]; 2] = [b"second-factor", account_id.as_bytes()];
    throttle::key(&call.app.master_key, &parts)
}
