//! `InspectReset`: is this code still good? Consumes nothing: mail scanners ask as well.

use guichet_proto::v1::{InspectResetRequest, InspectResetResponse};

use super::code;
use crate::{call::Call, error::Error};

/// Tells when a code stops being good.
pub async fn inspect_reset(
    call: &Call<'_>,
    request: InspectResetRequest,
) -> Result<InspectResetResponse, Error> {
    let (code, _) = code::find(call, &request.user_id, &request.code).await?;
    Ok(InspectResetResponse {
        expire_time: Some(code.expire_time.to_proto()),
    })
}
