//! A line between clients and a server that can lose answers: the server has done what it was asked, and nobody hears of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use guichet_tests::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The frame that an answer begins with (RFC 9113, 6.2).
const HEADERS: u8 = 0x1;

struct Shared {
    server: Mutex<String>,
    /// Answers still to be lost.
    to_lose: AtomicU32,
    lost: AtomicU32,
}

/// In front of one server, until it is dropped.
pub(crate) struct Line {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Line {
    pub(crate) async fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let shared = Arc::new(Shared {
            server: Mutex::new(authority(server)),
            to_lose: AtomicU32::new(0),
            lost: AtomicU32::new(0),
        });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Self {
            address,
            shared,
            task,
        }
    }

    /// Where clients connect.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The server was started again, at another address.
    pub(crate) fn lead_to(&self, server: &Server) {
        *self.shared.server.lock().expect("no panic") = authority(server);
    }

    /// Loses so many answers from now on, each with its connection.
    pub(crate) fn lose(&self, answers: u32) {
        self.shared.to_lose.store(answers, Ordering::SeqCst);
    }

    /// Answers that were lost so far.
    pub(crate) fn lost(&self) -> u32 {
        self.shared.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn authority(server: &Server) -> String {
    server.url().replace("http://", "")
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            // Whichever way it ends, both ends are closed.
            let _ = connect(client, &shared).await;
        });
    }
}

async fn connect(client: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let server = shared.server.lock().expect("no panic").clone();
    let server = TcpStream::connect(server).await?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::select! {
        ended = tokio::io::copy(&mut from_client, &mut to_server) => ended.map(drop),
        ended = answer(from_server, to_client, shared) => ended,
    }
}

/// Passes frames on, one by one, up to an answer that is to be lost (RFC 9113, 4.1).
async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
) -> std::io::Result<()> {
    loop {
        let mut head = [0; 9];
        from.read_exact(&mut head).await?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        from.read_exact(&mut payload).await?;
        if head[3] == HEADERS && shared.is_to_be_lost() {
            return Ok(());
        }
        to.write_all(&head).await?;
        to.write_all(&payload).await?;
    }
}

impl Shared {
    fn is_to_be_lost(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let taken = self
            .to_lose
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        if taken.is_ok() {
            self.lost.fetch_add(1, Ordering::SeqCst);
        }
        taken.is_ok()
    }
}
