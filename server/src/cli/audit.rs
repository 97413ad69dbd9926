//! `guichet audit`: the journal as evidence.

use anyhow::bail;
use clap::Subcommand;

use crate::{
    app::App,
    audit::{self, Gap, Head},
    config::Config,
    master_key::MasterKey,
    store::{Store, retired_key},
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Tells whether events were changed, removed or slipped in since they were sealed.
    ///
    /// Prints where the chain of seals ends. Keep that line somewhere else: given back with `--head`, it shows whether the
    /// end was cut off. Changes nothing; ends with 1 if anything is wrong.
    Verify {
        /// The end of an earlier run, which must be found again.
        #[arg(long, value_name = "NUMBER:HEX")]
        head: Option<Head>,
    },
    /// Removes the events that are older than `GUICHET_EVENT_RETENTION` now, as the server does by itself.
    ///
    /// The server keeps them, and warns, where more than 30 days lie between them and those that are kept, for that is what
    /// a wrong clock looks like. This removes them all the same: see to it that the clock is right.
    Prune,
}

/// Carries the action out.
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    match action {
        Action::Verify { head } => verify(&config, head.as_ref()).await,
        Action::Prune => Ok(audit::prune(&*App::open(config).await?, Gap::Accepted).await?),
    }
}

#[expect(clippy::print_stdout, reason = "this is the command's answer")]
async fn verify(config: &Config, head: Option<&Head>) -> anyhow::Result<()> {
    let Some(master_key) = MasterKey::find(&config.storage)? else {
        bail!("there is no master key: the seals can't be checked without it");
    };
    let store = Store::connect(&config.storage).await?;
    // What the server seals or removes meanwhile must not look like tampering.
    let instant = store.read_at_one_instant().await?;
    retired_key::teach(&instant, &master_key).await?;
    let report = audit::verify(&instant, &master_key, head).await?;
    println!(
        "{} events under {} seals; {} removed by retention, {} not sealed yet",
        report.events, report.seals, report.pruned, report.unsealed
    );
    if let Some(head) = &report.head {
        println!("head {head}");
    }
    for line in &report.broken {
        println!("broken: {line}");
    }
    match report.broken.len() {
        0 => Ok(()),
        faults => bail!("the journal is not what it was: {faults} faults"),
    }
}
