//! The accept loop, the wait for the first byte, and the TLS handshake.
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
use tokio::time::{Instant, timeout_at};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

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
    pub(super) entrance: Arc<Entrance>,
    pub(super) tls_reload: Duration,
    pub(super) failures: AcceptFailures,
}

/// The way of an accepted connection to the server.
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
                Ok((stream, address)) => self.begin(stream, address, permit),
                Err(error) => self.wait_out(&error).await,
            }
        }
    }

    fn begin(&self, stream: TcpStream, address: SocketAddr, permit: OwnedSemaphorePermit) {
        // Small replies must not wait for the peer's acknowledgements. A socket that refuses the option
        // still works.
        let _ = stream.set_nodelay(true);

        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let mut introducers = self.introducers.iter();
        let entrance = Arc::clone(&self.entrance);
        if introducers.any(|network| network.contains(&address.ip())) {
            tokio::spawn(entrance.open_introduced(stream, address, permit));
        } else if let Some(slot) = entrance.admit(address, permit) {
            tokio::spawn(entrance.open(stream, address, slot));
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
        self: Arc<Self>,
        mut stream: TcpStream,
        proxy: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) {
        let introduced = tokio::select! {
            () = self.ready.closed() => return,
            introduced = tokio::time::timeout(self.handshake, proxy_header::read(&mut stream)) => introduced,
        };

        match introduced {
            Ok(Ok(client)) => {
                let client = client.unwrap_or(proxy);
                if let Some(slot) = self.admit(client, permit) {
                    self.open(stream, client, slot).await;
                }
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, %proxy, "a trusted proxy did not say whose connection it is");
                self.metrics.connection_refused(Refusal::ProxyHeader);
            }
            Err(_) => self.metrics.connection_refused(Refusal::ProxyHeader),
        }
    }

    fn admit(&self, address: SocketAddr, permit: OwnedSemaphorePermit) -> Option<Slot> {
        let slot = self.admission.admit(address.ip(), permit);
        if slot.is_none() {
            self.metrics.connection_refused(Refusal::TooMany);
        }
        slot
    }

    /// Hands a connection to the server. This is a task of its own, so that a slow peer holds nobody up.
    async fn open(self: Arc<Self>, stream: TcpStream, address: SocketAddr, slot: Slot) {
        let peer = Peer {
            addr: address,
            tls: self.tls.is_some(),
        };
        tokio::select! {
            () = self.ready.closed() => {}
            () = self.let_in(stream, peer, slot) => {}
        }
    }

    /// Waits for the first byte before anything is set up that a connection needs: one that says nothing costs three fifths of
    /// what it would otherwise.
    async fn let_in(&self, stream: TcpStream, peer: Peer, slot: Slot) {
        let limit = if peer.tls {
            self.handshake
        } else {
            self.terms.first_request
        };
        let deadline = Instant::now() + limit;
        // `readable` would not do: it may come too early.
        let spoke = timeout_at(deadline, stream.peek(&mut [0])).await;

        let connection = if let Some(tls) = &self.tls {
            // Large, and needed by few of those that wait.
            let handshake = Box::pin(self.shake_hands(tls.acceptor(), stream, &peer, deadline));
            let Some(stream) = handshake.await else {
                return;
            };
            let deadline = Instant::now() + self.terms.first_request;
            GuardedIo::tls(stream, peer, slot, &self.terms, deadline)
        } else if spoke.is_ok() {
            GuardedIo::plain(stream, peer, slot, &self.terms, deadline)
        } else {
            return;
        };
        // The receiver is gone only at the end, when the connection may go too.
        let _ = self.ready.send(Ok(connection)).await;
    }

    async fn shake_hands(
        &self,
        acceptor: TlsAcceptor,
        stream: TcpStream,
        peer: &Peer,
        deadline: Instant,
    ) -> Option<TlsStream<TcpStream>> {
        match timeout_at(deadline, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => tracing::debug!(%error, peer = %peer.addr, "TLS handshake failed"),
            Err(_) => {}
        }
        self.metrics.connection_refused(Refusal::Handshake);
        None
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
