//! `guichet keys rotate`.

use clap::Subcommand;

use crate::{app::App, auth::master_rotation, config::Config};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Publishes the next key; it signs once everybody can know it.
    Rotate,
    /// Puts a new master key in the place of the previous one, while people work.
    ///
    /// Give every server the new key in `GUICHET_MASTER_KEY` and the present one in `GUICHET_MASTER_KEY_PREVIOUS` first, one
    /// after the other. Afterwards take the previous one from them again, not before page tokens and challenges of it have
    /// had their minutes. What was cut off goes on when it is run again.
    RotateMaster,
}

/// Carries out the action.
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let app = App::open(config).await?;
    match action {
        Action::Rotate => rotate(&app).await,
        Action::RotateMaster => rotate_master(&app).await,
    }
}

#[expect(clippy::print_stdout, reason = "this is the command's answer")]
async fn rotate_master(app: &App) -> anyhow::Result<()> {
    let sealed = master_rotation::rotate(app).await?;
    println!(
        "master key {} is in force, the signing keys and {sealed} second factors were sealed anew; nothing needs the \
         previous key any more but page tokens and sign-ins of the last minutes",
        app.master_key.id()
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the command's answer")]
async fn rotate(app: &App) -> anyhow::Result<()> {
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
