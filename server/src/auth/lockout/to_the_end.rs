//! What must not be left undone because a call is dropped in the middle of it.

use std::time::Duration;

use tracing::Instrument as _;

use crate::{error::Error, store::silence::answered};

/// Does work in the database in a task of its own, which goes on when the caller's deadline passes or it hangs up.
pub async fn to_the_end<T: Send + 'static>(
    limit: Duration,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let work = answered(limit, work);
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|cause| Err(Error::Internal(cause.into())))
}
