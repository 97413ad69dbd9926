//! `guichet config`.

use clap::Args;

use crate::config::{Loaded, show};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Prints the page of all settings and their defaults.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// Prints the effective settings, or the page about them.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) fn run(loaded: &Loaded, arguments: &Arguments) {
    if arguments.json {
        println!("{}", show::json(loaded));
    } else if arguments.markdown {
        print!("{}", show::markdown());
    } else {
        println!("{}", show::table(loaded));
    }
}
