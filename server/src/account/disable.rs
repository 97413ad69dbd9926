//! `DisableAccount`, `EnableAccount` and `UnlockAccount`.

use guichet_proto::v1::{
    DisableAccountRequest, DisableAccountResponse, EnableAccountRequest, EnableAccountResponse,
    UnlockAccountRequest, UnlockAccountResponse,
};
use serde_json::json;

use super::{lifecycle, row, state::Transition, view};
use crate::{
    auth::lockout,
    call::{Call, parse_id},
    error::Error,
    event,
};

/// `DisableAccount`.
pub async fn disable_account(
    call: &Call<'_>,
    request: DisableAccountRequest,
) -> Result<DisableAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let account = lifecycle::change(call, id, "", Transition::Disable).await?;
    Ok(DisableAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `EnableAccount`.
pub async fn enable_account(
    call: &Call<'_>,
    request: EnableAccountRequest,
) -> Result<EnableAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let account = lifecycle::change(call, id, "", Transition::Enable).await?;
    Ok(EnableAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `UnlockAccount`.
pub async fn unlock_account(
    call: &Call<'_>,
    request: UnlockAccountRequest,
) -> Result<UnlockAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let txn = call.app.store.write().await?;
    let account = row::lock_in_scope(&txn, call, id).await?;
    lockout::unlock(call, &txn, &account).await?;
    event::append(
        &txn,
        call,
        "account.unlocked",
        &account,
        call.caller.actor_id(),
        json!({}),
    )
    .await?;
    txn.commit().await?;

    Ok(UnlockAccountResponse {
        account: Some(view::account(&account)),
    })
}
