//! The binary: read the command line, carry it out, tell the exit code.

use std::process::ExitCode;

use clap::Parser as _;
use guichet::cli::{self, Arguments};
use rustix::{fs::Mode, process::umask};
use tikv_jemallocator::Jemalloc;
use zeroizing_alloc::ZeroAlloc;

/// Wipes all memory that is given back. Passwords and codes pass through buffers of HTTP, messages, forms and statements
/// that nobody else would wipe.
///
/// And not glibc's allocator, which gives each thread an arena of its own and keeps what was freed there: the memory of a
/// server at work grew by some MiB an hour, although it held on to nothing.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<Jemalloc> = ZeroAlloc(Jemalloc);

#[tokio::main]
async fn main() -> ExitCode {
    // What it writes is for its own user alone: database, log of the database, mails, copies.
    umask(Mode::RWXG | Mode::RWXO);
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
