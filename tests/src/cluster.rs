//! A `PostgreSQL` that listens on an address, where the tests have one at hand that listens on a socket only.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::{Certificate, Postgres};

/// Lives as long as what it runs: a shell that tells where the socket is and waits for the end of its input.
const UNTIL_DROPPED: &str = "echo $TEST_POSTGRES; exec cat";

/// A cluster of its own, with an empty database. Dropping it stops it.
pub struct Cluster {
    process: Child,
    socket_dir: String,
    port: u16,
}

impl Cluster {
    /// One that speaks TLS with this certificate, or none without; nothing where the tests run on `SQLite`.
    pub fn of_this_run(certificate: Option<&Certificate>) -> Option<Self> {
        if !Postgres::is_at_hand() {
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();

        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut script = Command::new("bash");
        script.arg(tests.join("postgres"));
        script.args(["sh", "-c", UNTIL_DROPPED]);
        script.env("TEST_POSTGRES_PORT", port.to_string());
        if let Some(certificate) = certificate {
            let file = certificate.file();
            let folder = file.parent().expect("a folder of its own");
            script.env("TEST_POSTGRES_CERTIFICATE", folder);
        }
        let script = script.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = script.spawn().expect("a shell");

        let stdout = process.stdout.take().expect("a pipe");
        let first = BufReader::new(stdout).lines().next();
        let socket_dir = first.expect("a cluster").expect("the name of a directory");
        Some(Self {
            process,
            socket_dir,
            port,
        })
    }

    /// What names its database, by way of this host, with more parameters.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        let port = self.port;
        format!("postgres://postgres:secret@{host}:{port}/postgres?{parameters}")
    }

    /// How many connections of Guichet's there are now, and how many of them are encrypted.
    pub fn connections(&self) -> (u32, u32) {
        let count = "SELECT count(*), count(*) FILTER (WHERE ssl)
            FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL";
        let psql = Command::new("psql")
            .args(["--host", &self.socket_dir, "--port", &self.port.to_string()])
            .args(["--username", "postgres", "--no-align", "--tuples-only"])
            .args(["--command", count])
            .output();
        let counts = psql.expect("a program of PostgreSQL's").stdout;
        let counts = String::from_utf8(counts).expect("two numbers");
        let (all, encrypted) = counts.trim().split_once('|').expect("two numbers");
        let number = |text: &str| text.parse().expect("a number");
        (number(all), number(encrypted))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let ended = self.process.wait();
        assert!(ended.is_ok() || std::thread::panicking(), "it does not end");
    }
}
