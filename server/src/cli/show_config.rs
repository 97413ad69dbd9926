//! `guichet config`.

use crate::config::{Loaded, show};

/// Prints the effective settings.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) fn run(loaded: &Loaded, json: bool) {
    if json {
        println!("{}", show::json(loaded));
    } else {
        println!("{}", show::table(loaded));
    }
}
