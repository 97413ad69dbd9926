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
        for hop in from_the_end(line, b',') {
            match read(hop) {
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

/// What an element of `Forwarded` says after `for=`, if all of it is well-formed (RFC 7239 section 4) and it says so once.
/// A client chooses what stands after `host=`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in from_the_end(element, b';').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = unquoted(value)?;
        if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
    }
    address(found?)
}

/// A value that is a token, or quoted from its beginning to its end. Many proxies leave the quotes away where a port wants
/// them.
fn unquoted(value: &str) -> Option<&str> {
    let Some(rest) = value.strip_prefix('"') else {
        let is_bare = !value.contains(['"', '\\', ' ', '\t']);
        return is_bare.then_some(value);
    };
    let quote = |(at, _): &(usize, &str)| !is_escaped(&rest[..*at]);
    let (end, _) = rest.match_indices('"').find(quote)?;
    (end + 1 == rest.len()).then_some(&rest[..end])
}

/// The parts of a line, the last one first: what stands before them may be half a quoted string.
fn from_the_end(line: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest.take()?;
        let Some(at) = last(line, separator) else {
            return Some(line.trim());
        };
        rest = Some(&line[..at]);
        Some(line[at + 1..].trim())
    })
}

/// Where the last separator is that is in no quoted string.
fn last(line: &str, separator: u8) -> Option<usize> {
    let mut is_quoted = false;
    for (at, byte) in line.bytes().enumerate().rev() {
        if byte == b'"' && !(is_quoted && is_escaped(&line[..at])) {
            is_quoted = !is_quoted;
        } else if byte == separator && !is_quoted {
            return Some(at);
        }
    }
    None
}

/// Whether a quote that comes next belongs to what is quoted (RFC 9110 section 5.6.4).
fn is_escaped(before: &str) -> bool {
    let backslashes = before.bytes().rev().take_while(|byte| *byte == b'\\');
    backslashes.count() % 2 == 1
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
            ("for=192.0.2.7;host=localhost:8443", "192.0.2.7"),
            // A client that sends such a Host names nobody else by it.
            (
                "for=198.51.100.7;host=\"x,for=203.0.113.9\";proto=https",
                "198.51.100.7",
            ),
            (
                "proto=https;host=\"x,for=203.0.113.9\";for=\"198.51.100.7:1\"",
                "198.51.100.7",
            ),
            (
                "host=\"x;for=203.0.113.9\";for=198.51.100.7",
                "198.51.100.7",
            ),
            (
                "for=198.51.100.7;host=\"x\\\",for=203.0.113.9\"",
                "198.51.100.7",
            ),
            (
                "for=198.51.100.7;host=\"x\\\\\", for=10.0.0.3",
                "198.51.100.7",
            ),
            ("for=198.51.100.7;host=\"x\",for=203.0.113.9\"", "10.0.0.1"),
            ("host=x;for=203.0.113.9;for=198.51.100.7", "10.0.0.1"),
            ("for=203.0.113.9;host=\"x", "10.0.0.1"),
            ("for=203.0.113.9;host=\"x\\\"", "10.0.0.1"),
            ("for=203.0.113.9\"", "10.0.0.1"),
            ("for=\"203.0.113.9\"x", "10.0.0.1"),
            ("x, for=203.0.113.9;x", "10.0.0.1"),
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

        #[test]
        fn what_a_trusted_proxy_quotes_is_nobodys_address(
            before in "[ -~]{0,60}",
            host in r#"[,;="\\for0-9. ]{0,40}"#,
        ) {
            let quoted = host.replace('\\', r"\\").replace('"', "\\\"");
            for line in [
                format!("{before}, for=198.51.100.7;host=\"{quoted}\""),
                format!("{before},host=\"{quoted}\";for=\"198.51.100.7:1\""),
                format!("{before}, for=198.51.100.7, for=10.0.0.2;host=\"{quoted}\""),
            ] {
                let found = client("10.0.0.1", ForwardedHeader::Forwarded, &[&line]);
                proptest::prop_assert_eq!(found, "198.51.100.7");
            }
        }
    }
}
