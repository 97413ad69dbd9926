//! What stands in the head of a request, or before it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::text;
use crate::{
    config::{ForwardedHeader, Proxies},
    i18n::Locale,
    transport::{
        client_address,
        deadline::CallLimits,
        peer::Peer,
        proxy_header::{self, Progress},
        session_cookie::{self, Public},
    },
};

const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// `X-Forwarded-For` and `Forwarded`: who is no proxy is believed nothing, and whatever a client has written, what the
/// trusted proxy adds behind it wins.
pub fn client_address(data: &[u8]) {
    for (header, name, added) in [
        (
            ForwardedHeader::XForwardedFor,
            "x-forwarded-for",
            "192.0.2.7",
        ),
        (ForwardedHeader::Forwarded, "forwarded", "for=192.0.2.7"),
    ] {
        let proxies = Proxies {
            trusted: vec!["10.0.0.0/8".parse().expect("a network")],
            header,
            ..Proxies::default()
        };
        let of = |direct: IpAddr, headers: &HeaderMap| {
            let peer = Peer {
                addr: SocketAddr::new(direct, 1),
                tls: false,
            };
            client_address::of(Some(&peer), headers, &proxies).expect("there is a peer")
        };
        let name = HeaderName::from_static(name);
        let mut headers = lines(&name, data);
        assert_eq!(of(STRANGER, &headers), STRANGER, "a stranger was believed");
        of(PROXY, &headers);

        headers.append(&name, HeaderValue::from_static(added));
        assert_eq!(of(PROXY, &headers), STRANGER, "the proxy's own line");
        let written = [data, b", ", added.as_bytes()].concat();
        if let Ok(line) = HeaderValue::from_bytes(&written)
            && line.to_str().is_ok()
        {
            let headers = HeaderMap::from_iter([(name, line)]);
            assert_eq!(of(PROXY, &headers), STRANGER, "the proxy's own element");
        }
    }
}

/// `Cookie`: ours is found among whatever else there is, as long as nothing before it has its name.
pub fn cookie(data: &[u8]) {
    let public = Public::Https;
    let headers = lines(&header::COOKIE, data);
    let found = session_cookie::read(&headers, public);
    assert!(!found.is_some_and(|found| found.contains(';')));

    let token = URL_SAFE_NO_PAD.encode(data);
    let mut kept = HeaderMap::new();
    session_cookie::keep(&mut kept, public, &token, Duration::from_mins(1));
    let kept = kept[header::SET_COOKIE].to_str().expect("ASCII");
    assert_eq!(
        kept.matches(';').count(),
        5,
        "one attribute was smuggled in"
    );
    let (pair, _) = kept.split_once(';').expect("attributes");
    let mut sent = HeaderMap::new();
    sent.insert(header::COOKIE, pair.parse().expect("a header"));
    for (_, line) in &headers {
        sent.append(header::COOKIE, line.clone());
    }
    assert_eq!(session_cookie::read(&sent, public), Some(token));
}

/// `Accept-Language`: one of our languages or none.
pub fn accept_language(data: &[u8]) {
    let Some(wanted) = text(data) else { return };
    if let Some(locale) = Locale::negotiate(wanted) {
        assert!(wanted.len() <= 1_024, "long lists are not looked at");
        assert_eq!(Locale::negotiate(locale.as_str()), Some(locale));
        assert!(wanted.to_ascii_lowercase().contains(locale.as_str()));
    }
}

/// `grpc-timeout`: no caller gets more time than the configuration allows.
pub fn grpc_timeout(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let headers = HeaderMap::from_iter([(HeaderName::from_static("grpc-timeout"), value)]);
    let limits = CallLimits::default();
    let limit = limits.of("/guichet.v1.AuthService/Login", &headers);
    assert!(limit.is_some_and(|limit| limit <= limits.longest));
}

/// The lines of a header, of those that HTTP lets through.
fn lines(name: &HeaderName, data: &[u8]) -> HeaderMap {
    let lines = data.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .map(|line| (name.clone(), line))
        .collect()
}

/// The PROXY protocol: a whole header says the same however it arrives, is bounded, and ends where the parser of all of it
/// says that it ends.
pub fn proxy_header(data: &[u8]) {
    let mut known = 0;
    let outcome = loop {
        match proxy_header::progress(&data[..known]) {
            Progress::Wants(0) => panic!("it waits for nothing"),
            Progress::Wants(more) if known + more > data.len() => return,
            Progress::Wants(more) => known += more,
            outcome => break outcome,
        }
    };
    assert!(known <= 1_024, "{known} bytes");
    let Progress::Whole(client) = outcome else {
        return;
    };
    let (parsed, length) =
        ::proxy_header::ProxyHeader::parse(data, ::proxy_header::ParseConfig::default())
            .expect("the same bytes and more");
    assert_eq!(length, known);
    let told = parsed.proxied_address().map(|address| address.source);
    if let Some(client) = client {
        assert_eq!(told.map(|told| told.ip().to_canonical()), Some(client.ip()));
        assert_eq!(told.map(|told| told.port()), Some(client.port()));
    }
}
