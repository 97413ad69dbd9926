//! `DeleteAccount`, `UndeleteAccount` and `PurgeAccount`.

use guichet_proto::v1::{
    DeleteAccountRequest, DeleteAccountResponse, PurgeAccountRequest, PurgeAccountResponse,
    UndeleteAccountRequest, UndeleteAccountResponse,
};

use super::{lifecycle, purge, row, state::Transition, view};
use crate::{
    call::{Call, parse_id},
    error::Error,
    store::account::State,
};

/// `DeleteAccount`.
pub async fn delete_account(
    call: &Call<'_>,
    request: DeleteAccountRequest,
) -> Result<DeleteAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let account = lifecycle::change(call, id, &request.etag, Transition::Delete).await?;
    Ok(DeleteAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `UndeleteAccount`.
pub async fn undelete_account(
    call: &Call<'_>,
    request: UndeleteAccountRequest,
) -> Result<UndeleteAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let account = lifecycle::change(call, id, "", Transition::Undelete).await?;
    Ok(UndeleteAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `PurgeAccount`.
pub async fn purge_account(
    call: &Call<'_>,
    request: PurgeAccountRequest,
) -> Result<PurgeAccountResponse, Error> {
    let id = parse_id("account_id", &request.account_id)?;
    let txn = call.app.store.write().await?;
    let account = row::lock_in_scope(&txn, call, id).await?;
    if account.state != State::Deleted {
        return Err(Error::State);
    }

    purge::purge(&txn, call, account).await?;
    txn.commit().await?;
    if let Err(cause) = call.app.store.begin_log_anew().await {
        // The worker will, within minutes.
        tracing::debug!("the write-ahead log holds what was deleted a little longer: {cause}");
    }

    Ok(PurgeAccountResponse {})
}
