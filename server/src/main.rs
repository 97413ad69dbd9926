//! The binary: read the command line, carry it out, tell the exit code.

use std::process::ExitCode;

use clap::Parser as _;
use guichet::cli::{self, Arguments};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Features of dependencies may bring a second TLS provider in: say which one is meant.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match cli::run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the one line that a failed command owes"
)]
fn say(error: &anyhow::Error) {
    // The database's driver tells causes again that it has told already.
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        if !causes.last().is_some_and(|last| last.ends_with(&cause)) {
            causes.push(cause);
        }
    }
    eprintln!("guichet: {}", causes.join(": "));
}
