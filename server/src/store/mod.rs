//! The database: one file per table, each with its entity and the finders that several places share.

use std::{
    fs, io::ErrorKind, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc, time::Duration,
};

use anyhow::Context as _;
use guichet_migration::Migration;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    DatabaseTransaction, DbBackend, DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode,
    SqlxPostgresConnector, Statement, TransactionOptions, TransactionTrait as _,
};
use secrecy::ExposeSecret as _;
use sqlx::{
    Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::{api_key::ByHash, log::Log, session::LiveById, together::Together};
use crate::config::{DatabaseUrl, Storage};

pub mod account;
pub mod account_origin;
pub mod api_key;
pub mod backup;
pub mod copy;
pub mod event;
pub mod event_pruned;
pub mod event_seal;
pub mod fault;
pub mod first_reply;
pub mod former_password;
pub mod hash_kind;
pub mod import;
pub mod import_row;
pub mod institution;
pub mod institution_ancestor;
pub mod institution_member;
mod log;
pub mod outbox;
pub mod recovery_code;
pub mod reset_code;
pub mod reset_request;
pub mod reset_request_account;
pub mod restored;
pub mod retired_key;
mod returned;
mod schema;
pub mod scope;
pub mod session;
pub mod signing_key;
pub mod silence;
mod sqlite;
mod sweep;
pub mod throttle;
mod time;
pub mod together;
pub mod totp;

/// How long a call may wait for a connection before it is told `STORE_UNAVAILABLE`.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// `PostgreSQL`'s connections that only read, and as many that write: who waits there for a row that somebody else
/// holds must not keep those waiting who only look. `SQLite` has one writer, and readers that wait for nobody.
const CONNECTIONS: u32 = 8;

/// Sign-ins that stand in line for a writing connection at once. The others wait in front of that line, which so stays
/// short for calls that are quick.
const PATIENT: [usize; 2] = [1, 4];

/// No statement of ours takes long, and none may wait for ever for a row that somebody else holds. A connection whose
/// owner died inside a transaction must not keep its locks.
///
/// Set once a connection is there: poolers let nobody in who asks for it at the start.
const POSTGRES_LIMITS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '30s'";

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    /// For statements that write nothing.
    pub read: DatabaseConnection,
    /// Sessions that have not ended, by their ids.
    pub live_sessions: Together<LiveById>,
    /// API keys, by their hashes.
    pub api_keys: Together<ByHash>,
    write: DatabaseConnection,
    turns: Arc<Semaphore>,
    log: Option<Arc<Log>>,
}

/// Lets the next one into the line when it is dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Store {
    /// Connects, creating the data directory and an `SQLite` file where there is none.
    pub async fn connect(storage: &Storage) -> anyhow::Result<Self> {
        create_data_dir(&storage.data_dir)?;
        match &storage.database {
            DatabaseUrl::Sqlite(path) => {
                let write = sqlite::connect(path, sqlite::WRITER).await?;
                sqlite::refuse_old(&write).await?;
                let read = sqlite::connect(path, sqlite::READERS).await?;
                Ok(Self::of(read, write, Some(Arc::new(Log::of(path)))))
            }
            DatabaseUrl::Postgres(url) => Self::connect_postgres(url.expose_secret()).await,
        }
    }

    /// Connects for a look, and makes neither file nor folder. None where an `SQLite` file is yet to be made.
    pub async fn connect_to_look(storage: &Storage) -> anyhow::Result<Option<Self>> {
        let path = match &storage.database {
            DatabaseUrl::Sqlite(path) => path,
            DatabaseUrl::Postgres(url) => {
                return Self::connect_postgres(url.expose_secret()).await.map(Some);
            }
        };
        let is_there = path.try_exists();
        if !is_there.with_context(|| format!("can't look for {}", path.display()))? {
            return Ok(None);
        }
        let database = backup::open(path, "rw", |options| options).await?;
        sqlite::refuse_old(&database).await?;
        let log = Some(Arc::new(Log::of(path)));
        Ok(Some(Self::of(database.clone(), database, log)))
    }

    async fn connect_postgres(url: &str) -> anyhow::Result<Self> {
        reach(url).await?;
        let mut options = ConnectOptions::new(url);
        tune(&mut options, CONNECTIONS);
        options.map_sqlx_postgres_opts(plain);
        let mut for_writing = options.clone();
        options.map_sqlx_postgres_pool_opts(|pool| {
            pool.after_connect(|connection, _| Box::pin(limit(connection)))
                .after_release(|connection, _| Box::pin(returned::answers(connection)))
        });
        for_writing.map_sqlx_postgres_pool_opts(|pool| {
            pool.after_connect(|connection, _| Box::pin(limit(connection)))
                .after_release(|connection, _| Box::pin(returned::ends_transaction(connection)))
        });
        let unreachable = "can't reach the database";
        let read = Database::connect(options).await.context(unreachable)?;
        let write = Database::connect(for_writing).await.context(unreachable)?;
        Ok(Self::of(read, write, None))
    }

    fn of(read: DatabaseConnection, write: DatabaseConnection, log: Option<Arc<Log>>) -> Self {
        let [sqlite, postgres] = PATIENT;
        let turns = if log.is_some() { sqlite } else { postgres };
        Self {
            live_sessions: Together::new(LiveById(read.clone())),
            api_keys: Together::new(ByHash(read.clone())),
            read,
            write,
            turns: Arc::new(Semaphore::new(turns)),
            log,
        }
    }

    /// Brings the schema up to this version.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        schema::bring_up(self).await
    }

    /// Takes the latest change of the schema back.
    pub async fn take_back(&self) -> anyhow::Result<()> {
        schema::take_back(self).await
    }

    /// Every change of the schema in order, and whether it is applied. Fails on a schema of a newer version.
    pub async fn changes(&self) -> anyhow::Result<Vec<Migration>> {
        schema::changes(&self.read).await
    }

    /// Begins a transaction that will write. `SQLite` takes its write lock at once: a transaction that began by reading
    /// would fail instead of waiting.
    pub async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        self.count_write();
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await
    }

    /// Waits until it is one's turn to write, for calls that take their time anyway and come in crowds. It ends when what
    /// is returned is dropped: after the transaction.
    pub async fn turn(&self) -> Turn {
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        Turn {
            // Nobody closes the semaphore.
            _permit: permit.ok(),
        }
    }

    /// Begins a transaction that reads what was committed when it began, for as long as it takes.
    pub async fn read_at_one_instant(&self) -> Result<DatabaseTransaction, DbErr> {
        read_at_one_instant(&self.read).await
    }

    /// The writing connection, for schema changes and for single statements that return no row.
    pub fn writer(&self) -> &DatabaseConnection {
        self.count_write();
        &self.write
    }

    fn count_write(&self) {
        if let Some(log) = &self.log {
            log.count();
        }
    }

    /// One more connection to `PostgreSQL`, without limits: for changes of the schema that take their time.
    async fn patient(&self) -> Result<DatabaseConnection, DbErr> {
        let options = self.write.get_postgres_connection_pool().connect_options();
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with((*options).clone())
            .await
            .map_err(|cause| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(cause))))?;
        Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
    }

    /// Has `SQLite` look through its whole file for damage, indexes aside. `PostgreSQL` has tools of its own for that.
    pub async fn check(&self) -> anyhow::Result<()> {
        if self.log.is_none() {
            return Ok(());
        }
        let question = Statement::from_string(DbBackend::Sqlite, "PRAGMA quick_check");
        let row = self.read.query_one_raw(question).await?;
        let verdict: String = row.context("no verdict")?.try_get("", "quick_check")?;
        anyhow::ensure!(verdict == "ok", "the database is damaged: {verdict}");
        Ok(())
    }

    /// Closes every connection, so that an `SQLite` file stands for itself.
    pub async fn close(self) -> Result<(), DbErr> {
        self.read.close().await?;
        self.write.close().await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.read.ping().await
    }
}

/// No table has a float, and the driver's wish about their digits is one that poolers refuse.
fn plain(postgres: PgConnectOptions) -> PgConnectOptions {
    postgres.extra_float_digits(None)
}

async fn limit(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::Executor::execute(connection, POSTGRES_LIMITS)
        .await
        .map(drop)
}

/// Connects once. The pool would try for some time, and then say only that it has tried.
async fn reach(url: &str) -> anyhow::Result<()> {
    let connection = async {
        let options = plain(url.parse()?);
        let mut connection = PgConnection::connect_with(&options).await?;
        limit(&mut connection).await?;
        connection.close().await
    };
    let reached = tokio::time::timeout(ACQUIRE_TIMEOUT, connection).await;
    let reached = reached.unwrap_or_else(|_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into())));
    reached.map_err(|cause| {
        let context = if fault::is_distrust(&cause) {
            "can't reach the database by TLS, as sslmode and sslrootcert in its URL want it"
        } else if fault::is_refused_wish(&cause) {
            "a pooler before the database refuses a parameter of its URL"
        } else {
            "can't reach the database"
        };
        let cause = DbErr::Conn(RuntimeErr::SqlxError(Arc::new(cause)));
        anyhow::Error::new(cause).context(context)
    })
}

/// Makes the data directory, for this user alone.
pub fn create_data_dir(path: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("can't create the data directory {}", path.display()))
}

fn tune(options: &mut ConnectOptions, connections: u32) {
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire_if_idle_for(Duration::from_secs(30))
        .sqlx_logging(false);
}

/// Who copies or compares a whole database reads and writes for as long as it takes; a server's limits are for requests.
const WITHOUT_LIMITS: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

async fn read_at_one_instant(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        // It shows what was committed when it reads first.
        return db.begin().await;
    }
    let (level, mode) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
    let txn = db.begin_with_config(Some(level), Some(mode)).await?;
    txn.execute_unprepared(WITHOUT_LIMITS).await?;
    Ok(txn)
}
