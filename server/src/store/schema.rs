//! Brings the schema up to this version: one process at a time, one change after the other, each whole or not at all.
//!
//! Servers of the version before work on meanwhile. A change that waits for a table makes everybody else wait behind it,
//! and two that wait for each other are a deadlock; so it waits a moment only, lets the others through, and tries again.

use std::time::Duration;

use anyhow::{Context as _, bail};
use guichet_migration::{Migration, MigrationStatus, Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};

use super::{
    Store,
    fault::{self, Fault},
};

/// Replicas that start together wait for each other here. The number is `guichet` in ASCII.
const LOCK: &str = "SELECT pg_advisory_xact_lock(x'67756963686574'::bigint)";

/// How long a change waits for a table: what a person who signs in meanwhile doesn't notice.
const IMPATIENCE: &str = "SET LOCAL lock_timeout = '100ms'";

/// How often a change is tried, and the pause between two tries: together more than any call may take.
const MAX_TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// Applies what is missing; refuses a schema that knows more than this version.
pub(super) async fn bring_up(store: &Store) -> anyhow::Result<()> {
    let mut tries = 0;
    loop {
        match apply_next(store).await {
            Ok(true) => tries = 0,
            Ok(false) => return Ok(()),
            Err(cause) if is_passing(&cause) && tries < MAX_TRIES => {
                tries += 1;
                tracing::info!(tries, "a change of the schema lets others pass first");
                tokio::time::sleep(PAUSE).await;
            }
            Err(cause) => return Err(cause),
        }
    }
}

/// Applies one change, if one is missing, and tells whether there may be another.
async fn apply_next(store: &Store) -> anyhow::Result<bool> {
    let txn = store.write().await?;
    hold(&txn).await?;
    refuse_newer(&txn).await?;
    let missing = Migrator::get_pending_migrations(&txn).await?;
    if !missing.is_empty() {
        if txn.get_database_backend() == DbBackend::Postgres {
            txn.execute_unprepared(IMPATIENCE).await?;
        }
        Migrator::up(&txn, Some(1))
            .await
            .context("can't bring the schema up to date")?;
    }
    txn.commit().await?;
    Ok(missing.len() > 1)
}

/// Whether only other transactions were in the way.
fn is_passing(cause: &anyhow::Error) -> bool {
    cause
        .downcast_ref::<DbErr>()
        .is_some_and(|cause| Fault::of(cause) == Fault::Conflict || fault::is_lock_timeout(cause))
}

/// Keeps every other change of the schema waiting until the transaction ends.
pub(super) async fn hold(txn: &DatabaseTransaction) -> Result<(), DbErr> {
    // SQLite's transaction is already the only one.
    if txn.get_database_backend() == DbBackend::Postgres {
        txn.execute_unprepared(LOCK).await?;
    }
    Ok(())
}

/// Fails unless the schema is exactly this version's. Writes nothing, not even the migrations' own table.
pub(super) async fn must_be_current(db: &impl ConnectionTrait) -> anyhow::Result<()> {
    let changes = match Migrator::get_migration_with_status_read_only(db).await {
        Err(DbErr::Custom(cause)) => bail!("belongs to a newer Guichet: {cause}"),
        changes => changes?,
    };
    let is_missing = |change: &&Migration| change.status() == MigrationStatus::Pending;
    let missing = changes.iter().find(is_missing);
    let Some(missing) = missing else {
        return Ok(());
    };
    if changes.iter().all(|change| is_missing(&change)) {
        bail!("holds nothing of Guichet's");
    }
    bail!(
        "belongs to an older Guichet and lacks its change {}: bring it up first with `guichet migrate up`",
        missing.name()
    )
}

/// Fails if the schema has a change that this version doesn't know.
pub(super) async fn refuse_newer(db: &impl ConnectionTrait) -> anyhow::Result<()> {
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let applied = Migrator::get_migration_models(db).await?;
    let newer = applied
        .into_iter()
        .map(|row| row.version)
        .find(|version| !known.contains(version));
    match newer {
        Some(version) => bail!(
            "the database belongs to a newer Guichet: this version doesn't know its change {version}"
        ),
        None => Ok(()),
    }
}
