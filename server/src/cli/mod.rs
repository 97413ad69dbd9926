//! The command line: what can be said, and which file carries it out.
//!
//! Every command works beside a running server on the same data directory.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{
    app::App,
    call::Call,
    caller::Caller,
    config::{self, Loaded},
    error::Error,
    i18n, serve,
};

mod admin;
mod api_key;
mod audit;
mod backup;
mod check;
mod copy;
pub(crate) mod import;
mod keys;
mod migrate;
mod passwords;
mod show_config;

/// Identity backend: accounts, password resets and sign-in over gRPC.
#[derive(Debug, Parser)]
#[command(name = "guichet", version)]
pub struct Arguments {
    /// Configuration file; the environment (`GUICHET_…`) wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server (also without any command).
    Serve,
    /// Changes or shows the database's schema.
    Migrate {
        #[command(subcommand)]
        action: migrate::Action,
    },
    /// Administrators.
    Admin {
        #[command(subcommand)]
        action: admin::Action,
    },
    /// Keys for systems.
    ApiKey {
        #[command(subcommand)]
        action: api_key::Action,
    },
    /// Keys that sign access tokens.
    Keys {
        #[command(subcommand)]
        action: keys::Action,
    },
    /// The journal of what happened, as evidence.
    Audit {
        #[command(subcommand)]
        action: audit::Action,
    },
    /// Copies an SQLite database into a file, also while the server runs.
    Backup {
        /// Where the copy goes; must not exist.
        file: PathBuf,
    },
    /// Replaces an SQLite database by a copy. The server must be stopped; the former database is kept.
    ///
    /// Everybody is signed out, and no link that was mailed before is good any more: what was used or ended since the copy
    /// was made would live again.
    Restore(backup::Restoring),
    /// To be run after a database was put back by other means, such as `pg_restore` or a volume's snapshot, before a server
    /// starts on it: signs everybody out and ends all links, as `restore` does.
    Restored,
    /// Copies everything from one database into another, SQLite or PostgreSQL, also while servers use the first: all of
    /// it or nothing.
    ///
    /// Each table is read back and compared before anything counts. The master key is not in a database: servers on the
    /// copy need the same one. A password on the command line is seen by everybody on this machine: leave out the side
    /// that `GUICHET_DATABASE_URL` or its `…_FILE` names, or keep the password in PGPASSWORD or ~/.pgpass.
    Copy(copy::Arguments),
    /// Takes people over from another system: `.jsonl`, one JSON object a line, or `.csv`, its first row naming the columns.
    ///
    /// Columns: `username`, `email`, `display_name`, `external_id`, `institution_external_id`, `locale`, `password_hash`
    /// and `attributes` (`attributes.KEY` in a `.csv`). Each row is judged for itself; rows that are refused are told with
    /// their column and reason, and make the command end with 1. The same file may be imported again: it changes nothing.
    Import(import::Arguments),
    /// Compromised passwords.
    Passwords {
        #[command(subcommand)]
        action: passwords::Action,
    },
    /// Shows every setting, its value and where that comes from; secrets are left out.
    Config(show_config::Arguments),
    /// Checks configuration, database, mail and clock.
    Check,
}

/// Carries a command line out.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Loaded { config, entries } = config::load_from_process(arguments.config.as_deref())?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(config).await,
        Command::Migrate { action } => migrate::run(config, action).await,
        Command::Admin { action } => admin::run(config, action).await,
        Command::ApiKey { action } => api_key::run(config, action).await,
        Command::Keys { action } => keys::run(config, action).await,
        Command::Audit { action } => audit::run(config, action).await,
        Command::Backup { file } => backup::back_up(&config, &file).await,
        Command::Restore(arguments) => backup::restore(&config, &arguments).await,
        Command::Restored => backup::restored(&config).await,
        Command::Import(arguments) => import::run(config, arguments).await,
        Command::Passwords { action } => passwords::run(&action),
        Command::Copy(arguments) => copy::run(&config, arguments).await,
        Command::Config(arguments) => {
            show_config::run(&Loaded { config, entries }, &arguments);
            Ok(())
        }
        Command::Check => check::run(config).await,
    }
}

/// A call by whoever holds the data directory: an administrator.
fn call(app: &App) -> Call<'_> {
    Call {
        app,
        caller: Caller::System {
            key_id: uuid::Uuid::nil(),
            role: "admin".to_owned(),
        },
        locale: app.locale,
        client: None,
        deadline: None,
        now: app.clock.now(),
    }
}

/// A refusal in the one line that a failed command owes.
fn say(error: &Error) -> anyhow::Error {
    let mut parts = vec![i18n::error(i18n::Locale::En, error.reason())];
    if let Error::InvalidFields(violations) = error {
        parts.extend(
            violations
                .iter()
                .map(|wrong| format!("{}: {}.", wrong.field, wrong.reason)),
        );
    }
    anyhow::anyhow!(parts.join(" "))
}
