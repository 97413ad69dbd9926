//! Proxies that pass connections on as they are, and say before everything else whose they are.

use std::net::SocketAddr;
use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::{ListSessionsRequest, LoginRequest};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Certificate, Server, server::Builder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tonic::transport::Certificate as Root;

/// Where the proxy is; the tests themselves come from 127.0.0.1, which nobody trusts.
const PROXY: &str = "127.0.0.9";

const V1: &[u8] = b"PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n";

/// `2001:db8::9`, and whatever proxies add: a TLV of three bytes.
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x2a\
    \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\
    \x12\x67\x01\xbb\xe0\0\x03abc";

/// A connection of the proxy's own.
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

/// The preface of HTTP/2 and empty SETTINGS (RFC 9113 section 3.4): after them a connection may be idle.
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// More than the server gives a header, or a first request.
const PATIENCE: Duration = Duration::from_secs(30);

fn behind_a_proxy() -> Builder {
    Server::builder()
        .env("GUICHET_TRUSTED_PROXIES", PROXY)
        .env("GUICHET_PROXY_PROTOCOL", "on")
}

fn address(server: &Server) -> SocketAddr {
    let url = server.url();
    let (_, address) = url.split_once("://").expect("a URL");
    address.parse().expect("an address")
}

/// A connection that comes from the proxy.
async fn from_proxy(server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let proxy = format!("{PROXY}:0").parse().expect("an address");
    socket.bind(proxy).expect("all of 127/8 is this machine");
    socket.connect(server).await.expect("a connection")
}

/// A proxy in front of the server; each connection begins with `header`. Returns its port.
async fn proxy(server: &Server, header: &'static [u8]) -> u16 {
    let server = address(server);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = from_proxy(server).await;
            tokio::spawn(async move {
                server.write_all(header).await.expect("a header is taken");
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

/// Where a sign-in through a proxy came from, as the person sees it.
async fn seen_as(server: &Server, root: Option<&Certificate>, header: &'static [u8]) -> String {
    let account_id = people::active(server, "lea", "").await.id;
    let port = proxy(server, header).await;
    let scheme = if root.is_some() { "https" } else { "http" };
    let mut builder = Guichet::builder(format!("{scheme}://127.0.0.1:{port}"));
    if let Some(root) = root {
        builder = builder.trust(Root::from_pem(root.pem()));
    }
    let guichet = builder.connect().await.expect("a way through the proxy");
    let request = LoginRequest {
        username: "lea".into(),
        password: GOOD_PASSWORD.into(),
        device_name: String::new(),
        ..Default::default()
    };
    guichet.auth().login(request).await.expect("a sign-in");
    let mut auth = server.admin().await.auth();
    let reply = auth.list_sessions(ListSessionsRequest { account_id }).await;
    let sessions = reply.expect("her sessions").into_inner().sessions;
    sessions[0].client_address.clone()
}

#[tokio::test]
async fn a_trusted_proxy_says_whose_a_connection_is() {
    for (header, expected) in [(V1, "203.0.113.9"), (V2, "2001:db8::9"), (LOCAL, PROXY)] {
        let server = behind_a_proxy().start().await;
        assert_eq!(seen_as(&server, None, header).await, expected);
    }
}

#[tokio::test]
async fn it_says_so_before_tls_begins() {
    let certificate = Certificate::of(&["127.0.0.1"]);
    let server = behind_a_proxy().tls(&certificate).start().await;

    assert_eq!(
        seen_as(&server, Some(&certificate), V2).await,
        "2001:db8::9"
    );
}

/// All that the server says until it hangs up.
async fn answer(mut stream: TcpStream, sent: &[u8]) -> String {
    stream.write_all(sent).await.expect("a write");
    let mut said = Vec::new();
    let read = stream.read_to_end(&mut said);
    // A reset is as good as an orderly end.
    let _ = tokio::time::timeout(PATIENCE, read)
        .await
        .expect("the server hangs up");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_trusted_proxy_that_does_not_say_it_is_not_answered() {
    let server = behind_a_proxy().start().await;
    let request = b"GET /.well-known/jwks.json HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let endless = [b"PROXY TCP4 ".as_slice(), &[b'1'; 4_000]].concat();
    let cut = &V2[..20];

    for sent in [request.as_slice(), &endless, cut] {
        let stream = from_proxy(address(&server)).await;
        assert_eq!(answer(stream, sent).await, "");
    }
    let stream = from_proxy(address(&server)).await;
    let said = answer(stream, &[V1, request].concat()).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

#[tokio::test]
async fn a_header_from_anybody_else_is_a_malformed_request() {
    let server = behind_a_proxy().start().await;
    let request = b"GET /.well-known/jwks.json HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let stranger = || TcpStream::connect(address(&server));

    let said = answer(stranger().await.expect("a port"), request).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    for header in [V1, V2] {
        let stream = stranger().await.expect("a port");
        let said = answer(stream, &[header, request].concat()).await;
        assert!(!said.contains("200"), "{said}");
    }
}

/// A household has 256 networks of IPv6 and a site 65,536: each with its own share would be all that there is.
#[tokio::test]
async fn the_networks_of_one_site_do_not_keep_others_out() {
    let server = behind_a_proxy()
        .env("GUICHET_MAX_CONNECTIONS", "16")
        .env("GUICHET_MAX_CONNECTIONS_PER_ADDRESS", "1")
        .start()
        .await;
    let mut idle = Vec::new();
    for network in 1..=17 {
        let header = format!("PROXY TCP6 2001:db8:7:{network:x}::1 2001:db8::1 4711 443\r\n");
        let mut stream = from_proxy(address(&server)).await;
        let opening = [header.as_bytes(), OPENING].concat();
        // One that is refused may be gone already.
        let _ = stream.write_all(&opening).await;
        idle.push(stream);
    }

    let request = b"GET /.well-known/jwks.json HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let elsewhere = from_proxy(address(&server)).await;
    let said = answer(elsewhere, &[V1, request].concat()).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");

    // All are kept until the last has been answered: one that is dropped leaves its place to the next.
    let mut open = 0;
    for stream in &mut idle {
        let mut first = [0];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut first)).await;
        let read = read.expect("an answer or an end").unwrap_or_default();
        open += read;
    }
    // Each that is open has been sent a byte of SETTINGS.
    assert_eq!(open, 4);
}

#[tokio::test]
async fn it_needs_somebody_to_trust() {
    let output = Server::builder()
        .env("GUICHET_PROXY_PROTOCOL", "on")
        .check();

    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("GUICHET_TRUSTED_PROXIES"), "{said}");
}
