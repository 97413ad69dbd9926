//! `guichet passwords`: the list of compromised passwords.

use std::path::PathBuf;

use clap::Subcommand;

use crate::password::compromised;

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Makes the file for `GUICHET_PASSWORD_LIST` of passwords that have been published: one a line in UTF-8, or their SHA-1
    /// in hexadecimal, perhaps with a colon and a count, as Have I Been Pwned has them. Takes 64 MiB of memory, and as much
    /// room for temporary files as the result has.
    Build {
        /// The published list.
        source: PathBuf,
        /// Where the file goes; one that is there is replaced.
        target: PathBuf,
    },
}

#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) fn run(action: &Action) -> anyhow::Result<()> {
    match action {
        Action::Build { source, target } => {
            let built = compromised::build(source, target)?;
            println!(
                "{}: {} passwords from {} lines",
                target.display(),
                built.entries,
                built.lines
            );
            Ok(())
        }
    }
}
