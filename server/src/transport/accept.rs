//! The accept loop and the TLS handshake.
//!
//! tonic's own loop would accept without bound, spin on a full descriptor table, and wait without limit
//! for slow handshakes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::admission::{Admission, Slot};
use super::guarded::{GuardedIo, Terms};
use super::peer::Peer;
use super::tls::ServerTls;
use crate::metrics::{Metrics, Refusal};

/// Time to wait after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// At most one log line in this time about failed accepts.
const ACCEPT_WARNING_EVERY: Duration = Duration::from_secs(10);

/// The accept loop. It ends when nobody takes the connections any more.
pub(super) struct Acceptor {
    pub(super) socket: TcpListener,
    pub(super) admission: Admission,
    pub(super) terms: Terms,
    pub(super) handshake: Duration,
    pub(super) tls: Option<ServerTls>,
    pub(super) tls_reload: Duration,
    pub(super) ready: mpsc::Sender<io::Result<GuardedIo>>,
    pub(super) metrics: Metrics,
    pub(super) failures: AcceptFailures,
}

impl Acceptor {
    pub(super) async fn run(mut self) {
        let closed = self.ready.clone();
        let reload = ServerTls::follow_files(self.tls.clone(), self.tls_reload);

        tokio::select! {
            () = closed.closed() => {}
            () = self.accept_all() => {}
            () = reload => {}
        }
    }

    async fn accept_all(&mut self) {
        loop {
            let permit = self.admission.permit().await;

            match self.socket.accept().await {
                Ok((stream, address)) => self.begin(stream, address, permit).await,
                Err(error) => self.wait_out(&error).await,
            }
        }
    }

    async fn begin(&self, stream: TcpStream, address: SocketAddr, permit: OwnedSemaphorePermit) {
        let Some(slot) = self.admission.admit(address.ip(), permit) else {
            self.metrics.connection_refused(Refusal::TooMany);
            return;
        };
        let peer = Peer {
            addr: SocketAddr::new(address.ip().to_canonical(), address.port()),
            tls: self.tls.is_some(),
        };

        // Small replies must not wait for the peer's acknowledgements. A socket that refuses the option
        // still works.
        let _ = stream.set_nodelay(true);

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

    async fn wait_out(&mut self, error: &io::Error) {
        self.metrics.connection_refused(Refusal::AcceptError);

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
