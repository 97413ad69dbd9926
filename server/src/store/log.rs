//! Keeps `SQLite`'s write-ahead log short.

use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait as _, DbErr};

use super::Store;

/// Automatic checkpoints begin at 4 MiB. A log this long says that readers followed each other without a gap, so that it
/// could not begin anew.
const LONG: u64 = 16 << 20;

/// Waits for readers, but not for long, because writers wait meanwhile; a backup that reads for minutes is let be.
const BEGIN_ANEW: &str =
    "PRAGMA busy_timeout = 50; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 5000;";

impl Store {
    /// Has a log that has grown long begin anew, if no reader stands in the way.
    pub async fn shorten_log(&self) -> Result<(), DbErr> {
        let length = |log: &PathBuf| std::fs::metadata(log).map_or(0, |file| file.len());
        if self.log.as_ref().map_or(0, length) > LONG {
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

/// Where the log of a database is.
pub(super) fn of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
