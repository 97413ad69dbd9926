//! Who is at the other end.

use std::net::{IpAddr, SocketAddr};

/// The other end of a connection, found in the extensions of every request.
///
/// This is the socket's own address: `client_address` knows which proxies to believe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The socket's remote address, with IPv4 addresses always in their IPv4 form.
    pub addr: SocketAddr,
    /// Whether this process itself ended the TLS connection.
    pub tls: bool,
}

/// The network of an address: what one household or school shares.
pub fn network(client: Option<IpAddr>) -> String {
    match client.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}

/// The site that a [`network`] is part of. In IPv6 that is its /48, the most that a site is given (RFC 6177), with 65,536
/// networks; none in IPv4, where nobody has networks to spare.
pub fn site(network: &str) -> Option<String> {
    let segments = network.strip_suffix("::/64")?;
    let (site, _) = segments.rsplit_once(':')?;
    Some(format!("{site}::/48"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_a_school_shares() {
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network(address.parse().ok()), expected);
        }
        assert_eq!(network(None), "unknown");
    }

    #[test]
    fn a_site_has_many_networks_of_ipv6_and_none_of_ipv4() {
        for (address, expected) in [
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1::/48")),
            ("2001:db8:1:ff02::1", Some("2001:db8:1::/48")),
            ("2001:db8:2:2::1", Some("2001:db8:2::/48")),
            ("::1", Some("0:0:0::/48")),
            ("192.0.2.77", None),
            ("::ffff:192.0.2.77", None),
        ] {
            let network = network(address.parse().ok());
            assert_eq!(site(&network).as_deref(), expected, "{address}");
        }
        assert_eq!(site(&network(None)), None);
    }
}
