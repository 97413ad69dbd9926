//! The accept loop and the TLS handshake.
//!
//! tonic's own loop would accept without bound, spin on a full descriptor table, and wait without limit
//! for slow handshakes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::admission::{Admission, Slot};
use super::guarded::{GuardedIo, Terms};
use super::peer::Peer;
use super::proxy_header;
use super::tls::ServerTls;
use crate::metrics::{Metrics, Refusal};

/// Time to wait after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// At most one log line in this time about failed accepts.
const ACCEPT_WARNING_EVERY: Duration = Duration::from_secs(10);

/// The accept loop. It ends when nobody takes the connections any more.
pub(super) struct Acceptor {
    pub(super) socket: TcpListener,
    pub(super) introducers: Vec<IpNet>,
    pub(super) entrance: Entrance,
    pub(super) tls_reload: Duration,
    pub(super) failures: AcceptFailures,
}

/// The way of an accepted connection to the server.
#[derive(Clone)]
pub(super) struct Entrance {
    pub(super) admission: Arc<Admission>,
    pub(super) terms: Terms,
    pub(super) handshake: Duration,
    pub(super) tls: Option<ServerTls>,
    pub(super) ready: mpsc::Sender<io::Result<GuardedIo>>,
    pub(super) metrics: Metrics,
}

impl Acceptor {
    pub(super) async fn run(mut self) {
        let closed = self.entrance.ready.clone();
        let reload = ServerTls::follow_files(self.entrance.tls.clone(), self.tls_reload);

        tokio::select! {
            () = closed.closed() => {}
            () = self.accept_all() => {}
            () = reload => {}
        }
    }

    async fn accept_all(&mut self) {
        loop {
            let permit = self.entrance.admission.permit().await;

            match self.socket.accept().await {
                Ok((stream, address)) => self.begin(stream, address, permit).await,
                Err(error) => self.wait_out(&error).await,
            }
        }
    }

    async fn begin(&self, stream: TcpStream, address: SocketAddr, permit: OwnedSemaphorePermit) {
        // Small replies must not wait for the peer's acknowledgements. A socket that refuses the option
        // still works.
        let _ = stream.set_nodelay(true);

        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let mut introducers = self.introducers.iter();
        if introducers.any(|network| network.contains(&address.ip())) {
            let entrance = self.entrance.clone();
            tokio::spawn(entrance.open_introduced(stream, address, permit));
        } else {
            self.entrance.open(stream, address, permit).await;
        }
    }

    async fn wait_out(&mut self, error: &io::Error) {
        self.entrance
            .metrics
            .connection_refused(Refusal::AcceptError);

        // The peer left the queue before its turn: nothing is wrong here.
        if matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::Interrupted
        ) {
            return;
        }

        self.failures.warn(error);
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

impl Entrance {
    /// Lets a proxy say whose connection it is, in the time of a handshake, and counts it as that client's.
    async fn open_introduced(
        self,
        mut stream: TcpStream,
        proxy: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) {
        let introduced = tokio::select! {
            () = self.ready.closed() => return,
            introduced = tokio::time::timeout(self.handshake, proxy_header::read(&mut stream)) => introduced,
        };

        match introduced {
            Ok(Ok(client)) => self.open(stream, client.unwrap_or(proxy), permit).await,
            Ok(Err(error)) => {
                tracing::debug!(%error, %proxy, "a trusted proxy did not say whose connection it is");
                self.metrics.connection_refused(Refusal::ProxyHeader);
            }
            Err(_) => self.metrics.connection_refused(Refusal::ProxyHeader),
        }
    }

    async fn open(&self, stream: TcpStream, address: SocketAddr, permit: OwnedSemaphorePermit) {
        let Some(slot) = self.admission.admit(address.ip(), permit) else {
            self.metrics.connection_refused(Refusal::TooMany);
            return;
        };
        let peer = Peer {
            addr: address,
            tls: self.tls.is_some(),
        };

        if let Some(tls) = &self.tls {
            self.begin_tls(tls.acceptor(), stream, peer, slot);
            return;
        }

        let connection = GuardedIo::plain(stream, peer, slot, &self.terms);
        // The receiver is gone only at the end, when the connection may go too.
        let _ = self.ready.send(Ok(connection)).await;
    }

    /// Shakes hands in a task of its own, so that a slow peer holds nobody up.
    fn begin_tls(&self, acceptor: TlsAcceptor, stream: TcpStream, peer: Peer, slot: Slot) {
        let ready = self.ready.clone();
        let terms = self.terms.clone();
        let limit = self.handshake;
        let metrics = self.metrics.clone();

        tokio::spawn(async move {
            let handshake = tokio::select! {
                () = ready.closed() => return,
                handshake = tokio::time::timeout(limit, acceptor.accept(stream)) => handshake,
            };

            match handshake {
                Ok(Ok(stream)) => {
                    let _ = ready
                        .send(Ok(GuardedIo::tls(stream, peer, slot, &terms)))
                        .await;
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, peer = %peer.addr, "TLS handshake failed");
                    metrics.connection_refused(Refusal::Handshake);
                }
                Err(_) => metrics.connection_refused(Refusal::Handshake),
            }
        });
    }
}

/// Keeps the log readable while accepts go on failing.
#[derive(Default)]
pub(super) struct AcceptFailures {
    last_warning: Option<Instant>,
    untold: u32,
}

impl AcceptFailures {
    fn warn(&mut self, error: &io::Error) {
        let now = Instant::now();
        self.untold += 1;

        if self
            .last_warning
            .is_some_and(|last| now - last < ACCEPT_WARNING_EVERY)
        {
            return;
        }

        tracing::warn!(%error, failures = self.untold, "connections cannot be accepted");
        self.last_warning = Some(now);
        self.untold = 0;
    }
}
