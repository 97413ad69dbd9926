//! The database's server is lost, and its standby takes over.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use guichet_tests::{Postgres, Server};
use tempfile::TempDir;

use crate::Extent;
use crate::crowd::Crowd;
use crate::outage::until_served;
use crate::postman::Postman;
use crate::proxy::Proxy;
use crate::report::Row;
use crate::world::{Door, Random, servers};

const PEOPLE: usize = 8;

/// Longest wait for the first call after the standby accepts writes.
const RECOVERY: Duration = Duration::from_secs(2);

/// The ports name the sockets; nothing listens on an address.
const PRIMARY: &str = "5432";
const STANDBY: &str = "5433";

/// Makes a primary and a standby that each commit waits for. `$1` is their directory.
const SET_UP: &str = r#"
set -eu
export PGHOST=$1 PGUSER=postgres
initdb --pgdata "$1/primary" --username postgres --auth trust --encoding UTF8 >/dev/null
common="-c listen_addresses= -c unix_socket_directories=$1 -c fsync=off -c max_connections=100"
pg_ctl --pgdata "$1/primary" --wait --silent --log "$1/primary.log" start --options "$common -c port=$2"
createdb --port "$2" guichet
pg_basebackup --port "$2" --pgdata "$1/standby" --write-recovery-conf --checkpoint=fast
pg_ctl --pgdata "$1/standby" --wait --silent --log "$1/standby.log" start --options "$common -c port=$3"
# Only now, and on this side only: the standby copied the configuration before.
psql --port "$2" --quiet --command "ALTER SYSTEM SET synchronous_standby_names = '*'"
psql --port "$2" --quiet --command "SELECT pg_reload_conf()" >/dev/null
"#;

pub(crate) async fn to_a_standby(extent: Extent) -> Vec<Row> {
    let times = extent.of(1, 10);
    if !Postgres::is_at_hand() {
        return Vec::new();
    }
    let mut broken = Vec::new();
    let (mut answered, mut unknown, mut slowest) = (0, 0, Duration::ZERO);
    for _ in 0..times {
        let pair = Pair::set_up();
        let wire = Proxy::to(pair.socket(PRIMARY)).await;
        let first = Server::builder().env("GUICHET_DATABASE_URL", wire.url_of("guichet"));
        let servers = servers(first.start().await).await;
        let mut random = Random::seeded();
        let door = Door::of(&servers);
        let postman = Arc::new(Postman::of(servers[0].mailbox()));
        let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;

        pair.lose_primary();
        wire.switch(pair.socket(STANDBY));
        wire.cut_all();
        pair.promote();
        slowest = slowest.max(until_served(&door, &mut random).await);
        tokio::time::sleep(Duration::from_secs(1)).await;

        let mut seen = crowd.finish().await;
        answered += seen.answered;
        unknown += seen.unknown;
        broken.append(&mut seen.broken);
    }
    if slowest > RECOVERY {
        broken.push(format!("back after {slowest:?}"));
    }
    vec![Row::new(
        format!("PostgreSQL is killed and its synchronous standby promoted, {times} times"),
        format!(
            "{answered} calls answered, {unknown} UNAVAILABLE, back {} ms after the promotion",
            slowest.as_millis()
        ),
        "nothing acknowledged is lost; back within 2 s without a restart",
        broken,
    )]
}

/// A primary and its standby, gone with it.
struct Pair {
    dir: TempDir,
}

impl Pair {
    fn set_up() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let give = "[ \"$(id -u)\" -ne 0 ] || chown postgres \"$1\"";
        let given = Command::new("sh")
            .args(["-c", give, "sh"])
            .arg(dir.path())
            .status();
        assert!(given.expect("a shell").success(), "chown");
        let pair = Self { dir };
        pair.run(&["sh", "-c", SET_UP, "sh", &pair.path(), PRIMARY, STANDBY]);
        pair
    }

    fn path(&self) -> String {
        self.dir.path().display().to_string()
    }

    fn socket(&self, port: &str) -> PathBuf {
        self.dir.path().join(format!(".s.PGSQL.{port}"))
    }

    /// Without a word, as a machine is lost.
    fn lose_primary(&self) {
        self.control("primary", &["stop", "--mode", "immediate"]);
    }

    fn promote(&self) {
        self.control("standby", &["promote", "--wait"]);
    }

    fn control(&self, which: &str, arguments: &[&str]) {
        let data = self.dir.path().join(which).display().to_string();
        let command = ["pg_ctl", "--silent", "--pgdata", &data];
        self.run(&[&command, arguments].concat());
    }

    /// As the user that owns the data, because PostgreSQL refuses to run as root.
    fn run(&self, command: &[&str]) {
        let script =
            "[ \"$(id -u)\" -ne 0 ] || set -- runuser -u postgres -- \"$@\"; cd /; exec \"$@\"";
        let done = Command::new("sh")
            .args(["-c", script, "sh"])
            .args(command)
            .stdout(Stdio::null())
            .status()
            .expect("a shell");
        assert!(done.success(), "{command:?}, see {}", self.path());
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for which in ["primary", "standby"] {
            let data = self.dir.path().join(which);
            if Path::new(&data).join("postmaster.pid").exists() {
                self.control(which, &["stop", "--mode", "immediate"]);
            }
        }
    }
}
