//! `guichet api-key create`.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use crate::{
    app::App,
    auth::api_keys,
    config::{self, Config},
};

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
        /// How long it works, such as 365d, at most ten years; without this it works until it is revoked.
        #[arg(long, value_parser = config::duration)]
        ttl: Option<Duration>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Role {
    /// Everything.
    Admin,
    /// Reads accounts, institutions and events, introspects tokens.
    Service,
}

/// Carries out the action.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Create { name, role, ttl } = action;
    let role = match role {
        Role::Admin => "admin",
        Role::Service => "service",
    };
    let app = App::open(config).await?;
    let (_, key) = api_keys::make(&app, (&app.clock, None), &name, role, ttl).await?;
    println!("{key}");
    Ok(())
}
