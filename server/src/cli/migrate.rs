//! `guichet migrate up|down|status`.

use clap::Subcommand;
use guichet_migration::{Migration, MigrationStatus};
use serde_json::json;

use crate::{config::Config, store::Store};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Brings the schema up to this version (`serve` does it as well).
    Up,
    /// Takes the latest change back.
    Down,
    /// Lists the changes and whether they are applied. Changes nothing.
    Status {
        /// As JSON: an array of objects with `name` and `applied`.
        #[arg(long)]
        json: bool,
    },
}

/// Carries out the action.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let store = Store::connect(&config.storage).await?;
    match action {
        Action::Up => store.migrate().await?,
        Action::Down => store.take_back().await?,
        Action::Status { .. } => {}
    }
    let changes = store.changes().await?;
    if matches!(action, Action::Status { json: true }) {
        let changes: Vec<_> = changes
            .iter()
            .map(|change| json!({ "name": change.name(), "applied": is_applied(change) }))
            .collect();
        println!("{}", json!(changes));
        return Ok(());
    }
    for change in changes {
        println!("{:<10} {}", change.status().to_string(), change.name());
    }
    Ok(())
}

fn is_applied(change: &Migration) -> bool {
    change.status() == MigrationStatus::Applied
}
