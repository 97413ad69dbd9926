//! Looks at a connection to `PostgreSQL` that comes back to its pool, since whoever used it may have given up in the middle.

use std::{future::Future, io::ErrorKind};

use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use super::silence::SILENCE;

/// Outside of a transaction both are the same: a statement is one of its own (PostgreSQL, 9.9.5).
const IS_IN_TRANSACTION: &str = "SELECT now() <> statement_timestamp()";

/// Whether the database is still there. One whose host is gone without a word would be waited for by the pool without
/// end, and each such connection would be one less.
pub(super) async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    in_time(connection.ping()).await.map(|()| true)
}

/// Likewise, and leaves no transaction open.
///
/// The driver counts one as open when BEGIN is answered (sqlx 0.9, `PgTransactionManager::begin`). Of whoever gives up
/// before that, it would hand out the connection again inside of a transaction that nobody ends: what is written there
/// next by a single statement is answered as if it were committed, and can be lost.
pub(super) async fn ends_transaction(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let ended = async {
        let answer = sqlx::raw_sql(IS_IN_TRANSACTION);
        let answer = answer.fetch_one(&mut *connection).await?;
        if answer.try_get(0)? {
            sqlx::raw_sql("ROLLBACK").execute(connection).await?;
        }
        Ok(true)
    };
    in_time(ended).await
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answer = timeout(SILENCE, answer).await;
    answer.unwrap_or_else(|_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into())))
}
