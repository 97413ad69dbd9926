//! `RevokeReset`: "this was not me". Kills the link of a mail, or does what helps against what a notice tells of.

use guichet_proto::v1::{RevokeResetRequest, RevokeResetResponse};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, sea_query::Expr,
};

use super::{
    code,
    not_me::{self, Remedy},
};
use crate::{
    call::Call,
    error::Error,
    event::{self, Subject},
    store::{
        outbox,
        reset_code::{self, Purpose},
    },
};

/// Takes a person's word for it. The answer never tells whether the code existed.
pub async fn revoke_reset(
    call: &Call<'_>,
    request: RevokeResetRequest,
) -> Result<RevokeResetResponse, Error> {
    take_word(call, request).await?;
    Ok(RevokeResetResponse {})
}

/// Likewise, and tells what helped; none where a link only died, and for one that was of no use any more.
pub async fn take_word(
    call: &Call<'_>,
    request: RevokeResetRequest,
) -> Result<Option<Remedy>, Error> {
    let app = call.app;
    // Only read at first: anybody may ask about codes that never were, and must not keep those waiting who write.
    let seen = code::live(&app.store.read, &request.user_id, &request.code, call.now).await?;
    if seen.is_none() {
        return Ok(None);
    }
    let txn = app.store.write().await?;
    let Some(code) = code::live(&txn, &request.user_id, &request.code, call.now).await? else {
        return Ok(None);
    };
    let (remedy, notice) = Remedy::of(&txn, &code).await?.unzip();
    match &remedy {
        Some(remedy) => {
            let helping = (remedy.clone(), notice.flatten());
            if !not_me::carry_out(call, &txn, &code, helping).await? {
                return Ok(None);
            }
        }
        None => kill(call, &txn, &code).await?,
    }
    txn.commit().await?;
    app.wake.send_replace(());
    Ok(remedy)
}

/// What a click on the link would do; none for a link that only dies, and for one that is of no use any more. Changes
/// nothing: mail scanners ask as well.
pub async fn remedy(
    call: &Call<'_>,
    request: &RevokeResetRequest,
) -> Result<Option<Remedy>, Error> {
    let db = &call.app.store.read;
    let Some(code) = code::live(db, &request.user_id, &request.code, call.now).await? else {
        return Ok(None);
    };
    let remedy = Remedy::of(db, &code).await?.map(|(remedy, _)| remedy);
    Ok(remedy.filter(|remedy| *remedy != Remedy::Links))
}

async fn kill(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    code: &reset_code::Model,
) -> Result<(), Error> {
    let doomed = match code.purpose {
        Purpose::EmailChangeStop => {
            // Before the codes: a mail that waits would make one more when it leaves.
            outbox::Entity::withdraw_confirmations(txn, code.account_id, call.now).await?;
            vec![Purpose::EmailChange, Purpose::EmailChangeStop]
        }
        purpose => vec![purpose],
    };
    let mut update = reset_code::Entity::update_many()
        .col_expr(reset_code::Column::RevokeTime, Expr::value(call.now))
        .filter(reset_code::Column::AccountId.eq(code.account_id))
        .filter(reset_code::Column::Purpose.is_in(doomed))
        .filter(reset_code::Column::UseTime.is_null())
        .filter(reset_code::Column::RevokeTime.is_null());
    if code.purpose != Purpose::EmailChangeStop {
        update = update.filter(reset_code::Column::Id.eq(code.id));
    }
    update.exec(txn).await?;
    let subject = Subject::of_account(txn, Some(code.account_id)).await?;
    let about = serde_json::json!({});
    event::append(txn, call, "reset.revoked", subject, None, about).await?;
    Ok(())
}
