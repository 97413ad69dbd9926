//! Draining in bounded time.
//!
//! 1. A signal asks for the end: the caller says that it is not serving any more.
//! 2. The sockets close, HTTP/2 clients get a GOAWAY, running calls finish.
//! 3. When the limit has passed, or on a second signal, the connections that are left are cut.
//!
//! Step 3 is needed because tonic and hyper wait for ever for a client that hangs.

use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Time for saying that the process is not serving any more.
const ANNOUNCEMENT: Duration = Duration::from_millis(500);

/// Time for cut connections to notice.
const CUT: Duration = Duration::from_millis(500);

/// The stages of the end of the process; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    requested: CancellationToken,
    draining: CancellationToken,
    killed: CancellationToken,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, although nobody had asked for it.
    Unasked,
    /// Every connection closed in time.
    Drained,
    /// Some connections had to be cut.
    Cut,
}

impl Shutdown {
    /// Stages that only [`Self::request`] moves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stages moved by SIGTERM and SIGINT, from now on.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = Self::new();

        let stages = shutdown.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                stages.request();
            }
        });

        Ok(shutdown)
    }

    /// Asks for the end; asking again ends at once.
    pub fn request(&self) {
        if self.requested.is_cancelled() {
            self.killed.cancel();
        } else {
            tracing::info!("shutting down");
            self.requested.cancel();
        }
    }

    /// Waits until the end is asked for: time for background work to stop taking new items.
    pub async fn requested(&self) {
        self.requested.cancelled().await;
    }

    /// Whether the end was asked for.
    pub fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }

    /// The signal for `serve_with_incoming_shutdown`.
    pub fn draining(&self) -> WaitForCancellationFutureOwned {
        self.draining.clone().cancelled_owned()
    }

    /// The kill switch for [`super::listener::Listener::incoming`] and [`super::ops::serve`].
    pub fn kill_switch(&self) -> &CancellationToken {
        &self.killed
    }

    /// Runs `server` until it has ended, at most `limit` after the end was asked for.
    ///
    /// `announce` runs before the sockets close; it flips the health service to `NOT_SERVING`. The kill
    /// switch is thrown in every case, so that nothing outlives this call by much.
    pub async fn supervise<E>(
        &self,
        server: impl Future<Output = Result<(), E>>,
        announce: impl Future<Output = ()>,
        limit: Duration,
    ) -> Result<Ending, E> {
        let _kill = self.killed.clone().drop_guard();
        let mut server = pin!(server);

        tokio::select! {
            ended = &mut server => return ended.map(|()| Ending::Unasked),
            () = self.announced(announce) => self.draining.cancel(),
        }

        tokio::select! {
            ended = &mut server => return ended.map(|()| Ending::Drained),
            () = tokio::time::sleep(limit) => {}
            () = self.killed.cancelled() => {}
        }

        tracing::warn!("connections still open are cut");
        self.killed.cancel();

        match tokio::time::timeout(CUT, server).await {
            Ok(ended) => ended.map(|()| Ending::Cut),
            Err(_) => Ok(Ending::Cut),
        }
    }

    async fn announced(&self, announce: impl Future<Output = ()>) {
        self.requested().await;

        if tokio::time::timeout(ANNOUNCEMENT, announce).await.is_err() {
            tracing::warn!("shutting down without having announced it");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;

    use super::*;
    use crate::transport::testing::{HEALTH, NEVER, Served, Setup, serve};

    /// One client that says nothing, one that does not read, and one whose call never ends.
    async fn hang_on(server: &Served) -> (TcpStream, TcpStream, TcpStream) {
        let idle = server.connect().await;

        let mut deaf = server.connect().await;
        let endless = b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n";
        deaf.write_all(endless).await.unwrap();

        let mut waiting = server.connect().await;
        let never = format!(
            "POST {NEVER} HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/grpc-web\r\ncontent-length: 0\r\n\r\n"
        );
        waiting.write_all(never.as_bytes()).await.unwrap();

        server.open_connections(3).await;
        (idle, deaf, waiting)
    }

    #[tokio::test]
    async fn a_server_without_clients_ends_at_once() {
        let server = serve(Setup::default()).await;

        server.shutdown.request();

        assert_eq!(server.ended.await.unwrap(), Ending::Drained);
        assert!(server.announced.is_cancelled());
    }

    #[tokio::test]
    async fn hanging_clients_are_cut_when_the_limit_has_passed() {
        let drain = Duration::from_millis(300);
        let mut server = serve(Setup {
            drain,
            ..Setup::default()
        })
        .await;
        let _clients = hang_on(&server).await;

        let begun = Instant::now();
        server.shutdown.request();
        let ending = (&mut server.ended).await.unwrap();

        assert_eq!(ending, Ending::Cut);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{:?}",
            begun.elapsed()
        );
        server.open_connections(0).await;
    }

    #[tokio::test]
    async fn asking_twice_ends_at_once() {
        let mut server = serve(Setup::default()).await;
        let _clients = hang_on(&server).await;

        let begun = Instant::now();
        server.shutdown.request();
        server.shutdown.request();

        assert_eq!((&mut server.ended).await.unwrap(), Ending::Cut);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{:?}",
            begun.elapsed()
        );
    }

    #[tokio::test]
    async fn running_calls_finish_while_new_connections_are_refused() {
        let server = serve(Setup::default()).await;
        let (client, connection) = h2::client::handshake(server.connect().await).await.unwrap();
        tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let request = axum::http::Request::post(format!("http://{}{HEALTH}", server.address))
            .header("content-type", "application/grpc")
            .body(())
            .unwrap();
        let (answer, mut upload) = client.send_request(request, false).unwrap();
        server.open_connections(1).await;
        // Let the stream be accepted before its body is there.
        tokio::time::sleep(Duration::from_millis(50)).await;

        server.shutdown.request();
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }

        upload
            .send_data(axum::body::Bytes::from_static(&[0; 5]), true)
            .unwrap();
        assert_eq!(answer.await.unwrap().status(), 200);
        drop(client);
        assert_eq!(server.ended.await.unwrap(), Ending::Drained);
    }

    #[tokio::test]
    async fn an_announcement_that_hangs_does_not_hold_the_end_up() {
        let shutdown = Shutdown::new();
        let draining = shutdown.draining();
        let server = async {
            draining.await;
            Ok::<_, io::Error>(())
        };

        shutdown.request();
        let ending = shutdown
            .supervise(server, std::future::pending(), Duration::from_secs(10))
            .await;

        assert_eq!(ending.unwrap(), Ending::Drained);
    }

    #[tokio::test]
    async fn a_server_that_ends_unasked_is_told_from_one_that_was_drained() {
        let server = async { Ok::<_, io::Error>(()) };
        let ending = Shutdown::new()
            .supervise(server, async {}, Duration::from_secs(10))
            .await;

        assert_eq!(ending.unwrap(), Ending::Unasked);
    }

    #[tokio::test]
    async fn signals_ask_for_the_end() {
        use rustix::process::{Signal, getpid, kill_process};

        let shutdown = Shutdown::on_signals().unwrap();

        kill_process(getpid(), Signal::TERM).unwrap();
        shutdown.requested().await;
        assert!(!shutdown.kill_switch().is_cancelled());

        kill_process(getpid(), Signal::INT).unwrap();
        shutdown.kill_switch().cancelled().await;
    }
}
