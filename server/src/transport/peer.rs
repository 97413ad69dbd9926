//! Who is at the other end.

use std::{
    fmt::{self, Display, Formatter},
    net::{IpAddr, SocketAddr},
};

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

/// What one household or school shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// A /24 of IPv4.
    V4([u8; 3]),
    /// A /64 of IPv6.
    V6([u16; 4]),
    /// Nobody told.
    Unknown,
}

/// The /48 of IPv6 that a network is part of: see [`Network::site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site([u16; 3]);

impl Network {
    /// Where a client is.
    pub fn of(client: Option<IpAddr>) -> Self {
        match client.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                Self::V4([a, b, c])
            }
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
            None => Self::Unknown,
        }
    }

    /// The site that it is part of. In IPv6 that is its /48, the most that a site is given (RFC 6177), with 65,536
    /// networks; none in IPv4, where nobody has networks to spare.
    pub fn site(self) -> Option<Site> {
        match self {
            Self::V6([a, b, c, _]) => Some(Site([a, b, c])),
            Self::V4(_) | Self::Unknown => None,
        }
    }
}

impl Display for Network {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4([a, b, c]) => write!(formatter, "{a}.{b}.{c}.0/24"),
            Self::V6([a, b, c, d]) => write!(formatter, "{a:x}:{b:x}:{c:x}:{d:x}::/64"),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

impl Display for Site {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self([a, b, c]) = self;
        write!(formatter, "{a:x}:{b:x}:{c:x}::/48")
    }
}

/// The [`Network`] of an address, as it is stored.
pub fn network(client: Option<IpAddr>) -> String {
    Network::of(client).to_string()
}

/// The [`Site`] that a stored network is part of.
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
            let client = address.parse().ok();
            let told = Network::of(client).site().map(|site| site.to_string());
            assert_eq!(told.as_deref(), expected, "{address}");
            assert_eq!(site(&network(client)).as_deref(), expected, "{address}");
        }
        assert_eq!(site(&network(None)), None);
    }
}
