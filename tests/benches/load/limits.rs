//! What this machine can do at most: the raw work, without the product around it.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use guichet_client::Guichet;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_web::GrpcWebLayer;

use crate::closed_loop::{Turn, run};

/// The default cost of a hash: memory in KiB, and passes over it.
pub(crate) const M_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// Callers that share one HTTP/2 connection.
const CALLERS_PER_CONNECTION: usize = 32;

/// What the product's hashing threads cannot do without: one hash's memory each.
pub(crate) fn hashing_mebibytes() -> f64 {
    let threads = u32::try_from(threads()).expect("not that many cores");
    f64::from(threads * M_KIB) / 1_024.0
}

/// The hashing function at the product's default cost.
pub(crate) fn hasher() -> Argon2<'static> {
    let params = Params::new(M_KIB, PASSES, 1, None).expect("a valid cost");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes per second on all cores, the memory being kept from one hash to the next.
#[expect(clippy::cast_precision_loss, reason = "a few thousand hashes")]
pub(crate) async fn argon2(time: Duration) -> f64 {
    let hashed = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..threads() {
        let hashed = hashed.clone();
        workers.spawn_blocking(move || {
            let (argon2, mut output) = (hasher(), [0; 32]);
            let mut blocks = vec![Block::new(); argon2.params().block_count()];
            while start.elapsed() < time {
                argon2
                    .hash_password_into_with_memory(b"Babou45+", &[7; 16], &mut output, &mut blocks)
                    .expect("valid lengths");
                hashed.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    workers.join_all().await;
    hashed.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// Durable commits of one row per second, through the product's driver with the product's settings of `SQLite`.
pub(crate) async fn commits(time: Duration, callers: usize) -> f64 {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}/limit.db?mode=rwc", dir.path().display());
    let mut options = ConnectOptions::new(url);
    // SQLite has one writer at a time, so the product has one connection that writes.
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
    });
    let database = Database::connect(options).await.expect("a database");
    let table = "CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)";
    database.execute_unprepared(table).await.expect("a table");
    let rows = (0..callers).map(|id| (database.clone(), id));
    for (database, id) in rows.clone() {
        let insert = format!("INSERT INTO counter VALUES ({id}, 0)");
        database.execute_unprepared(&insert).await.expect("a row");
    }
    run(time, rows.collect(), count_up).await.rate()
}

/// As many as the product hashes on.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

async fn count_up(
    (database, id): (DatabaseConnection, usize),
) -> Turn<(DatabaseConnection, usize)> {
    let start = Instant::now();
    let update = format!("UPDATE counter SET n = n + 1 WHERE id = {id}");
    database
        .execute_unprepared(&update)
        .await
        .expect("a commit");
    Turn::counted((database, id), start)
}

/// A tonic server that answers health checks and does nothing else, with a runtime of its own as another process has.
pub(crate) struct BareServer {
    address: SocketAddr,
}

impl BareServer {
    /// Starts it; it lasts as long as this program.
    pub(crate) fn start() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket of ours");
        let address = listener.local_addr().expect("a bound socket");
        thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("threads");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                let (_, health) = tonic_health::server::health_reporter();
                Server::builder()
                    .accept_http1(true)
                    .layer(GrpcWebLayer::new())
                    .add_service(health)
                    .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
                    .await
            })
        });
        Self { address }
    }

    /// One for each caller.
    pub(crate) async fn connections(&self, callers: usize) -> Vec<Guichet> {
        connect(&format!("http://{}", self.address), callers).await
    }
}

/// One client for each caller, some of them over the same connection.
pub(crate) async fn connect(url: &str, callers: usize) -> Vec<Guichet> {
    let mut clients = Vec::new();
    while clients.len() < callers {
        let client = Guichet::connect(url).await.expect("a connection");
        let sharing = CALLERS_PER_CONNECTION.min(callers - clients.len());
        clients.extend(std::iter::repeat_n(client, sharing));
    }
    clients
}
