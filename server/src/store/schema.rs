//! Brings the schema up to this version: one process at a time, one change after the other.
//!
//! A change is whole or not at all, but for those that say that they need no transaction, because they would hold a table
//! for long: indexes, and rows filled in some at a time. Cut off, they are begun again and go on with what is left.
//!
//! Servers of the version before work on meanwhile. A change that waits for a table makes everybody else wait behind it,
//! and two that wait for each other are a deadlock; so it waits a moment only, lets the others through, and tries again.

use std::time::Duration;

use anyhow::{Context as _, bail};
use guichet_migration::{Migration, MigrationStatus, Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};

use super::{
    Store,
    fault::{self, Fault},
};

/// Replicas that start together wait for each other here. The number is `guichet` in ASCII.
///
/// Asked again and again: a statement that waits for the lock would be waited for by the index that is made meanwhile.
const LOCK: &str = "SELECT pg_try_advisory_xact_lock(x'67756963686574'::bigint) AS held";

/// Whatever the database's own default: a snapshot that lasts would be waited for by the index as well.
const WITHOUT_SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// How long a change waits for a table: what a person who signs in meanwhile doesn't notice.
const IMPATIENCE: &str = "SET LOCAL lock_timeout = '100ms'";

/// For the transaction that waits while a change is made in steps.
const PATIENCE: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";

/// How often a change is tried, and the pause between two tries, together more than any call may take; the pause also
/// between two questions whether another process is done.
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
    if let Some(next) = missing.first() {
        apply(store, &txn, is_in_steps(next.name()))
            .await
            .context("can't bring the schema up to date")?;
    }
    txn.commit().await?;
    Ok(missing.len() > 1)
}

async fn apply(store: &Store, txn: &DatabaseTransaction, in_steps: bool) -> Result<(), DbErr> {
    // SQLite has one writer: whoever waits for a change waits for all of it.
    if txn.get_database_backend() == DbBackend::Sqlite {
        return Migrator::up(txn, Some(1)).await;
    }
    if !in_steps {
        txn.execute_unprepared(IMPATIENCE).await?;
        return Migrator::up(txn, Some(1)).await;
    }
    // It does nothing meanwhile but keep other changes waiting.
    txn.execute_unprepared(PATIENCE).await?;
    let patient = store.patient().await?;
    let applied = Migrator::up(&patient, Some(1)).await;
    patient.close().await?;
    applied
}

fn is_in_steps(name: &str) -> bool {
    let changes = Migrator::migrations();
    let change = changes.iter().find(|change| change.name() == name);
    change.is_some_and(|change| change.use_transaction() == Some(false))
}

/// Takes the latest change back, if there is one and this version knows all of them.
pub(super) async fn take_back(store: &Store) -> anyhow::Result<()> {
    let txn = store.write().await?;
    hold(&txn).await?;
    refuse_newer(&txn).await?;
    Migrator::down(&txn, Some(1)).await?;
    txn.commit().await?;
    Ok(())
}

/// Every change that this version knows, and whether it is applied. Changes nothing.
pub(super) async fn changes(db: &impl ConnectionTrait) -> anyhow::Result<Vec<Migration>> {
    match Migrator::get_migration_with_status_read_only(db).await {
        Err(DbErr::Custom(cause)) => bail!("the database belongs to a newer Guichet: {cause}"),
        changes => Ok(changes?),
    }
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
    if txn.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    txn.execute_unprepared(WITHOUT_SNAPSHOT).await?;
    loop {
        let asked = Statement::from_string(DbBackend::Postgres, LOCK);
        let row = txn.query_one_raw(asked).await?;
        if row.is_some_and(|row| row.try_get("", "held").unwrap_or(false)) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
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
