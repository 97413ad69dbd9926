//! Where a client is: at the other end of the connection, unless a trusted proxy is there and says better.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use super::peer::Peer;
use crate::config::{ForwardedHeader, Proxies};

/// The client's address.
///
/// Each proxy adds the address that it was called from at the end of the header. So what the trusted ones say is read from
/// the end, and the first address there that is no trusted proxy's is the client's; what stands before it, anybody may have
/// written. Where something else than an address is met, nobody is believed.
pub fn of(peer: Option<&Peer>, headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
    let direct = peer?.addr.ip().to_canonical();
    let is_trusted = |address: IpAddr| {
        let mut networks = proxies.trusted.iter();
        networks.any(|network| network.contains(&address))
    };
    if !is_trusted(direct) {
        return Some(direct);
    }
    let (name, read): (_, fn(&str) -> Option<IpAddr>) = match proxies.header {
        ForwardedHeader::XForwardedFor => ("x-forwarded-for", address),
        ForwardedHeader::Forwarded => ("forwarded", forwarded_for),
    };
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    let mut nearest = direct;
    for line in lines.into_iter().rev() {
        let Ok(line) = line.to_str() else {
            return Some(direct);
        };
        for hop in line.rsplit(',') {
            match read(hop.trim()) {
                Some(address) if is_trusted(address) => nearest = address,
                Some(address) => return Some(address),
                None => return Some(direct),
            }
        }
    }
    Some(nearest)
}

/// An address, perhaps with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let with_port = || plain_socket(text);
    let address = plain.parse().ok().or_else(with_port)?;
    Some(IpAddr::to_canonical(&address))
}

fn plain_socket(text: &str) -> Option<IpAddr> {
    text.parse::<SocketAddr>().ok().map(|socket| socket.ip())
}

/// What an element of `Forwarded` says after `for=`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let is_it = name.eq_ignore_ascii_case("for");
        is_it.then(|| address(value.trim_matches('"')))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(direct: &str, header: ForwardedHeader, lines: &[&str]) -> String {
        let proxies = Proxies {
            trusted: ["10.0.0.0/8", "2001:db8:ffff::/48"]
                .map(|network| network.parse().unwrap())
                .into(),
            header,
            introduce: false,
        };
        let name = match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                name,
                http::HeaderValue::from_bytes(line.as_bytes()).unwrap(),
            );
        }
        let peer = Peer {
            addr: SocketAddr::new(direct.parse().unwrap(), 1),
            tls: false,
        };
        of(Some(&peer), &headers, &proxies).unwrap().to_string()
    }

    #[test]
    fn the_first_address_from_the_end_that_is_no_proxys_is_the_clients() {
        for (lines, expected) in [
            (&["192.0.2.7"][..], "192.0.2.7"),
            (&["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
            (&["203.0.113.9, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            (&["203.0.113.9", "192.0.2.7", "10.0.0.2"], "192.0.2.7"),
            (&["192.0.2.7:4711"], "192.0.2.7"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["::ffff:192.0.2.7"], "192.0.2.7"),
            (&["10.9.9.9, 10.0.0.2"], "10.9.9.9"),
            (&[], "10.0.0.1"),
        ] {
            let found = client("10.0.0.1", ForwardedHeader::XForwardedFor, lines);
            assert_eq!(found, expected, "{lines:?}");
        }
    }

    #[test]
    fn nobody_else_is_believed_and_no_nonsense() {
        let lines = &["203.0.113.9"];
        let stranger = client("192.0.2.1", ForwardedHeader::XForwardedFor, lines);
        assert_eq!(stranger, "192.0.2.1");
        for nonsense in ["a", "", ",", "203.0.113.9, a", "1.2.3", "é", "203.0.113.9,"] {
            let found = client("10.0.0.1", ForwardedHeader::XForwardedFor, &[nonsense]);
            assert_eq!(found, "10.0.0.1", "{nonsense}");
        }
        let hops = vec!["203.0.113.9"; 200].join(",");
        let found = client("10.0.0.1", ForwardedHeader::XForwardedFor, &[&hops]);
        assert_eq!(found, "203.0.113.9");
    }

    #[test]
    fn the_standard_header_says_more() {
        for (line, expected) in [
            ("for=192.0.2.7", "192.0.2.7"),
            (
                "for=203.0.113.9, For=\"192.0.2.7:4711\";proto=https",
                "192.0.2.7",
            ),
            ("by=10.0.0.1;for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("for=192.0.2.7, for=10.0.0.3", "192.0.2.7"),
            ("for=unknown", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
            ("for=\"203.0.113.9, for=192.0.2.7", "192.0.2.7"),
        ] {
            let found = client("10.0.0.1", ForwardedHeader::Forwarded, &[line]);
            assert_eq!(found, expected, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_header_says_an_untrusted_peer_is_itself(line in "[ -~]{0,200}") {
            for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
                let found = client("192.0.2.1", header, &[&line]);
                proptest::prop_assert_eq!(found, "192.0.2.1");
                client("10.0.0.1", header, &[&line]);
            }
        }
    }
}
