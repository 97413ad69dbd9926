//! A `PostgreSQL` whose machine is gone without a word is waited for without end: its limits are its own, and the driver has
//! none.
//!
//! Whoever gives up frees the connection (see `store/returned.rs`). Calls do at their deadline; tasks that no call gives up
//! must do it by themselves, or a few of them would hold every connection.

use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::time::timeout;

/// Longer than a living one lets a statement wait and take (`POSTGRES_LIMITS`; a commit has no limit there): given up sooner,
/// that would go on there beside what comes after it.
pub const SILENCE: Duration = Duration::from_secs(32);

/// Waits for work in the database, and not without end.
///
/// # Errors
/// As if there were no connection.
pub async fn answered<T, E: From<DbErr>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let answer = timeout(limit, work).await;
    answer.unwrap_or_else(|_| Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_never_answered_is_given_up() {
        let silence = std::future::pending::<Result<(), DbErr>>();
        let given_up = answered(Duration::from_millis(1), silence).await;
        assert!(matches!(given_up, Err(DbErr::ConnectionAcquire(_))));

        let answer = answered(SILENCE, async { Ok::<_, DbErr>(1) }).await;
        assert_eq!(answer.unwrap(), 1);
    }
}
