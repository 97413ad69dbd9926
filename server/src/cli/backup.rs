//! `guichet backup` and `guichet restore`.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::{
    config::{Config, DatabaseUrl},
    store::backup,
};

/// Copies the database into a file.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn back_up(config: &Config, to: &Path) -> anyhow::Result<()> {
    backup::back_up(sqlite(config)?, to).await?;
    println!(
        "{} is a whole copy of the database. Keep the master key with it: without that its signing keys don't open.",
        to.display()
    );
    Ok(())
}

/// Replaces the database by a copy.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn restore(config: &Config, from: &Path) -> anyhow::Result<()> {
    let database = sqlite(config)?;
    let former: Option<PathBuf> = backup::restore(from, database).await?;
    println!(
        "{} is now what {} holds.",
        database.display(),
        from.display()
    );
    if let Some(former) = former {
        println!("The former database is kept as {}.", former.display());
    }
    Ok(())
}

fn sqlite(config: &Config) -> anyhow::Result<&Path> {
    match &config.storage.database {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => {
            bail!("this is for SQLite; PostgreSQL has pg_dump and pg_restore")
        }
    }
}
