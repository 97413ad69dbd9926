//! The PROXY protocol (`HAProxy`, versions 1 and 2): a header before everything else, TLS included, in which a proxy that
//! passes connections on as they are says who has opened them.
//!
//! It is read from trusted proxies alone, which must send it; who else connects is taken as he is, and a header from him
//! is a malformed request.

use std::io;
use std::net::{IpAddr, SocketAddr};

use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Longest header, with whatever else a proxy tells: the specification promises that 536 bytes arrive at once.
const MAX_BYTES: usize = 1_024;

/// Longest of version 1, its end of line included.
const MAX_V1_BYTES: usize = 107;

const V1: &[u8] = b"PROXY ";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The fixed part of version 2: signature, command, family and length.
const V2_HEAD: usize = 16;

/// What is known after so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// At least so many bytes more belong to the header.
    Wants(usize),
    /// It is whole. `None` is a connection of the proxy's own, such as a health check.
    Whole(Option<SocketAddr>),
    /// It is no header, or one that nobody should send.
    Refused,
}

/// Reads the header, and not a byte more: what follows is the client's.
///
/// # Errors
/// `InvalidData` for anything else, and whatever the connection fails with.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut header = Vec::new();
    loop {
        match progress(&header) {
            Progress::Wants(more) => {
                let known = header.len();
                header.resize(known + more, 0);
                stream.read_exact(&mut header[known..]).await?;
            }
            Progress::Whole(client) => return Ok(client),
            Progress::Refused => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "no PROXY header, or one that is out of order",
                ));
            }
        }
    }
}

/// Looks at a header as far as it has come.
pub(crate) fn progress(header: &[u8]) -> Progress {
    let is_begun = |signature: &[u8]| {
        let common = signature.len().min(header.len());
        signature[..common] == header[..common]
    };
    let whole = if is_begun(V2) {
        match header.get(V2_HEAD - 2..V2_HEAD) {
            Some(length) => V2_HEAD + usize::from(u16::from_be_bytes([length[0], length[1]])),
            None => V2_HEAD,
        }
    } else if is_begun(V1) && header.len() < MAX_V1_BYTES {
        // It ends with its line, wherever that is.
        let is_ended = header.ends_with(b"\r\n");
        header.len() + usize::from(!is_ended)
    } else {
        return Progress::Refused;
    };
    // Both versions begin differently, so one byte tells them apart.
    match whole.saturating_sub(header.len()) {
        0 => parse(header),
        _ if whole > MAX_BYTES => Progress::Refused,
        more if header.is_empty() => Progress::Wants(more.min(1)),
        more => Progress::Wants(more),
    }
}

fn parse(header: &[u8]) -> Progress {
    let config = ParseConfig {
        include_tlvs: false,
        ..ParseConfig::default()
    };
    match ProxyHeader::parse(header, config) {
        Ok((parsed, length)) if length == header.len() => match parsed.proxied_address() {
            None => Progress::Whole(None),
            Some(address) if address.protocol == Protocol::Stream => {
                let client = address.source;
                let ip = client.ip().to_canonical();
                Progress::Whole(is_somebody(ip).then(|| SocketAddr::new(ip, client.port())))
            }
            Some(_) => Progress::Refused,
        },
        _ => Progress::Refused,
    }
}

/// Whether a connection can come from an address.
fn is_somebody(address: IpAddr) -> bool {
    !address.is_unspecified() && !address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "192.0.2.7:4711";

    fn v2(command: u8, family: u8, length: u16, body: &[u8]) -> Vec<u8> {
        let head = [0x20 | command, family];
        [V2, &head, &length.to_be_bytes(), body].concat()
    }

    fn tcp4() -> Vec<u8> {
        v2(
            1,
            0x11,
            12,
            &[192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 1, 187],
        )
    }

    async fn read_all(mut sent: &[u8]) -> (io::Result<Option<SocketAddr>>, usize) {
        let before = sent.len();
        let outcome = read(&mut sent).await;
        (outcome, before - sent.len())
    }

    #[tokio::test]
    async fn a_header_is_read_to_its_end_and_no_further() {
        let with_more = {
            let mut header = v2(1, 0x11, 12 + 6, &tcp4()[V2_HEAD..]);
            header.extend_from_slice(b"\x02\0\x03abc");
            header
        };
        for (header, expected) in [
            (tcp4(), Some(CLIENT)),
            (with_more, Some(CLIENT)),
            (
                b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\n".to_vec(),
                Some(CLIENT),
            ),
            (
                b"PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n".to_vec(),
                Some("[2001:db8::1]:4711"),
            ),
            (
                b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 443\r\n".to_vec(),
                Some(CLIENT),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (v2(0, 0, 0, b""), None),
            (v2(1, 0x31, 216, &[0; 216]), None),
        ] {
            let sent = [&header[..], b"\x16\x03\x01 what the client says"].concat();
            let (client, read) = read_all(&sent).await;
            let expected = expected.map(|address| address.parse().unwrap());
            assert_eq!(client.unwrap(), expected, "{}", header.escape_ascii());
            assert_eq!(read, header.len(), "{}", header.escape_ascii());
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused_early() {
        let endless = [b"PROXY TCP4 ".as_slice(), &[b'1'; 5_000]].concat();
        for (sent, most) in [
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 1),
            (b"\x16\x03\x01\x02\0\x01".to_vec(), 1),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), 3),
            (endless, MAX_V1_BYTES),
            (b"PROXY TCP4 192.0.2.7\r\n\r\n".to_vec(), 24),
            (v2(1, 0x11, 65_535, &[0; 2_000]), V2_HEAD),
            (v2(1, 0x12, 12, &[0; 12]), 28),
            (v2(1, 0x11, 4, &[0; 4]), 20),
            (v2(2, 0x11, 12, &[0; 12]), 28),
        ] {
            let (outcome, read) = read_all(&sent).await;
            let kind = outcome.map_err(|error| error.kind());
            assert_eq!(
                kind,
                Err(io::ErrorKind::InvalidData),
                "{}",
                sent.escape_ascii()
            );
            assert!(read <= most, "{read}: {}", sent.escape_ascii());
        }
        let (cut, _) = read_all(&tcp4()[..20]).await;
        assert_eq!(cut.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
