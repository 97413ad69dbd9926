//! Every single step towards a result fails once: the first write, the second, and so on, until the work gets done without
//! reaching that many (How SQLite Is Tested, 3.2 and 3.3). Afterwards all of it has happened or nothing.

mod check;
mod deed;

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use guichet_tests::server::Builder;
use guichet_tests::{Postgres, Server};

use crate::Extent;
use crate::disk::{Disk, EIO, Plan};
use crate::proxy::{Cut, Proxy};
use crate::report::Row;
use crate::world::{store, within};
use deed::{DEEDS, Deed, MAIL_LIMIT, Trial};
use tonic::Status;

/// Work that takes more steps than this does not end.
const MOST_STEPS: u32 = 400;

/// Likewise, changes of the schema: all there have ever been.
const MOST_CHANGES: u32 = 4_000;

/// Before the database ends one in which nothing happens (`idle_in_transaction_session_timeout`).
const LONGEST_TRANSACTION: Duration = Duration::from_secs(5);

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// With an error.
    Fail,
    /// It succeeds, and nobody hears of it.
    LoseReply,
    /// The process dies.
    Kill,
    /// It takes so long that the caller gives up.
    GiveUp,
}

/// What the server's data goes through.
enum Way {
    Disk(Disk),
    Wire(Proxy),
}

impl Way {
    fn arm(&self, k: u32, fate: Fate, server: &Server) {
        match (self, fate) {
            (Self::Disk(disk), Fate::Kill) => disk.arm(k, Plan::Kill),
            (Self::Disk(disk), _) => disk.arm(k, Plan::Fail(EIO)),
            (Self::Wire(wire), Fate::Fail) => wire.arm(k, Cut::Before),
            (Self::Wire(wire), Fate::LoseReply) => wire.arm(k, Cut::After),
            (Self::Wire(wire), Fate::Kill) => {
                wire.arm(k, Cut::Kill(server.pid().expect("a running server")));
            }
            (Self::Wire(wire), Fate::GiveUp) => wire.arm(k, Cut::Hold),
        }
    }

    fn is_hit(&self) -> bool {
        match self {
            Self::Disk(disk) => disk.is_hit(),
            Self::Wire(wire) => wire.is_hit(),
        }
    }

    fn disarm(&self) -> bool {
        match self {
            Self::Disk(disk) => disk.disarm(),
            Self::Wire(wire) => wire.disarm(),
        }
    }

    const fn fates(&self, deed: Deed) -> &'static [Fate] {
        match (self, deed) {
            (Self::Disk(_), _) => &[Fate::Fail, Fate::Kill],
            // That is a command: whoever gives it up kills it.
            (Self::Wire(_), Deed::RotateKeys) => &[Fate::Fail, Fate::LoseReply, Fate::Kill],
            (Self::Wire(_), _) => &[Fate::Fail, Fate::LoseReply, Fate::Kill, Fate::GiveUp],
        }
    }
}

pub(crate) async fn fail_at_each_step(extent: Extent) -> Vec<Row> {
    let (mut server, way) = start().await;
    let deeds = extent.of(&DEEDS[..3], &DEEDS[..]);
    let mut rows = Vec::new();
    for deed in deeds {
        let mut seen = Vec::new();
        let mut broken = Vec::new();
        for &fate in way.fates(*deed) {
            let steps = each_step(&mut server, &way, (*deed, fate), extent, &mut broken).await;
            seen.push(format!("{fate:?} {steps}"));
        }
        rows.push(Row::new(
            format!("a step of {deed:?} fails, {}", store(&server)),
            format!("steps: {}", seen.join(", ")),
            "all of it or nothing, and what was answered is so; it works afterwards",
            broken,
        ));
    }
    rows
}

/// A change of the schema that is cut off has happened or not, and the next start brings it to its end.
pub(crate) async fn schema(extent: Extent) -> Vec<Row> {
    let mut broken = Vec::new();
    let mut seen = Vec::new();
    let mut name = "";
    for fate in [Fate::Fail, Fate::LoseReply, Fate::Kill] {
        // Its steps are many and alike.
        for k in (1..MOST_CHANGES).step_by(extent.of(75, 1)) {
            let (builder, way) = prepare().await;
            let server = builder.prepare();
            name = store(&server);
            if !way.fates(Deed::RotateKeys).contains(&fate) {
                break;
            }
            let cut_off = migrate(&server, &way, k, fate);
            let hit = way.disarm();
            let again = server.cli(&["migrate", "up"]);
            let said = String::from_utf8_lossy(&again.stdout).into_owned();
            if !again.status.success() || said.contains("Pending") {
                broken.push(format!("{fate:?} at step {k}: {again:?}"));
            }
            if !hit {
                if !cut_off.status.success() {
                    broken.push(format!("{fate:?}, not reached: {cut_off:?}"));
                }
                seen.push(format!("{fate:?} {}", k - 1));
                break;
            }
        }
    }
    vec![Row::new(
        format!("a step of `migrate up` fails, {name}"),
        format!("steps: {}", seen.join(", ")),
        "done by the next one",
        broken,
    )]
}

/// Runs `migrate up`, whose `k`th step fails.
fn migrate(server: &Server, way: &Way, k: u32, fate: Fate) -> Output {
    let mut command = server.command();
    command.args(["migrate", "up"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = |command: &mut Command| command.spawn().expect("the binary starts");
    let process = if let (Way::Wire(wire), Fate::Kill) = (way, fate) {
        // Its id is known when it has started, some time before its first statement.
        let process = start(&mut command);
        wire.arm(k, Cut::Kill(process.id()));
        process
    } else {
        way.arm(k, fate, server);
        start(&mut command)
    };
    process.wait_with_output().expect("a child")
}

async fn start() -> (Server, Way) {
    let (builder, way) = prepare().await;
    (builder.start().await, way)
}

async fn prepare() -> (Builder, Way) {
    let data = tempfile::tempdir().expect("a temporary directory");
    if let Some(postgres) = Postgres::of_this_run(data.path()) {
        let wire = Proxy::before(&postgres).await;
        let builder = Server::builder()
            .env("GUICHET_DATABASE_URL", wire.url(&postgres))
            .sharing(&postgres);
        return (builder, Way::Wire(wire));
    }
    let disk = Disk::new();
    (disk.under(Server::builder()), Way::Disk(disk))
}

/// How many steps the work has.
async fn each_step(
    server: &mut Server,
    way: &Way,
    (deed, fate): (Deed, Fate),
    extent: Extent,
    broken: &mut Vec<String>,
) -> u32 {
    // In short every second one.
    for k in (1..MOST_STEPS).step_by(extent.of(2, 1)) {
        let mut trial = Trial::prepare(server, deed).await;
        way.arm(k, fate, server);
        let outcome = match fate {
            Fate::GiveUp => give_up(&mut trial, server, way).await,
            _ => trial.act(server, || way.is_hit()).await,
        };
        let hit = way.disarm();
        if hit && fate == Fate::Kill {
            server.restart().await;
        }
        if !none_is_left_open(server).await {
            broken.push(format!("{fate:?} at step {k}: a transaction stays open"));
        }
        if let Err(how) = trial.check(server, outcome).await {
            broken.push(format!("{fate:?} at step {k}: {how}"));
        }
        if !hit {
            return k - 1;
        }
    }
    broken.push(format!("{fate:?}: more than {MOST_STEPS} steps"));
    MOST_STEPS
}

/// Does the deed until a step of it takes too long.
async fn give_up(trial: &mut Trial, server: &Server, way: &Way) -> Result<(), Status> {
    let outcome = tokio::select! {
        outcome = trial.act(server, || way.is_hit()) => outcome,
        _ = within(MAIL_LIMIT, async || way.is_hit()) => Err(Status::cancelled("given up")),
    };
    // Until the server has heard of it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    outcome
}

/// Whether every transaction ends, although nobody goes on with it.
async fn none_is_left_open(server: &Server) -> bool {
    let Some(postgres) = server.postgres() else {
        return true;
    };
    within(LONGEST_TRANSACTION, async || {
        postgres.idle_in_transaction() == 0
    })
    .await
}
