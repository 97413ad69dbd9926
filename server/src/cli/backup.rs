//! `guichet backup`, `guichet restore` and `guichet restored`.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::{
    clock::Clock,
    config::{Config, DatabaseUrl},
    store::{
        Store, backup,
        restored::{self, Ended},
    },
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

/// What `restore` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Restoring {
    /// A file that `backup` wrote.
    file: PathBuf,
    /// Keeps people signed in and their links good: only where the copy was made after the last server had stopped, to
    /// move to another machine.
    #[arg(long)]
    keep_sessions: bool,
}

/// Replaces the database by a copy.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn restore(config: &Config, arguments: &Restoring) -> anyhow::Result<()> {
    let database = sqlite(config)?;
    let from = &arguments.file;
    let clock = Clock::new(&config.runtime.clock);
    let clock = (!arguments.keep_sessions).then_some(&clock);
    let restored = backup::restore(from, database, clock).await?;
    println!(
        "{} is now what {} holds.",
        database.display(),
        from.display()
    );
    if let Some(ended) = restored.ended {
        tell(ended);
    }
    if let Some(former) = restored.former {
        println!("The former database is kept as {}.", former.display());
    }
    Ok(())
}

/// Ends what a database that was put back by other means would let live again.
pub(super) async fn restored(config: &Config) -> anyhow::Result<()> {
    let store = Store::connect(&config.storage).await?;
    store.migrate().await?;
    let clock = Clock::new(&config.runtime.clock);
    if let Some(reading) = store.time().await? {
        clock.follow(reading);
    }
    tell(restored::end_all(&store, &clock).await?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the command's answer")]
fn tell(ended: Ended) {
    let Ended { sessions, codes } = ended;
    println!(
        "{sessions} sessions and {codes} mailed or printed codes were ended: what was used or ended since the copy was \
         made would be good again. People sign in anew; passwords, second factors and API keys are those of the copy."
    );
}

fn sqlite(config: &Config) -> anyhow::Result<&Path> {
    match &config.storage.database {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => {
            bail!("this is for SQLite; PostgreSQL has pg_dump and pg_restore")
        }
    }
}
