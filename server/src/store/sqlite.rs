//! Connections to an `SQLite` file.

use std::path::Path;

use anyhow::Context as _;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement,
};
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use super::{ACQUIRE_TIMEOUT, log, tune};

/// The first version without the error that could damage a write-ahead log when it is reset (SQLite's release notes).
const LEAST: [u32; 3] = [3, 51, 3];

/// Connections to one `SQLite` file, and the memory in KiB in which each keeps pages: what readers look up is in the
/// system's cache as well, and each of them need not keep it once more.
pub(super) struct Connections {
    most: u32,
    cache: u32,
}

pub(super) const WRITER: Connections = Connections {
    most: 1,
    cache: 1_024,
};
pub(super) const READERS: Connections = Connections {
    most: 4,
    cache: 256,
};

/// Opens the file, and makes it where there is none.
pub(super) async fn connect(
    path: &Path,
    Connections { most, cache }: Connections,
) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    tune(&mut options, most);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .pragma("cache_size", format!("-{cache}"))
            .pragma("wal_autocheckpoint", log::FULL)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .foreign_keys(true)
            // What is deleted, of a person who wants to be forgotten above all, is written over.
            .pragma("secure_delete", "ON")
    });
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.before_acquire(|connection, _| Box::pin(has_no_transaction(connection)))
    });
    Database::connect(options)
        .await
        .with_context(|| format!("can't open {}", path.display()))
}

/// Whether a connection may be used again. One that may not is closed.
///
/// `SQLite` rolls a transaction back by itself when the disk is full, and the driver goes on counting it as open: what is
/// written by that connection afterwards is answered as if it were committed, and is lost.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A rollback may be on its way to the driver's thread. It has passed when this comes back.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// A build that links the system's library may get an older one.
pub(super) async fn refuse_old(db: &DatabaseConnection) -> anyhow::Result<()> {
    let question = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version() AS version");
    let row = db.query_one_raw(question).await?.context("no version")?;
    let version: String = row.try_get("", "version")?;
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect();
    anyhow::ensure!(
        parts.as_slice() >= LEAST.as_slice(),
        "SQLite {version} can damage a database that is written and checkpointed at once; 3.51.3 can't"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `.cargo/config.toml` asks of it is lost without a word where that file is not read.
    #[tokio::test]
    async fn it_is_built_as_it_should_be() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        let sql = "SELECT sqlite_compileoption_used('ENABLE_QPSG')";
        let question = Statement::from_string(DbBackend::Sqlite, sql);

        let row = db.query_one_raw(question).await.unwrap().unwrap();

        assert!(row.try_get_by_index::<bool>(0).unwrap());
    }
}
