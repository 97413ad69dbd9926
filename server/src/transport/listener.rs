//! The listening socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::accept::{AcceptFailures, Acceptor, Entrance};
use super::admission::Admission;
use super::guarded::{GuardedIo, Terms};
use super::limits::Limits;
use super::tls::ServerTls;
use crate::metrics::{Metrics, Port};

/// Connections that are ready before the server takes them.
const READY_CONNECTIONS: usize = 64;

/// A bound socket that does not accept yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    port: Port,
    introducers: Vec<IpNet>,
}

impl Listener {
    /// Binds `address`, where port 0 lets the system choose. `port` is how the metrics call it.
    pub async fn bind(address: SocketAddr, port: Port) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;

        Ok(Self {
            socket,
            address,
            port,
            introducers: Vec::new(),
        })
    }

    /// Expects a PROXY header from these proxies.
    #[must_use]
    pub fn introduced_by(self, introducers: Vec<IpNet>) -> Self {
        Self {
            introducers,
            ..self
        }
    }

    /// The bound address, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections for `tonic::transport::Server::serve_with_incoming_shutdown`.
    ///
    /// The socket closes when the stream is dropped. Connections live on until they end by themselves
    /// or `kill` is cancelled. Items are never errors: a failed accept is waited out here.
    pub fn incoming(
        self,
        limits: &Limits,
        tls: Option<ServerTls>,
        kill: &CancellationToken,
        metrics: &Metrics,
    ) -> impl Stream<Item = io::Result<GuardedIo>> + Send + use<> {
        let (ready, connections) = mpsc::channel(READY_CONNECTIONS);
        let acceptor = Acceptor {
            socket: self.socket,
            introducers: self.introducers,
            entrance: Arc::new(Entrance {
                admission: Arc::new(Admission::new(limits, metrics.connections(self.port))),
                terms: Terms {
                    first_request: limits.first_request,
                    kill: kill.clone(),
                },
                handshake: limits.tls_handshake,
                tls,
                ready,
                metrics: metrics.clone(),
            }),
            tls_reload: limits.tls_reload,
            failures: AcceptFailures::default(),
        };
        tokio::spawn(acceptor.run());

        ReceiverStream::new(connections)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::{Duration, Instant};

    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;
    use tokio_stream::StreamExt as _;

    use super::*;
    use crate::transport::testing::{Certificate, HEALTH, Setup, closed, serve};

    fn quick() -> Limits {
        Limits {
            first_request: Duration::from_millis(200),
            tls_handshake: Duration::from_millis(200),
            tls_reload: Duration::from_millis(10),
            ..Limits::default()
        }
    }

    /// Until then it has no part in what the server sets up for each.
    #[tokio::test]
    async fn the_server_hears_of_a_connection_once_it_speaks() {
        let metrics = Metrics::new("test");
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Port::Public).await;
        let listener = listener.unwrap();
        let address = listener.local_addr();
        let kill = CancellationToken::new();
        let mut incoming = pin!(listener.incoming(&Limits::default(), None, &kill, &metrics));

        let mut client = TcpStream::connect(address).await.unwrap();
        let silent = tokio::time::timeout(Duration::from_millis(100), incoming.next());
        assert!(silent.await.is_err());

        client.write_all(b"P").await.unwrap();
        assert!(incoming.next().await.is_some());
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_is_closed() {
        let server = serve(Setup {
            limits: quick(),
            ..Setup::default()
        })
        .await;

        let begun = Instant::now();
        closed(&mut server.connect().await).await;

        assert!(
            begun.elapsed() >= Duration::from_millis(190),
            "{:?}",
            begun.elapsed()
        );
        server.open_connections(0).await;
    }

    #[tokio::test]
    async fn a_first_request_that_trickles_is_closed() {
        let server = serve(Setup {
            limits: quick(),
            ..Setup::default()
        })
        .await;

        for begin in [
            "GET /hello HTTP/1.1\r\nhost: a\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
        ] {
            let mut stream = server.connect().await;
            stream.write_all(begin.as_bytes()).await.unwrap();
            closed(&mut stream).await;
        }
    }

    #[tokio::test]
    async fn a_connection_that_has_spoken_may_be_idle() {
        let server = serve(Setup {
            limits: quick(),
            ..Setup::default()
        })
        .await;
        let (client, connection) = h2::client::handshake(server.connect().await).await.unwrap();
        tokio::spawn(connection);

        tokio::time::sleep(Duration::from_millis(400)).await;

        let mut client = client.ready().await.unwrap();
        let request = axum::http::Request::get(format!("http://{}/hello", server.address));
        let (answer, _) = client
            .send_request(request.body(()).unwrap(), true)
            .unwrap();
        assert_eq!(answer.await.unwrap().status(), 200);
    }

    #[tokio::test]
    async fn an_address_with_its_share_is_refused_and_later_served() {
        let limits = Limits {
            connections_from_loopback: 2,
            ..Limits::default()
        };
        let server = serve(Setup {
            limits,
            ..Setup::default()
        })
        .await;

        let first = server.connect().await;
        let _second = server.connect().await;
        server.open_connections(2).await;
        closed(&mut server.connect().await).await;

        drop(first);
        server.open_connections(1).await;
        let (head, _, _) = server
            .http2(HEALTH, &[("content-type", "application/grpc")])
            .await;
        assert_eq!(head.status(), 200);
    }

    #[tokio::test]
    async fn the_total_holds_new_connections_back() {
        let limits = Limits {
            connections: 1,
            first_request: Duration::from_millis(200),
            ..Limits::default()
        };
        let server = serve(Setup {
            limits,
            ..Setup::default()
        })
        .await;

        let _idle = server.connect().await;
        server.open_connections(1).await;

        // Waits in the kernel's queue until the idle one is closed.
        let answer = server.http1("GET", "/hello", &[], b"").await;
        assert!(answer.starts_with("http/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn slow_handshakes_are_cut_and_delay_nobody() {
        let certificate = Certificate::new();
        let server = serve(Setup {
            limits: quick(),
            tls: Some(certificate.load()),
            ..Setup::default()
        })
        .await;

        // A ClientHello that stops after its record header.
        let mut half = server.connect().await;
        half.write_all(&[0x16, 3, 1, 2, 0]).await.unwrap();

        let name = "localhost".try_into().unwrap();
        let stream = certificate
            .connector()
            .connect(name, server.connect().await)
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));

        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let request = axum::http::Request::get("https://localhost/peer")
            .body(())
            .unwrap();
        let (answer, _) = client.send_request(request, true).unwrap();
        let mut body = answer.await.unwrap().into_body();
        let peer = body.data().await.unwrap().unwrap();
        assert!(
            String::from_utf8_lossy(&peer).contains("tls: true"),
            "{peer:?}"
        );

        closed(&mut half).await;
    }

    #[tokio::test]
    async fn a_certificate_that_was_replaced_is_shown_to_whoever_comes_next() {
        let certificate = Certificate::new();
        let server = serve(Setup {
            limits: quick(),
            tls: Some(certificate.load()),
            ..Setup::default()
        })
        .await;
        let trusts = async |certificate: &Certificate| {
            let name = "localhost".try_into().unwrap();
            let stream = server.connect().await;
            certificate.connector().connect(name, stream).await.is_ok()
        };
        assert!(trusts(&certificate).await);

        let renewed = Certificate::new();
        renewed.replace(&certificate);

        let deadline = Instant::now() + Duration::from_secs(10);
        while !trusts(&renewed).await {
            assert!(Instant::now() < deadline, "still the old certificate");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn plain_text_on_a_tls_port_is_closed() {
        let server = serve(Setup {
            tls: Some(Certificate::new().load()),
            ..Setup::default()
        })
        .await;

        let mut stream = server.connect().await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        closed(&mut stream).await;
    }
}
