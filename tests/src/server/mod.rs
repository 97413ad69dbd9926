//! The binary as a child process with its own data directory.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use guichet_client::{Guichet, TokenSource};
use tempfile::TempDir;
use tonic::Status;
use tonic::transport::Certificate as Root;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::{Certificate, Mail, Mailbox, Place, Postgres, Written};

mod builder;
mod log;

pub use builder::Builder;

/// How long a start may take on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long a server may finish its calls after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(12);

/// How often a server is asked at its start whether it serves already.
const START_POLL: Duration = Duration::from_millis(2);

/// How often something that has no notification is looked at again.
pub const POLL: Duration = Duration::from_millis(20);

/// A running server. Dropping it kills it and looks for secrets in what it has written; a failing test prints its log.
pub struct Server {
    binary: PathBuf,
    dir: TempDir,
    env: BTreeMap<String, String>,
    process: Option<Child>,
    offset: Mutex<Duration>,
    api_key: OnceLock<String>,
    secrets: Mutex<Vec<String>>,
    postgres: Option<Arc<Postgres>>,
    root: Option<String>,
}

impl Server {
    /// A server with an empty data directory, cheap hashes and no throttling.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// For other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where gRPC, grpc-web and the pages are.
    pub fn url(&self) -> String {
        let address = self.bound("listen").expect("a running server");
        let scheme = if self.root.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    /// Where `/livez`, `/readyz` and `/metrics` are.
    pub fn ops_url(&self) -> String {
        format!(
            "http://{}",
            self.bound("ops-listen").expect("a running server")
        )
    }

    /// Everything the server keeps.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Starts another server over the same database, with the same settings, master key, clock and mail directory.
    pub async fn replica(&self) -> Self {
        self.sibling().start().await
    }

    /// The settings of a replica.
    pub fn sibling(&self) -> Builder {
        let postgres = self.postgres.clone();
        assert!(
            postgres.is_some(),
            "replicas share a PostgreSQL: run them beside `tests/postgres`"
        );
        let mut env = self.env.clone();
        env.remove("GUICHET_DATA_DIR");
        env.insert("GUICHET_MASTER_KEY".to_owned(), self.master_key());
        // A replica's replica has them already.
        env.entry("GUICHET_MAIL_URL".to_owned())
            .or_insert_with(|| format!("file:{}", self.data_dir().join("mail").display()));
        Builder {
            binary: Some(self.binary.clone()),
            env,
            postgres,
            root: self.root.clone(),
        }
    }

    /// The key that it was given, or made at its first start.
    pub fn master_key(&self) -> String {
        if let Some(key) = self.env.get("GUICHET_MASTER_KEY") {
            return key.clone();
        }
        let key = fs::read_to_string(self.data_dir().join("master.key")).expect("a key");
        key.trim().to_owned()
    }

    /// Whether its database is a PostgreSQL's.
    pub fn on_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// The database that it shares with nobody who doesn't ask for it.
    pub fn postgres(&self) -> Option<&Arc<Postgres>> {
        self.postgres.as_ref()
    }

    /// The rows of each of its tables, in order, as text.
    pub async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        match &self.postgres {
            Some(postgres) => postgres.rows(),
            None => Place::of(self).dump().await,
        }
    }

    /// Everything it has written so far but its mails.
    pub fn written(&self) -> Written {
        Written::by(self, self.postgres.as_deref())
    }

    /// Has `secret` looked for, when the test is over, in everything that was written. The usual passwords, the codes
    /// of mails and the API key are looked for anyway.
    pub fn remember(&self, secret: &str) {
        self.secrets
            .lock()
            .expect("no test panicked while remembering")
            .push(secret.to_owned());
    }

    /// The mails it has sent.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.data_dir().join("mail"))
    }

    /// Runs a subcommand beside the server, with the same environment.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        self.command()
            .args(arguments)
            .output()
            .expect("the binary runs")
    }

    /// The key of an administrator, made on first use by `guichet api-key create`.
    pub fn api_key(&self) -> &str {
        self.api_key.get_or_init(|| {
            let output = self.cli(&["api-key", "create", "--name", "tests", "--role", "admin"]);
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8(output.stdout)
                .expect("a key is text")
                .trim()
                .to_owned()
        })
    }

    /// Clients with an administrator's API key.
    pub async fn admin(&self) -> Guichet {
        self.as_person(self.api_key()).await
    }

    /// Clients without a token.
    pub async fn anyone(&self) -> Guichet {
        let guichet = self.connect().await;
        guichet.expect("the server accepts connections")
    }

    /// Likewise, unless the server can't be reached, such as one that a test kills meanwhile.
    pub async fn connect(&self) -> Result<Guichet, Status> {
        let mut builder = Guichet::builder(self.url());
        if let Some(root) = &self.root {
            builder = builder.trust(Root::from_pem(root));
        }
        let connected = builder.connect().await;
        connected.map_err(|cause| Status::unavailable(cause.to_string()))
    }

    /// Clients with this access token.
    pub async fn as_person(&self, access_token: &str) -> Guichet {
        let tokens = TokenSource::bearer(access_token).expect("a token");
        self.anyone().await.with_tokens(tokens)
    }

    /// Moves the server's clock forward.
    pub fn advance(&self, by: Duration) {
        let mut offset = self
            .offset
            .lock()
            .expect("no test panicked while advancing");
        *offset += by;
        self.set_clock(offset.as_secs().cast_signed());
    }

    /// Has the clock of the server and of its commands be off by so many seconds, into the past as well.
    ///
    /// Renamed into place, so that the server never reads half a number.
    pub fn set_clock(&self, seconds: i64) {
        let path = self.dir.path().join("clock-offset");
        let new = path.with_extension("new");
        fs::write(&new, seconds.to_string()).expect("a writable directory");
        fs::rename(new, path).expect("a writable directory");
    }

    /// Kills it like a power cut (SIGKILL).
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("a running server");
        process.kill().expect("a child can be killed");
        process.wait().expect("a child can be waited for");
    }

    /// Starts it again on the same data, killing it first if it still runs. Its ports are new.
    pub async fn restart(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
        self.launch().await;
    }

    /// Starts it again with another setting, on the same data.
    pub async fn restart_with(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self.restart().await;
        self
    }

    /// Starts it again with this certificate, for 127.0.0.1, which the clients then trust.
    pub async fn restart_over_tls(&mut self, certificate: &Certificate) {
        self.env.extend(certificate.settings());
        self.root = Some(certificate.pem());
        self.restart().await;
    }

    /// Sets a variable for its next start and for commands beside it; `None` takes it away.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.env.insert(name.to_owned(), value.to_owned()),
            None => self.env.remove(name),
        };
    }

    /// Asks it to stop (SIGTERM) and asserts that it does so in time.
    pub async fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.ended().await
    }

    /// Asks it to stop (SIGTERM), without waiting.
    pub fn terminate(&self) {
        let process = self.process.as_ref().expect("a running server");
        let term = format!("kill -TERM {}", process.id());
        Command::new("sh")
            .args(["-c", &term])
            .status()
            .expect("a shell");
    }

    /// Waits until it has ended, and asserts that it does so in time.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("a running server");
        let deadline = Instant::now() + STOP_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = process.try_wait().expect("a child can be waited for") {
                return status;
            }
            tokio::time::sleep(POLL).await;
        }
        self.process = Some(process);
        panic!("the server did not stop within {STOP_LIMIT:?} of SIGTERM");
    }

    async fn launch(&mut self) {
        for name in ["listen", "ops-listen"] {
            // Left over from the last start; it would name a dead port.
            let _ = fs::remove_file(self.data_dir().join(name));
        }
        let process = self
            .command()
            .stdout(append(&self.dir.path().join("stdout")))
            .stderr(append(&self.dir.path().join("stderr")))
            .spawn()
            .expect("the binary starts");
        self.process = Some(process);

        let serving = tokio::time::timeout(START_LIMIT, async {
            while !self.serves().await {
                self.assert_alive();
                tokio::time::sleep(START_POLL).await;
            }
        });
        assert!(serving.await.is_ok(), "not serving within {START_LIMIT:?}");
    }

    async fn serves(&self) -> bool {
        if self.bound("listen").is_none() {
            return false;
        }
        let Ok(guichet) = self.connect().await else {
            return false;
        };
        let reply = HealthClient::new(guichet.channel())
            .check(HealthCheckRequest::default())
            .await;
        reply.is_ok_and(|reply| reply.into_inner().status() == ServingStatus::Serving)
    }

    fn assert_alive(&mut self) {
        let process = self.process.as_mut().expect("just started");
        if let Some(status) = process.try_wait().expect("a child can be waited for") {
            self.process = None;
            panic!("the server ended at its start: {status}");
        }
    }

    fn bound(&self, file: &str) -> Option<SocketAddr> {
        fs::read_to_string(self.data_dir().join(file))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// The binary with this server's settings. Nothing of this process's environment reaches it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .envs(&self.env)
            .current_dir(self.dir.path());
        command
    }
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "the log says why the test failed")]
    fn drop(&mut self) {
        if self.process.is_some() {
            // Killed, it would take along what it has yet to write.
            drop(self.log());
            self.kill();
        }
        if std::thread::panicking() {
            eprintln!("---- log of the server\n{}\n----", self.log());
            return;
        }
        let mut secrets = std::mem::take(self.secrets.get_mut().expect("no test panicked"));
        secrets.extend(self.api_key.get().cloned());
        secrets.extend(self.mailbox().all().iter().flat_map(Mail::codes));
        self.written().assert_without(&secrets);
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("a writable directory")
}
