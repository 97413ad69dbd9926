//! `guichet api-key create`.

use clap::{Subcommand, ValueEnum};

use crate::{app::App, auth::api_keys, config::Config};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Makes a key and prints it alone on stdout: it is shown this once.
    Create {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long)]
        role: Role,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Role {
    /// Everything.
    Admin,
    /// Reads accounts, introspects tokens.
    Service,
}

/// Carries out the action.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Create { name, role } = action;
    let role = match role {
        Role::Admin => "admin",
        Role::Service => "service",
    };
    let app = App::open(config).await?;
    let (_, key) = api_keys::make(&app, (&app.clock, None), &name, role, None).await?;
    println!("{key}");
    Ok(())
}
