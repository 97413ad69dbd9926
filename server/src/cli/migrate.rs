//! `guichet migrate up|down|status`.

use clap::Subcommand;
use guichet_migration::{Migrator, MigratorTrait as _};

use crate::{config::Config, store::Store};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Brings the schema up to this version (`serve` does it as well).
    Up,
    /// Takes the latest change back.
    Down,
    /// Lists the changes and whether they are applied.
    Status,
}

/// Carries out the action.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let store = Store::connect(&config.storage).await?;
    match action {
        Action::Up => store.migrate().await?,
        Action::Down => Migrator::down(store.writer(), Some(1)).await?,
        Action::Status => {}
    }
    let changes = Migrator::get_migration_with_status(store.writer()).await?;
    for change in changes {
        println!("{:<10} {}", change.status().to_string(), change.name());
    }
    Ok(())
}
