//! Waiting for what comes sooner or later, and not for ever.

use std::time::{Duration, Instant};

use crate::server::POLL;

/// Longer than anything takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Looks again and again until there is something to see, and returns it.
///
/// # Panics
/// When there is nothing for half a minute; `what` says what was waited for.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(POLL).await;
    }
}
