//! Skeleton.

/// What the operations port publishes about the running process.
pub mod metrics;
/// Sockets, TLS, HTTP rules and the end of the process: everything between the network and the RPCs.
pub mod transport;
