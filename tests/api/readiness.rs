//! What a rollout goes by: `/readyz` while a server starts.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use guichet_tests::patience::until;
use guichet_tests::web::{Page, fetch};
use guichet_tests::{Certificate, Server};
use http::{Method, StatusCode};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What a process holds that changes the schema (`store/schema.rs`).
const HOLD: &str = "SELECT pg_advisory_lock(x'67756963686574'::bigint)";

/// Whoever wants to change it too.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
     AND pid <> pg_backend_pid() AND query LIKE '%pg_try_advisory_xact_lock%'";

/// Longer than a start takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that does not serve yet.
struct Start<'a> {
    server: &'a Server,
    process: Child,
}

impl<'a> Start<'a> {
    /// Begun, and as far as its operations port.
    async fn of(server: &'a Server) -> Self {
        let mut command = server.command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn();
        let process = process.expect("the binary starts");
        let start = Self { server, process };
        until("the operations port", async || start.bound("ops-listen")).await;
        start
    }

    fn bound(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.server.data_dir().join(name)).ok()
    }

    async fn readyz(&self) -> Page {
        fetch(Method::GET, &format!("{}/readyz", self.server.ops_url())).await
    }

    /// What a probe is told once the database is there.
    async fn told(&self) -> Page {
        until("a database", async || {
            let told = self.readyz().await;
            (!told.body.starts_with("database")).then_some(told)
        })
        .await
    }

    /// Asserts that a probe is told why calls are not answered yet.
    fn assert_starting(&self, told: &Page) {
        assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE, "{told:?}");
        assert!(told.body.starts_with("starting: "), "{told:?}");
        assert_eq!(self.bound("listen"), None);
    }

    async fn assert_becomes_ready(&self) {
        until("a server that is ready", async || {
            (self.readyz().await.status == StatusCode::OK).then_some(())
        })
        .await;
        let public = self.bound("listen").expect("a public port");
        TcpStream::connect(public).await.expect("an open port");
    }
}

impl Drop for Start<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_server_that_waits_for_anothers_change_of_the_schema_is_not_ready() {
    let server = Server::builder().prepare();
    let Some(postgres) = server.postgres() else {
        return;
    };
    let connection = PgConnection::connect(&postgres.url()).await;
    let mut other = connection.expect("a database");
    sqlx::query(HOLD).execute(&mut other).await.expect("a lock");

    let start = Start::of(&server).await;
    until("a server that waits", async || {
        let counted = sqlx::query(WAITING).fetch_one(&mut other).await;
        let waiting: i64 = counted.expect("a count").get(0);
        (waiting > 0).then_some(())
    })
    .await;
    start.assert_starting(&start.readyz().await);

    other.close().await.expect("an end");
    start.assert_becomes_ready().await;
}

/// A pipe, which holds the start up as long as nobody writes the certificate into it.
#[tokio::test]
async fn a_server_without_its_certificate_is_not_ready() {
    let certificate = Certificate::of(&["127.0.0.1"]);
    fs::remove_file(certificate.file()).expect("a file");
    let made = Command::new("mkfifo").arg(certificate.file()).status();
    assert!(made.expect("mkfifo").success());
    let server = Server::builder().tls(&certificate).prepare();

    let start = Start::of(&server).await;
    start.assert_starting(&start.told().await);

    let mut writer = tokio::process::Command::new("sh");
    writer.args(["-c", "printf %s \"$1\" >\"$2\"", "sh", &certificate.pem()]);
    let written = timeout(
        PATIENCE,
        writer.arg(certificate.file()).kill_on_drop(true).status(),
    );
    assert!(written.await.expect("a reader").expect("a shell").success());
    start.assert_becomes_ready().await;
}
