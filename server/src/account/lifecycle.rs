//! One change of state, with all that hangs on it.

use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use serde_json::json;
use uuid::Uuid;

use super::{row, state::Transition, view};
use crate::{
    call::Call,
    error::Error,
    event,
    store::{
        account::{ActiveModel, Model},
        reset_code, session,
    },
};

/// Carries a transition out in a transaction of its own. An `etag` that is not empty must be the current one.
pub async fn change(
    call: &Call<'_>,
    id: Uuid,
    etag: &str,
    transition: Transition,
) -> Result<Model, Error> {
    let txn = call.app.store.write().await?;
    let before = row::lock_in_scope(&txn, call, id).await?;
    if !etag.is_empty() && etag != view::etag(&before) {
        return Err(Error::EtagMismatch);
    }
    let account = apply(&txn, call, &before, transition, ActiveModel::default()).await?;
    txn.commit().await?;

    Ok(account)
}

/// Carries a transition out together with `changes`.
pub async fn apply(
    txn: &DatabaseTransaction,
    call: &Call<'_>,
    before: &Model,
    transition: Transition,
    mut changes: ActiveModel,
) -> Result<Model, Error> {
    let next = transition.next(
        before.state,
        before.prior_state,
        before.password_hash.is_some(),
    );
    changes.state = Set(next.ok_or(Error::State)?);
    changes.prior_state = Set(match transition {
        Transition::Disable | Transition::Delete => Some(before.state),
        _ => None,
    });
    let account = row::save(txn, before, changes, call.now).await?;

    if matches!(transition, Transition::Disable | Transition::Delete) {
        session::Entity::revoke_all(txn, before.id, None, kind(transition), call.now).await?;
        reset_code::Entity::revoke_all(txn, before.id, call.now).await?;
    }
    let actor = call.caller.actor_id();
    event::append(txn, call, kind(transition), before, actor, json!({})).await?;
    Ok(account)
}

const fn kind(transition: Transition) -> &'static str {
    match transition {
        Transition::Migrate => "account.migrated",
        Transition::Activate => "account.activated",
        Transition::Disable => "account.disabled",
        Transition::Enable => "account.enabled",
        Transition::Delete => "account.deleted",
        Transition::Distrust => "account.not_me",
        Transition::Undelete => "account.undeleted",
    }
}
