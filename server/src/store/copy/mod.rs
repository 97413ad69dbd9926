//! Carries a whole database into another one, of either kind: all of it or nothing.
//!
//! What there is to carry is read from the schema itself, so that no table and no column can be forgotten.
//! The source is read at one instant, row by row, in the order of its primary keys, and everything is written in one
//! transaction. Before that is committed, each table is read back and must be, byte for byte, what was read.

use std::{fs::OpenOptions, io::ErrorKind, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, ensure};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait as _,
};

use self::{rows::Rows, table::Table};
use super::{Store, backup, create_data_dir, schema, signing_key};
use crate::{
    config::{DatabaseUrl, Storage},
    master_key::MasterKey,
};

mod insert;
mod rows;
mod table;

/// One table that was carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 of all its rows in hexadecimal: the same on both sides, and for a `PostgreSQL` as for an `SQLite`.
    pub digest: String,
}

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// So many rows are to be copied, and then read back.
    Begun(u64),
    /// So many more rows of this table were copied.
    Copied(&'a str, u64),
    /// All rows of this table were copied, so many.
    Done(&'a str, u64),
    /// So many more rows of this table were read back.
    ReadBack(&'a str, u64),
    /// This table is the same on both sides.
    Same(&'a Copied),
}

/// What a master key has to do with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFit {
    /// It opens what is sealed there, or nothing is.
    Fits,
    /// What is sealed there was sealed under another one.
    Foreign,
}

/// Copies everything from one database into another, which is made where there is none and must be empty.
pub async fn copy(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    mut report: impl FnMut(Progress<'_>),
) -> anyhow::Result<Vec<Copied>> {
    let source = super::read_at_one_instant(&open_source(from).await?).await?;
    schema::must_be_current(&source)
        .await
        .context("the database to copy from")?;
    let tables = table::all(&source).await?;

    let store = open_target(to).await.context("the database to copy to")?;
    let target = begin_writing(&store).await?;
    let twins = table::twins(&tables, &table::all(&target).await?)?;
    refuse_unless_empty(&target, &tables).await?;

    let copied = carry(&source, &target, &tables, &twins, &mut report).await?;
    target.commit().await.context("can't commit the copy")?;
    source.rollback().await?;
    store.close().await?;
    Ok(copied)
}

/// Whether this key opens the signing keys of a database.
pub async fn fit(database: &DatabaseUrl, key: &MasterKey) -> anyhow::Result<KeyFit> {
    let source = open_source(database).await?;
    let keys = signing_key::Entity::find().all(&source).await?;
    source.close().await?;
    let opens = keys.iter().all(|row| row.private_key(key).is_ok());
    Ok(if opens { KeyFit::Fits } else { KeyFit::Foreign })
}

/// Nothing is changed there, not even how an `SQLite` keeps its log.
async fn open_source(database: &DatabaseUrl) -> anyhow::Result<DatabaseConnection> {
    match database {
        DatabaseUrl::Sqlite(path) => {
            backup::must_exist(path)?;
            backup::open(path, "rw", |options| options).await
        }
        DatabaseUrl::Postgres(_) => Ok(connect(database, Path::new(".")).await?.read),
    }
}

/// At this version's schema, whatever was there before.
async fn open_target(database: &DatabaseUrl) -> anyhow::Result<Store> {
    let mut folder = Path::new(".");
    if let DatabaseUrl::Sqlite(path) = database {
        let parent = path.parent();
        folder = parent
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(folder);
        create_data_dir(folder)?;
        create_private(path)?;
    }
    let store = connect(database, folder).await?;
    store.migrate().await?;
    Ok(store)
}

/// Hashes and addresses are in it: nobody else may read it.
fn create_private(file: &Path) -> anyhow::Result<()> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    match created {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("can't create {}", file.display()))
        }
        _ => Ok(()),
    }
}

async fn connect(database: &DatabaseUrl, folder: &Path) -> anyhow::Result<Store> {
    let storage = Storage {
        data_dir: folder.to_owned(),
        database: database.clone(),
        master_key: None,
        previous_master_key: None,
    };
    Store::connect(&storage).await
}

/// Holds the lock of schema changes too: a server that starts there, or another copy, waits for this one.
async fn begin_writing(store: &Store) -> anyhow::Result<DatabaseTransaction> {
    let target = store.write().await?;
    schema::hold(&target).await?;
    if target.get_database_backend() == DbBackend::Postgres {
        target.execute_unprepared(super::WITHOUT_LIMITS).await?;
    }
    Ok(target)
}

async fn refuse_unless_empty(db: &DatabaseTransaction, tables: &[Table]) -> anyhow::Result<()> {
    let mut filled = Vec::new();
    for table in tables {
        if table.count(db).await? > 0 {
            filled.push(table.name.as_str());
        }
    }
    ensure!(
        filled.is_empty(),
        "the database to copy to is not empty: it has rows in {}",
        filled.join(", ")
    );
    Ok(())
}

/// Copies, then reads all of it back: what a later table's rows change in an earlier one is noticed too.
async fn carry(
    source: &DatabaseTransaction,
    target: &DatabaseTransaction,
    tables: &[Table],
    twins: &[Table],
    report: &mut impl FnMut(Progress<'_>),
) -> anyhow::Result<Vec<Copied>> {
    let mut total = 0;
    for table in tables {
        total += table.count(source).await?;
    }
    report(Progress::Begun(total));

    let mut copied = Vec::new();
    for (table, twin) in tables.iter().zip(twins) {
        let more = |rows| report(Progress::Copied(&table.name, rows));
        let read = insert::all(Rows::of(source, table).await?, target, twin, more).await?;
        report(Progress::Done(&table.name, read.rows));
        copied.push(read);
    }
    for (twin, read) in twins.iter().zip(&copied) {
        let more = |rows| report(Progress::ReadBack(&twin.name, rows));
        let written = Rows::of(target, twin).await?.finish(more).await?;
        ensure!(
            written == *read,
            "{}: what was written is not what was read, so nothing is kept",
            twin.name
        );
        report(Progress::Same(read));
    }

    if target.get_database_backend() == DbBackend::Postgres {
        // Without them the planner takes the tables for empty until they are looked at by and by.
        for twin in twins {
            target.execute_unprepared(&twin.statistics()).await?;
        }
    }
    Ok(copied)
}
