//! Copies of an `SQLite` database: taken while servers use it, put back while none does.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
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
    let outcome = copy_whole(database, &partial).await;
    let outcome = outcome.and_then(|()| put(&partial, to));
    unless_failed(&partial, outcome)
}

async fn copy_whole(database: &Path, partial: &Path) -> anyhow::Result<()> {
    create_private(partial)?;
    let source = open(database, "rw", |options| options).await?;
    let copy = partial.to_str().context("the name is not Unicode")?;
    let vacuum = Statement::from_sql_and_values(
        source.get_database_backend(),
        "VACUUM INTO ?",
        [copy.into()],
    );
    source.execute_raw(vacuum).await?;
    source.close().await?;
    verify(partial).await
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
    refuse_part(from)?;
    refuse_strange_journal(database)?;
    let partial = partial(database);
    let outcome = prepare(from, &partial, clock).await;
    let ended = unless_failed(&partial, outcome)?;
    let outcome = take_its_place(&partial, database).await;
    let former = unless_failed(&partial, outcome)?;
    Ok(Restored { former, ended })
}

/// Returns where the former database is kept, if there was one.
async fn take_its_place(partial: &Path, database: &Path) -> anyhow::Result<Option<PathBuf>> {
    if !database.exists() {
        put(partial, database)?;
        return Ok(None);
    }
    let alone = open_alone(database).await?;
    let former = unused_name(database)?;
    fs::hard_link(database, &former)?;
    if let Err(cause) = put(partial, database) {
        // Unless the copy has its name already, the database has two.
        if partial.exists() {
            remove(&former)?;
        }
        return Err(cause);
    }
    alone.close().await?;
    Ok(Some(former))
}

/// Makes of a copy what takes the database's place.
async fn prepare(
    from: &Path,
    partial: &Path,
    clock: Option<&Clock>,
) -> anyhow::Result<Option<Ended>> {
    let unreadable = || format!("can't read {}", from.display());
    let mut source = File::open(from).with_context(unreadable)?;
    let mut target = create_private(partial)?;
    // Not by name: that would give it the copy's permissions as well.
    io::copy(&mut source, &mut target).with_context(unreadable)?;
    drop(target);
    verify(partial).await?;
    match clock {
        Some(clock) => end_all(partial, clock).await.map(Some),
        None => Ok(None),
    }
}

/// At this version's schema, which an older copy is brought up to.
async fn end_all(partial: &Path, clock: &Clock) -> anyhow::Result<Ended> {
    // No journal beside it: if this is cut off, the file is begun anew, and must not find one that isn't its own.
    let copy = open(partial, "rw", |options| {
        options.journal_mode(SqliteJournalMode::Memory)
    })
    .await?;
    let store = Store::of(copy.clone(), copy, None);
    let outcome = match store.migrate().await {
        Ok(()) => restored::end_all(&store, clock).await,
        Err(cause) => Err(cause),
    };
    // In any case: what removes the file must not do so while it is open.
    let closed = store.close().await;
    let ended = outcome?;
    closed?;
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
    beside(file, ".partial")
}

/// Hashes and addresses are in it: nobody else may read it, not even while it is written.
fn create_private(file: &Path) -> anyhow::Result<File> {
    // Of an earlier one that was cut off: SQLite would play a journal back into this one, and whoever has the file open
    // would read this one too.
    remove_whole(file)?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("can't write {}", file.display()))
}

/// With all that SQLite keeps beside it.
fn remove_whole(file: &Path) -> anyhow::Result<()> {
    for one in journals(file).chain([beside(file, "-shm"), file.to_owned()]) {
        remove(&one)?;
    }
    Ok(())
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => {
            Err(cause).with_context(|| format!("can't remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Of a database whose files were copied one by one, the last changes may be in its journal alone.
fn refuse_part(copy: &Path) -> anyhow::Result<()> {
    let is_of_use = |journal: &PathBuf| fs::metadata(journal).is_ok_and(|file| file.len() > 0);
    match journals(copy).find(is_of_use) {
        Some(journal) => bail!(
            "{} may hold changes that {} lacks: make one file of both first, by `GUICHET_DATABASE_URL=sqlite:{} guichet \
             backup FILE`, and restore that; or move the log away if it belongs to another database",
            journal.display(),
            copy.display(),
            copy.display()
        ),
        None => Ok(()),
    }
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
    ["-wal", "-journal"]
        .map(|end| beside(database, end))
        .into_iter()
}

/// The file's name with another end.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
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
fn unless_failed<T>(partial: &Path, outcome: anyhow::Result<T>) -> anyhow::Result<T> {
    if outcome.is_err() {
        remove_whole(partial)?;
    }
    outcome
}

/// Whole, and of a schema that this version knows.
async fn verify(file: &Path) -> anyhow::Result<()> {
    let copy = open(file, "rw", |options| options).await?;
    let verdict = verify_open(&copy, file).await;
    // Whatever it is: the file may be removed next.
    let closed = copy.close().await;
    verdict?;
    Ok(closed?)
}

async fn verify_open(copy: &DatabaseConnection, file: &Path) -> anyhow::Result<()> {
    let check = Statement::from_string(copy.get_database_backend(), "PRAGMA integrity_check");
    let found = copy.query_one_raw(check).await?;
    let verdict: String = found
        .context("no verdict")?
        .try_get("", "integrity_check")?;
    if verdict != "ok" {
        bail!("{} is damaged: {verdict}", file.display());
    }
    schema::refuse_newer(copy).await?;
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
    let name = |number: u32| beside(database, &format!(".before-restore-{number}"));
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
