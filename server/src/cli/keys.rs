//! `guichet keys rotate`.

use clap::Subcommand;

use crate::{app::App, config::Config};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Publishes the next key; it signs once everybody can know it.
    Rotate,
}

/// Carries out the action.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Rotate = action;
    let app = App::open(config).await?;
    let (kid, activate_time) = app
        .keys
        .rotate(&app.store, &app.master_key, &app.clock)
        .await?;
    let wait = activate_time.since(app.clock.now());
    println!(
        "{kid} is published and signs in {} s; older keys verify until their last token has expired",
        wait.as_secs()
    );
    Ok(())
}
