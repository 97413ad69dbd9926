//! `RevokeReset`: "this was not me". Kills the link, and with the notice of an e-mail change, the change.

use guichet_proto::v1::{RevokeResetRequest, RevokeResetResponse};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};

use super::code;
use crate::{
    call::Call,
    error::Error,
    event::{self, Subject},
    store::reset_code::{self, Purpose},
};

/// Kills a code. The answer never tells whether it existed.
pub async fn revoke_reset(
    call: &Call<'_>,
    request: RevokeResetRequest,
) -> Result<RevokeResetResponse, Error> {
    let app = call.app;
    let txn = app.store.write().await?;
    let Some(code) = code::live(&txn, &request.user_id, &request.code, call.now).await? else {
        return Ok(RevokeResetResponse {});
    };
    let doomed = match code.purpose {
        Purpose::EmailChangeStop => vec![Purpose::EmailChange, Purpose::EmailChangeStop],
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
    update.exec(&txn).await?;
    let subject = Subject::of_account(&txn, Some(code.account_id)).await?;
    event::append(
        &txn,
        call,
        "reset.revoked",
        subject,
        None,
        serde_json::json!({}),
    )
    .await?;
    txn.commit().await?;
    Ok(RevokeResetResponse {})
}
