//! What a question has the database do. Of `PostgreSQL`, whose log tells; what its statements take shows in the times.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use guichet_tests::Postgres;

use crate::Extent;
use crate::exchange::{Connection, differences};
use crate::probe::{ALL, Form, Probe};
use crate::report::Row;
use crate::world::{Class, World};

/// More often asked than the worker's own statements come between each time.
const TIMES: usize = 3;

/// For so long no statement comes once the worker has done what questions left to it.
const QUIET: Duration = Duration::from_millis(600);

/// Kinds of statement, and how many of each.
type Statements = BTreeMap<String, usize>;

/// The log of the cluster, from where it was looked at last.
struct Log<'a> {
    postgres: &'a Postgres,
    file: File,
}

impl<'a> Log<'a> {
    fn open(postgres: &'a Postgres) -> Self {
        postgres.execute("ALTER SYSTEM SET log_statement = 'all'");
        postgres.execute("SELECT pg_reload_conf()");
        let file = File::open(postgres.log()).expect("the log of a cluster that the tests started");
        Self { postgres, file }
    }

    /// Waits until the worker has nothing to do.
    async fn settle(&mut self) {
        while !self.read().is_empty() {
            tokio::time::sleep(QUIET).await;
        }
    }

    fn read(&mut self) -> Statements {
        let mut text = String::new();
        self.file.read_to_string(&mut text).expect("text");
        let mut statements = Statements::new();
        for line in text.lines() {
            if let Some(statement) = statement(line) {
                *statements.entry(statement.to_owned()).or_default() += 1;
            }
        }
        statements
    }
}

impl Drop for Log<'_> {
    fn drop(&mut self) {
        self.postgres.execute("ALTER SYSTEM RESET log_statement");
        self.postgres.execute("SELECT pg_reload_conf()");
    }
}

/// `… LOG:  execute sqlx_s_4: SELECT …` or `… LOG:  statement: BEGIN`: the number is the connection's own.
fn statement(line: &str) -> Option<&str> {
    let (_, logged) = line.split_once("LOG:  ")?;
    let (how, statement) = logged.split_once(": ")?;
    // The one leaves when the connection is used again; the other is the worker's, whom every request wakes.
    let is_late = statement == "ROLLBACK" || statement.starts_with(r#"SELECT "outbox"."id""#);
    (!is_late && (how == "statement" || how.starts_with("execute "))).then_some(statement)
}

/// What is in both.
fn common(one: &Statements, other: &Statements) -> Statements {
    let kinds = one.iter().filter_map(|(kind, count)| {
        let both = (*count).min(*other.get(kind)?);
        Some((kind.clone(), both))
    });
    kinds.collect()
}

/// What a question is asked with, and where its statements are read.
struct Observer<'a> {
    world: &'a World,
    form: &'a Form,
    connection: Connection,
    log: Log<'a>,
    /// Whose turn it is: a short code is looked at no more after five wrong tries from here.
    next: usize,
}

impl Observer<'_> {
    /// What each of some questions about a class had the database do: whatever else happened in between does not happen
    /// each time.
    async fn ask(&mut self, probe: Probe, class: Class) -> Statements {
        let mut always: Option<Statements> = None;
        for _ in 0..TIMES {
            self.next += 1;
            let asked = probe.about(&self.world.of(class, self.next), self.form);
            if probe.sends_mail() {
                self.log.settle().await;
            }
            self.log.read();
            self.connection.ask(&asked).await;
            let seen = self.log.read();
            always = Some(always.map_or(seen.clone(), |before| common(&before, &seen)));
        }
        always.unwrap_or_default()
    }
}

/// Every question about every class beside nobody: as many statements of the same kinds. The short form leaves out what
/// looks nothing up, and leaves that to the worker.
pub(crate) async fn compare(world: &World, form: &Form, extent: Extent) -> Vec<Row> {
    let postgres = world.server.postgres();
    let mut observer = Observer {
        world,
        form,
        connection: Connection::open(&world.server).await,
        log: Log::open(postgres.expect("a server beside `tests/postgres`")),
        next: 0,
    };
    let mut rows = Vec::new();
    let mut on_purpose = OnPurpose::default();
    let (left, answered): (Vec<_>, Vec<_>) = ALL.into_iter().partition(|probe| probe.sends_mail());
    for probe in [answered, extent.of(Vec::new(), left)].concat() {
        let mut broken = Vec::new();
        observer.log.settle().await;
        let mut nobody = observer.ask(probe, Class::Nobody).await;
        for class in world.classes() {
            let mut seen = observer.ask(probe, class).await;
            if seen != nobody {
                // Now and then the worker's look at its queue does come each time.
                observer.log.settle().await;
                nobody = common(&nobody, &observer.ask(probe, Class::Nobody).await);
                seen = common(&seen, &observer.ask(probe, class).await);
            }
            if differs_on_purpose(probe, class) {
                on_purpose.see(probe, class, seen != nobody);
            } else if seen != nobody {
                broken.push(format!("{}: {}", class.name(), told(&nobody, &seen)));
            }
        }
        let count: usize = nobody.values().sum();
        rows.push(Row::exact(
            format!("{}, statements", probe.name()),
            format!("{count} of {} kinds", nobody.len()),
            broken,
        ));
    }
    rows.push(on_purpose.row());
    rows
}

/// What the server does differently knowingly (`server/src/auth/lockout/`), and covers with a wait: here it shows that
/// differences are seen.
fn differs_on_purpose(probe: Probe, class: Class) -> bool {
    match class {
        // Charged to fewer counters.
        Class::OpenedFromHere => probe.is_counted(),
        _ => false,
    }
}

#[derive(Default)]
struct OnPurpose {
    found: usize,
    missed: Vec<String>,
}

impl OnPurpose {
    fn see(&mut self, probe: Probe, class: Class, differs: bool) {
        if differs {
            self.found += 1;
        } else {
            self.missed
                .push(format!("{} about {}", probe.name(), class.name()));
        }
    }

    fn row(self) -> Row {
        let Self { found, missed } = self;
        Row::control(
            "statements that differ, covered by a wait",
            format!("{found} questions"),
            missed,
        )
    }
}

/// What was not done as often, and how often each time.
fn told(one: &Statements, other: &Statements) -> String {
    let kinds = differences(one, other).into_iter().map(|kind| {
        let counts = [one, other].map(|seen| seen.get(&kind).copied().unwrap_or_default());
        format!("{counts:?} {kind}")
    });
    kinds.collect::<Vec<_>>().join("; ")
}
