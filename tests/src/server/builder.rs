//! A server with other settings than the usual ones.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Output;
use std::sync::{Arc, Mutex, OnceLock};

use super::Server;
use crate::binary::{beside_the_tests, usual_env};
use crate::{Certificate, Postgres};

/// Starts a server with other settings than the usual ones.
#[derive(Default)]
pub struct Builder {
    pub(super) binary: Option<PathBuf>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) postgres: Option<Arc<Postgres>>,
    pub(super) root: Option<String>,
}

impl Builder {
    /// Sets one more variable, or replaces one of the usual ones.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// Runs this binary instead of the one that was built beside the tests.
    #[must_use]
    pub fn binary(mut self, path: impl Into<PathBuf>) -> Self {
        self.binary = Some(path.into());
        self
    }

    /// Serves with this certificate, for 127.0.0.1, which the clients then trust.
    #[must_use]
    pub fn tls(mut self, certificate: &Certificate) -> Self {
        self.root = Some(certificate.pem());
        self.env.extend(certificate.settings());
        self
    }

    /// Puts it on a database that others use as well; they need one master key.
    #[must_use]
    pub fn sharing(mut self, postgres: &Arc<Postgres>) -> Self {
        self.postgres = Some(postgres.clone());
        self
    }

    /// Starts it and waits until it serves.
    pub async fn start(self) -> Server {
        let mut server = self.prepare();
        server.launch().await;
        server
    }

    /// Runs `guichet check` with these settings, and no server.
    pub fn check(self) -> Output {
        self.prepare().cli(&["check"])
    }

    /// Gives it its directory and its settings, and does not start it: for commands that need no server.
    pub fn prepare(self) -> Server {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut env = usual_env(dir.path());
        let postgres = self.postgres.or_else(|| Postgres::of_this_run(dir.path()));
        if let Some(postgres) = &postgres {
            env.insert("GUICHET_DATABASE_URL".to_owned(), postgres.url());
        }
        env.extend(self.env);
        let server = Server {
            binary: self.binary.unwrap_or_else(beside_the_tests),
            dir,
            env,
            process: None,
            offset: Mutex::default(),
            api_key: OnceLock::new(),
            secrets: Mutex::default(),
            postgres,
            root: self.root,
        };
        server.set_clock(0);
        server
    }
}
