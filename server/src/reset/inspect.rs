//! `InspectReset`: is this code still good? Consumes nothing: mail scanners ask as well. That it was looked at is written
//! down, for whoever asks why nothing came of a mail.

use guichet_proto::v1::{InspectResetRequest, InspectResetResponse};

use super::code;
use crate::{call::Call, error::Error, store::reset_code};

/// Tells when a code stops being good.
pub async fn inspect_reset(
    call: &Call<'_>,
    request: InspectResetRequest,
) -> Result<InspectResetResponse, Error> {
    let (code, _) = code::find(call, &request.user_id, &request.code).await?;
    if code.open_time.is_none() {
        let txn = call.app.store.write().await?;
        reset_code::Entity::note_opened(&txn, code.id, call.now).await?;
        txn.commit().await?;
    }
    Ok(InspectResetResponse {
        expire_time: Some(code.expire_time.to_proto()),
    })
}
