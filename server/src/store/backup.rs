//! Copies of an `SQLite` database: taken while servers use it, put back while none does.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement};
use sqlx::sqlite::{SqliteJournalMode, SqliteLockingMode};

use super::{
    Store,
    restored::{self, Ended},
    schema,
};
use crate::clock::Clock;

/// Writes a copy of the database as it is at one instant, and opens it to see that it is whole. `to` must not exist.
pub async fn back_up(database: &Path, to: &Path) -> anyhow::Result<()> {
    must_exist(database)?;
    if to.exists() {
        bail!("{} exists; a backup replaces nothing", to.display());
    }

    let partial = partial(to);
    create_private(&partial)?;
    let source = open(database, "rw", |options| options).await?;
    let copy = partial.to_str().context("the name is not Unicode")?;
    let vacuum = Statement::from_sql_and_values(
        source.get_database_backend(),
        "VACUUM INTO ?",
        [copy.into()],
    );
    source.execute_raw(vacuum).await?;
    source.close().await?;

    keep_if_whole(&partial).await?;
    put(&partial, to)
}

/// What a copy became.
#[derive(Debug)]
pub struct Restored {
    /// Where the former database is kept, if there was one.
    pub former: Option<PathBuf>,
    /// What was ended in the copy, unless all of it was to be kept.
    pub ended: Option<Ended>,
}

/// Replaces the database by a copy, which is opened first to see that it is whole. Refused while a server uses it.
///
/// With a clock, whatever lets people in is ended before the copy takes the database's place: see [`restored`].
pub async fn restore(
    from: &Path,
    database: &Path,
    clock: Option<&Clock>,
) -> anyhow::Result<Restored> {
    must_exist(from)?;
    refuse_strange_journal(database)?;
    let partial = partial(database);
    create_private(&partial)?;
    fs::copy(from, &partial).with_context(|| format!("can't read {}", from.display()))?;
    keep_if_whole(&partial).await?;
    let ended = match clock {
        Some(clock) => Some(end_all(&partial, clock).await?),
        None => None,
    };
    if !database.exists() {
        put(&partial, database)?;
        return Ok(Restored {
            former: None,
            ended,
        });
    }

    let alone = open_alone(database).await?;
    let former = unused_name(database)?;
    fs::hard_link(database, &former)?;
    put(&partial, database)?;
    alone.close().await?;
    Ok(Restored {
        former: Some(former),
        ended,
    })
}

/// At this version's schema, which an older copy is brought up to.
async fn end_all(partial: &Path, clock: &Clock) -> anyhow::Result<Ended> {
    // No journal beside it: if this is cut off, the file is begun anew, and must not find one that isn't its own.
    let copy = open(partial, "rw", |options| {
        options.journal_mode(SqliteJournalMode::Memory)
    })
    .await?;
    let store = Store::of(copy.clone(), copy, None);
    store.migrate().await?;
    let ended = restored::end_all(&store, clock).await?;
    store.close().await?;
    Ok(ended)
}

pub(super) fn must_exist(file: &Path) -> anyhow::Result<()> {
    if file.is_file() {
        Ok(())
    } else {
        bail!("there is no {}", file.display())
    }
}

/// Beside the file that it becomes, so that renaming it is one step.
fn partial(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// Hashes and addresses are in it: nobody else may read it, not even while it is written.
fn create_private(file: &Path) -> anyhow::Result<()> {
    for journal in journals(file) {
        // Of an earlier one that was cut off: SQLite would play it back into this one.
        if journal.exists() {
            fs::remove_file(journal)?;
        }
    }
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .map(drop)
        .with_context(|| format!("can't write {}", file.display()))
}

/// A journal without its database would be played back into the one that takes its name.
fn refuse_strange_journal(database: &Path) -> anyhow::Result<()> {
    let journal = journals(database).find(|journal| journal.exists());
    match journal {
        Some(journal) if !database.exists() => bail!(
            "{} belongs to a database that is gone, and would be played back into this one: move it away first",
            journal.display()
        ),
        _ => Ok(()),
    }
}

/// What SQLite keeps beside a database that is in use, or was when its process died. It is of use where its database is;
/// the third file that may be there, `-shm`, is made anew each time.
fn journals(database: &Path) -> impl Iterator<Item = PathBuf> {
    ["-wal", "-journal"].into_iter().map(|end| {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

pub(super) async fn open(
    file: &Path,
    mode: &str,
    tune: impl Fn(sqlx::sqlite::SqliteConnectOptions) -> sqlx::sqlite::SqliteConnectOptions
    + Send
    + Sync
    + 'static,
) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode={mode}", file.display()));
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(tune);
    Database::connect(options)
        .await
        .with_context(|| format!("can't open {}", file.display()))
}

/// Leaves nothing behind that is of no use.
async fn keep_if_whole(partial: &Path) -> anyhow::Result<()> {
    let verdict = verify(partial).await;
    if verdict.is_err() {
        fs::remove_file(partial)?;
    }
    verdict
}

/// Whole, and of a schema that this version knows.
async fn verify(file: &Path) -> anyhow::Result<()> {
    let copy = open(file, "rw", |options| options).await?;
    let check = Statement::from_string(copy.get_database_backend(), "PRAGMA integrity_check");
    let found = copy.query_one_raw(check).await?;
    let verdict: String = found
        .context("no verdict")?
        .try_get("", "integrity_check")?;
    if verdict != "ok" {
        bail!("{} is damaged: {verdict}", file.display());
    }
    schema::refuse_newer(&copy).await?;
    copy.close().await?;
    Ok(())
}

/// Leaving WAL mode takes the database for oneself, which fails while anybody else has it open; without a log of its own,
/// the file can be replaced in one step.
async fn open_alone(database: &Path) -> anyhow::Result<DatabaseConnection> {
    open(database, "rw", |options| {
        options
            .locking_mode(SqliteLockingMode::Exclusive)
            .journal_mode(SqliteJournalMode::Delete)
            .busy_timeout(std::time::Duration::ZERO)
    })
    .await
    .context("the database is in use: stop the server first")
}

fn unused_name(database: &Path) -> anyhow::Result<PathBuf> {
    let name = |number: u32| {
        let mut name = database.as_os_str().to_owned();
        name.push(format!(".before-restore-{number}"));
        PathBuf::from(name)
    };
    let unused = (1..1_000).map(name).find(|name| !name.exists());
    unused.context("too many former databases are kept: remove some")
}

/// Gives a finished file its name, so that a power cut leaves all of it or nothing.
fn put(partial: &Path, file: &Path) -> anyhow::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, file)?;
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}
