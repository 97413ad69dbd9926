//! Who is at the other end.

use std::net::SocketAddr;

/// The other end of a connection, found in the extensions of every request.
///
/// This is the socket's own address: forwarded headers are the business of whoever knows which proxies
/// to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The socket's remote address, with IPv4 addresses always in their IPv4 form.
    pub addr: SocketAddr,
    /// Whether this process itself ended the TLS connection.
    pub tls: bool,
}
