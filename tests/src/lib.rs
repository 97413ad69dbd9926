//! Drives the real binary the way its users do: over gRPC, HTTP, its command line and its mails.
//!
//! Whatever goes wrong in here panics: this crate is for tests only.

pub mod errors;
pub mod mailbox;
pub mod people;
pub mod server;
pub mod smtp;
pub mod web;

pub use errors::expect_error;
pub use mailbox::{Link, Mail, Mailbox};
pub use server::Server;
