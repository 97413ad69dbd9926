//! Keeps `SQLite`'s write-ahead log short.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::sync::Notify;

use super::Store;

/// A log this long says that readers followed each other without a gap, so that it could not begin anew.
const LONG: u64 = 16 << 20;

/// Pages of 4 KiB after which a commit moves the log into the file itself: if nobody else does.
pub(super) const FULL: &str = "4000";

/// Writes that fill some 4 MiB.
const MANY: u64 = 100;

/// While the log is moved more is written to it. When all of it has been moved, the next write begins it anew.
const ROUNDS: usize = 4;

/// Waits for readers, but not for long, because writers wait meanwhile; a backup that reads for minutes is let be.
const IMPATIENCE: &str = "PRAGMA busy_timeout = 50";

const BEGIN_ANEW: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// `SQLite`'s write-ahead log.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    writes: AtomicU64,
    grown: Notify,
}

impl Log {
    /// Of the database in this file.
    pub(super) fn of(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push("-wal");
        Self {
            path: name.into(),
            writes: AtomicU64::new(0),
            grown: Notify::new(),
        }
    }

    /// One write more.
    pub(super) fn count(&self) {
        let before = self.writes.fetch_add(1, Ordering::Relaxed);
        if (before + 1).is_multiple_of(MANY) {
            self.grown.notify_one();
        }
    }
}

impl Store {
    /// Waits until so much has been written that the log should be moved into the file. `PostgreSQL` minds its own.
    pub async fn log_has_grown(&self) {
        match &self.log {
            Some(log) => log.grown.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Moves what is in the log into the file, beside those who write: a commit that does it takes some ten milliseconds
    /// longer, and everybody who writes waits for it.
    pub async fn move_log(&self) -> Result<(), DbErr> {
        for _ in 0..ROUNDS {
            let sql = "PRAGMA wal_checkpoint(PASSIVE)";
            let moved = Statement::from_string(DbBackend::Sqlite, sql);
            let Some(row) = self.read.query_one_raw(moved).await? else {
                return Ok(());
            };
            let pages: [i32; 2] = [row.try_get("", "log")?, row.try_get("", "checkpointed")?];
            if pages[0] == pages[1] {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Has a log that has grown long begin anew, if no reader stands in the way.
    pub async fn shorten_log(&self) -> sqlx::Result<()> {
        let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
        let log = self.log.as_deref();
        if log.map_or(0, |log| length(&log.path)) > LONG {
            self.begin_log_anew().await?;
        }
        Ok(())
    }

    /// Has the log begin anew, likewise: until then it and the file behind it hold what has been deleted.
    pub async fn begin_log_anew(&self) -> sqlx::Result<()> {
        if self.log.is_some() {
            impatiently(&self.write, BEGIN_ANEW).await?;
        }
        Ok(())
    }
}

/// Runs a statement that does not wait long for others. The connection is closed after it, also if the statement fails or
/// nobody waits for its end: whoever writes next must not be as impatient.
async fn impatiently(db: &DatabaseConnection, sql: &'static str) -> sqlx::Result<()> {
    let mut connection = db.get_sqlite_connection_pool().acquire().await?;
    connection.close_on_drop();
    sqlx::raw_sql(IMPATIENCE).execute(&mut *connection).await?;
    sqlx::raw_sql(sql).execute(&mut *connection).await?;
    connection.close().await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::sqlite::{WRITER, connect};

    async fn patience(db: &DatabaseConnection) -> i32 {
        let question = Statement::from_string(DbBackend::Sqlite, "PRAGMA busy_timeout");
        let row = db.query_one_raw(question).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn whoever_writes_next_waits_for_others_as_long_as_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guichet.db");
        let writer = connect(&path, WRITER).await.unwrap();
        assert_eq!(patience(&writer).await, 5_000);

        impatiently(&writer, BEGIN_ANEW).await.unwrap();
        assert_eq!(patience(&writer).await, 5_000);

        impatiently(&writer, "no statement").await.unwrap_err();
        assert_eq!(patience(&writer).await, 5_000);

        let other = connect(&path, WRITER).await.unwrap();
        other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
        let waits = impatiently(&writer, "BEGIN IMMEDIATE");
        // On a machine that is slow enough it fails before it is given up.
        let _ = tokio::time::timeout(Duration::from_millis(10), waits).await;
        other.close().await.unwrap();
        assert_eq!(patience(&writer).await, 5_000);
    }
}
