//! Drives the real binary the way its users do: over gRPC, HTTP, its command line and its mails.
//!
//! This crate is for tests only: whatever is not as a test expects panics and says what it was.

#![expect(clippy::missing_panics_doc, reason = "everything here asserts")]

mod binary;
pub mod browser;
pub mod certificate;
mod cluster;
pub mod door;
pub mod errors;
pub mod grpc_web;
pub mod journal;
pub mod mailbox;
pub mod memory;
pub mod network;
mod old_hashes;
pub mod patience;
pub mod people;
mod place;
pub mod postgres;
pub mod processor;
pub mod protos;
pub mod races;
pub mod range;
pub mod raw;
pub mod server;
pub mod signer;
pub mod smtp;
pub mod statistics;
mod untouched;
pub mod web;
pub mod wire;
pub mod written;

pub use binary::{beside_the_tests as this_version, release_binary};
pub use certificate::Certificate;
pub use cluster::Cluster;
pub use errors::expect_error;
pub use mailbox::{Link, Mail, Mailbox};
pub use old_hashes::OldHashes;
pub use place::Place;
pub use postgres::Postgres;
pub use server::Server;
pub use signer::Signer;
pub use untouched::Untouched;
pub use written::Written;
