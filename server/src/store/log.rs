//! Keeps `SQLite`'s write-ahead log short.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};
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
const BEGIN_ANEW: &str =
    "PRAGMA busy_timeout = 50; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 5000;";

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
    pub async fn shorten_log(&self) -> Result<(), DbErr> {
        let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
        let log = self.log.as_deref();
        if log.map_or(0, |log| length(&log.path)) > LONG {
            self.begin_log_anew().await?;
        }
        Ok(())
    }

    /// Has the log begin anew, likewise: until then it and the file behind it hold what has been deleted.
    pub async fn begin_log_anew(&self) -> Result<(), DbErr> {
        if self.log.is_some() {
            self.write.execute_unprepared(BEGIN_ANEW).await?;
        }
        Ok(())
    }
}
