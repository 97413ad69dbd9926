//! A database of its own for each server, where the tests run on PostgreSQL (see `tests/postgres`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

/// Names the directory of the socket of a throw-away PostgreSQL; without it the servers keep SQLite files.
const SOCKET_DIR: &str = "TEST_POSTGRES";

/// A database, dropped with the last of its servers.
pub struct Postgres {
    socket_dir: String,
    name: String,
}

impl Postgres {
    /// An empty database for the server that keeps its files in `data`, or none where the tests run on SQLite.
    pub fn of_this_run(data: &Path) -> Option<Arc<Self>> {
        let socket_dir = socket_dir()?;
        let name = data.file_name().expect("a name").to_string_lossy();
        let name = name.trim_start_matches('.').to_owned();
        let database = Self { socket_dir, name };
        database.run("createdb", &[]);
        Some(Arc::new(database))
    }

    /// Whether there is one for this run.
    pub fn is_at_hand() -> bool {
        socket_dir().is_some()
    }

    /// What the server connects to.
    pub fn url(&self) -> String {
        let Self { socket_dir, name } = self;
        format!("postgres://postgres@localhost/{name}?host={socket_dir}")
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where PostgreSQL listens.
    pub fn socket(&self) -> PathBuf {
        Path::new(&self.socket_dir).join(".s.PGSQL.5432")
    }

    /// What the whole cluster logs.
    pub fn log(&self) -> PathBuf {
        Path::new(&self.socket_dir).join("log")
    }

    /// Carries out a statement behind the server's back.
    pub fn execute(&self, sql: &str) {
        self.run("psql", &["--quiet", "--command", sql]);
    }

    /// Connections whose transaction is open while nothing is asked of them.
    pub fn idle_in_transaction(&self) -> usize {
        let question = "SELECT count(*) FROM pg_stat_activity \
            WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        let answer = self.run("psql", &["--tuples-only", "--command", question]);
        let count = String::from_utf8(answer.stdout).expect("text");
        count.trim().parse().expect("a number")
    }

    /// Every row of every table, as text.
    pub fn dump(&self) -> Vec<u8> {
        self.run("pg_dump", &["--data-only"]).stdout
    }

    /// The rows of each table, in order.
    pub fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let dump = String::from_utf8(self.dump()).expect("text");
        let tables = dump.split("\nCOPY public.").skip(1).map(|copied| {
            let (table, rest) = copied.split_once(' ').expect("a table");
            let rows = rest.lines().skip(1).take_while(|line| *line != "\\.");
            let mut rows: Vec<String> = rows.map(str::to_owned).collect();
            rows.sort_unstable();
            (table.trim_matches('"').to_owned(), rows)
        });
        tables.collect()
    }

    fn run(&self, program: &str, options: &[&str]) -> Output {
        let output = Command::new(program)
            .args(["--host", &self.socket_dir, "--username", "postgres"])
            .args(options)
            .arg(&self.name)
            .output()
            .expect("a program of PostgreSQL's");
        assert!(
            output.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test command says where the cluster is"
)]
fn socket_dir() -> Option<String> {
    std::env::var(SOCKET_DIR).ok()
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.run("dropdb", &["--force"]);
        }
    }
}
