//! A wire to PostgreSQL that can be cut.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guichet_tests::Postgres;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf as FromClient, OwnedWriteHalf as ToClient};
use tokio::net::unix::{OwnedReadHalf as FromServer, OwnedWriteHalf as ToServer};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// The wire is cut before it arrives.
    Before,
    /// It is carried out, and the wire cut before the answer comes back.
    After,
    /// The process with this id dies before it arrives.
    Kill(u32),
    /// It arrives when the wire is good again, and so does all that comes after it on its connection.
    Hold,
}

struct Armed {
    left: u32,
    cut: Cut,
    hit: bool,
}

struct Shared {
    socket: Mutex<PathBuf>,
    armed: Mutex<Option<Armed>>,
    /// Its value changes when every connection is cut.
    cuts: watch::Sender<u32>,
    /// Its value changes when every connection falls silent.
    silences: watch::Sender<u32>,
    /// Whether the statement that is to be held is.
    holds: watch::Sender<bool>,
}

/// Between a server and its database, until it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn before(postgres: &Postgres) -> Self {
        Self::to(postgres.socket()).await
    }

    /// To whatever listens on this socket.
    pub(crate) async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let shared = Arc::new(Shared {
            socket: Mutex::new(socket),
            armed: Mutex::new(None),
            cuts: watch::Sender::new(0),
            silences: watch::Sender::new(0),
            holds: watch::Sender::new(false),
        });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Self {
            address,
            shared,
            task,
        }
    }

    /// For `GUICHET_DATABASE_URL`.
    pub(crate) fn url(&self, postgres: &Postgres) -> String {
        self.url_of(postgres.name())
    }

    /// Likewise, for a database of this name.
    pub(crate) fn url_of(&self, name: &str) -> String {
        format!(
            "postgres://postgres@{}/{name}?sslmode=disable",
            self.address
        )
    }

    /// Cuts at the `k`th statement from now on.
    pub(crate) fn arm(&self, k: u32, cut: Cut) {
        let armed = Armed {
            left: k,
            cut,
            hit: false,
        };
        self.shared.holds.send_replace(true);
        *self.shared.armed.lock().expect("no panic") = Some(armed);
    }

    /// Is a good wire again. Tells whether it was cut.
    pub(crate) fn disarm(&self) -> bool {
        let armed = self.shared.armed.lock().expect("no panic").take();
        self.shared.holds.send_replace(false);
        armed.is_some_and(|armed| armed.hit)
    }

    /// Whether it has been cut.
    pub(crate) fn is_hit(&self) -> bool {
        let armed = self.shared.armed.lock().expect("no panic");
        armed.as_ref().is_some_and(|armed| armed.hit)
    }

    /// Leads to another socket from now on; the connections that there are stay.
    pub(crate) fn switch(&self, socket: PathBuf) {
        *self.shared.socket.lock().expect("no panic") = socket;
    }

    /// Every connection that there is carries nothing any more, and neither end hears that it is gone.
    pub(crate) fn silence_all(&self) {
        self.shared.silences.send_modify(|silences| *silences += 1);
    }

    /// Cuts every connection.
    pub(crate) fn cut_all(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut_all();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let mut cuts = shared.cuts.subscribe();
            let mut silences = shared.silences.subscribe();
            let mut passing = pin!(connect(client, &shared));
            tokio::select! {
                _ = &mut passing => {}
                _ = cuts.changed() => {}
                // Both ends stay open until they are cut.
                _ = silences.changed() => drop(cuts.changed().await),
            }
        });
    }
}

async fn connect(client: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let socket = shared.socket.lock().expect("no panic").clone();
    let server = UnixStream::connect(socket).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let swallow = AtomicBool::new(false);
    // Whichever ends first ends the other: a connection is whole or cut.
    tokio::select! {
        ended = ask(from_client, to_server, shared, &swallow) => ended,
        ended = reply(from_server, to_client, &swallow) => ended,
    }
}

/// Passes messages on, one by one (PostgreSQL, 55.7 Message Formats).
async fn ask(
    mut from: FromClient,
    mut to: ToServer,
    shared: &Shared,
    swallow: &AtomicBool,
) -> std::io::Result<()> {
    // The first message has no type.
    let mut length = from.read_u32().await?;
    to.write_u32(length).await?;
    pass(&mut from, &mut to, length).await?;
    loop {
        let kind = from.read_u8().await?;
        length = from.read_u32().await?;
        if matches!(kind, b'S' | b'Q') {
            match shared.next_cut() {
                Some(Cut::Before) => return Ok(()),
                Some(Cut::After) => swallow.store(true, Ordering::Relaxed),
                Some(Cut::Kill(process)) => kill(process),
                Some(Cut::Hold) => {
                    // The sender is there as long as the connection.
                    let _ = shared.holds.subscribe().wait_for(|holds| !holds).await;
                }
                None => {}
            }
        }
        to.write_u8(kind).await?;
        to.write_u32(length).await?;
        pass(&mut from, &mut to, length).await?;
    }
}

async fn pass(from: &mut FromClient, to: &mut ToServer, length: u32) -> std::io::Result<()> {
    // The length counts itself.
    let mut body = vec![0; usize::try_from(length).expect("a short message") - 4];
    from.read_exact(&mut body).await?;
    to.write_all(&body).await
}

async fn reply(
    mut from: FromServer,
    mut to: ToClient,
    swallow: &AtomicBool,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        // What is read now answers a statement that was carried out.
        if count == 0 || swallow.load(Ordering::Relaxed) {
            return Ok(());
        }
        to.write_all(&bytes[..count]).await?;
    }
}

impl Shared {
    /// What happens to this statement, if it is the one.
    fn next_cut(&self) -> Option<Cut> {
        let mut armed = self.armed.lock().expect("no panic");
        let armed = armed.as_mut().filter(|armed| armed.left > 0)?;
        armed.left -= 1;
        if armed.left > 0 {
            return None;
        }
        armed.hit = true;
        Some(armed.cut)
    }
}

/// It may be dead already: a command that is run beside it has statements of its own.
fn kill(process: u32) {
    let killed = Command::new("sh")
        .args(["-c", &format!("kill -KILL {process} 2>/dev/null")])
        .status();
    killed.expect("a shell");
    // It is gone when its connections are; what it sent before must not arrive.
    std::thread::sleep(Duration::from_millis(5));
}
