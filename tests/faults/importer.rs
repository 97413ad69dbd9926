//! An administrator's program that takes people over from another system while the product is hurt: it goes on where it
//! was cut off, and compares in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use guichet_client::proto::import_accounts_request::Message as Asked;
use guichet_client::proto::import_accounts_response::Message as Told;
use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::{
    GetImportRequest, Import, ImportAccountsRequest, ImportBegin, ImportRow, ImportState,
    ImportVerdict, ListAccountsRequest, LookupAccountsRequest, UndoImportRequest,
};
use guichet_client::{Reason, error};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::world::{Door, Random};

/// Rows of one import of many: enough to be cut off within it.
const ROWS: i64 = 2_000;

/// Every so manyeth row is looked up in the end.
const SAMPLE: usize = 50;

/// What became of it all.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    /// Imports carried to the end.
    pub(crate) imports: i64,
    /// Times that one was cut off.
    pub(crate) cuts: usize,
    /// Promises that were broken.
    pub(crate) broken: Vec<String>,
}

/// The program at work.
pub(crate) struct Importer {
    task: JoinHandle<Imported>,
    stop: Arc<AtomicBool>,
}

impl Importer {
    pub(crate) fn start(door: &Door, random: &mut Random) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let mut program = Program::new(door, random, ROWS);
        let task = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                program.import().await;
            }
            program.look_back().await;
            program.seen
        });
        Self { task, stop }
    }

    /// Has it finish, with the servers in good health, and look for the people.
    pub(crate) async fn finish(self) -> Imported {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("no panic")
    }
}

struct Program {
    door: Door,
    random: Random,
    /// Of each import.
    rows: i64,
    seen: Imported,
    /// The last import.
    last: String,
}

/// One long import, which is looked at and taken back when it is through.
pub(crate) struct LongImport(JoinHandle<Program>);

impl LongImport {
    pub(crate) fn start(door: &Door, random: &mut Random, rows: i64) -> Self {
        let mut program = Program::new(door, random, rows);
        Self(tokio::spawn(async move {
            program.import().await;
            program
        }))
    }

    pub(crate) fn is_through(&self) -> bool {
        self.0.is_finished()
    }

    /// Has it finish, with the servers in good health, and takes it back.
    pub(crate) async fn finish(self) -> Imported {
        let mut program = self.0.await.expect("no panic");
        program.look_back().await;
        program.take_back().await;
        program.seen
    }
}

/// An import on its way.
#[derive(Default)]
struct Job {
    id: String,
    /// The last row whose outcome came.
    acknowledged: i64,
    /// Whether it ever had to begin anew, because the answer to its beginning was lost.
    begun_again: bool,
}

impl Program {
    fn new(door: &Door, random: &mut Random, rows: i64) -> Self {
        Self {
            door: door.clone(),
            random: random.fork(),
            rows,
            seen: Imported::default(),
            last: String::new(),
        }
    }

    /// One import, through however many cuts.
    async fn import(&mut self) {
        let mut job = Job::default();
        loop {
            match self.send(&mut job).await {
                Ok(end) => return self.check(&job, &end),
                Err(status) if error::reason(&status) == Some(Reason::State) => {
                    // It was completed, and nobody heard of it.
                    if let Some(end) = self.find(&job.id).await {
                        return self.check(&job, &end);
                    }
                }
                Err(_) => {
                    self.seen.cuts += 1;
                    job.begun_again |= job.id.is_empty();
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends what is left, and returns the job at its end.
    async fn send(&mut self, job: &mut Job) -> Result<Import, Status> {
        let guichet = self.door.enter_as_admin(&mut self.random);
        let (rows, messages) = mpsc::channel(64);
        let asked = |message| ImportAccountsRequest {
            message: Some(message),
        };
        let begin = ImportBegin {
            source: "faults".to_owned(),
            import_id: job.id.clone(),
            ..ImportBegin::default()
        };
        rows.send(asked(Asked::Begin(begin)))
            .await
            .expect("an open stream");
        let messages = ReceiverStream::new(messages);
        let reply = guichet.import().import_accounts(messages).await?;
        let mut answers = reply.into_inner();
        let begun = answers.message().await?.and_then(|answer| answer.message);
        let Some(Told::Import(begun)) = begun else {
            return Err(Status::unavailable("cut off before the beginning"));
        };
        if begun.last_row_number < job.acknowledged {
            self.broken("rows that were acknowledged are gone");
        }
        job.id.clone_from(&begun.id);

        let first = begun.last_row_number + 1;
        let (import, last) = (self.seen.imports, self.rows);
        tokio::spawn(async move {
            for number in first..=last {
                // Nobody reads any more: the answers tell why.
                if rows
                    .send(asked(Asked::Row(row(import, number))))
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
        while let Some(answer) = answers.message().await? {
            match answer.message {
                Some(Told::Outcome(outcome)) => {
                    if outcome.verdict() == ImportVerdict::Refused {
                        self.broken(&format!(
                            "row {} is refused: {outcome:?}",
                            outcome.row_number
                        ));
                    }
                    job.acknowledged = outcome.row_number;
                }
                Some(Told::Import(end)) => return Ok(end),
                None => {}
            }
        }
        Err(Status::unavailable("cut off before the end"))
    }

    async fn find(&mut self, import_id: &str) -> Option<Import> {
        let guichet = self.door.enter_as_admin(&mut self.random);
        let request = GetImportRequest {
            import_id: import_id.to_owned(),
        };
        let reply = guichet.import().get_import(request).await.ok()?;
        reply.into_inner().import
    }

    /// Each row once, and none left out.
    fn check(&mut self, job: &Job, end: &Import) {
        self.seen.imports += 1;
        self.last.clone_from(&job.id);
        let counted = [end.created_count, end.updated_count, end.unchanged_count];
        let all: i64 = counted.iter().sum();
        if end.state() != ImportState::Completed
            || all != self.rows
            || end.last_row_number != self.rows
        {
            self.broken(&format!("an import ended otherwise: {end:?}"));
        }
        // Rows of one that had to begin anew may be there already.
        if !job.begun_again && end.created_count != self.rows {
            self.broken(&format!("a row was taken twice: {end:?}"));
        }
    }

    /// Everybody is there, once.
    async fn look_back(&mut self) {
        for import in 0..self.seen.imports {
            for number in (1..=self.rows).step_by(SAMPLE) {
                let person = row(import, number);
                let guichet = self.door.enter_as_admin(&mut self.random);
                let request = LookupAccountsRequest {
                    key: Some(Key::ExternalId(person.external_id)),
                };
                let reply = guichet.account().lookup_accounts(request).await;
                let found = reply.expect("a healthy server").into_inner().accounts;
                let names: Vec<&str> = found.iter().map(|found| found.username.as_str()).collect();
                if names != [person.username.as_str()] {
                    self.broken(&format!(
                        "{} was imported, there is {names:?}",
                        person.username
                    ));
                }
            }
        }
    }

    /// Everybody is gone again.
    async fn take_back(&mut self) {
        let undone = loop {
            let guichet = self.door.enter_as_admin(&mut self.random);
            let request = UndoImportRequest {
                import_id: self.last.clone(),
                keep_changed: false,
            };
            let reply = guichet.import().undo_import(request).await;
            let import = reply.expect("a healthy server").into_inner().import;
            let import = import.expect("the job in the reply");
            if import.state() == ImportState::Undone {
                break import;
            }
        };
        if undone.undone_count != self.rows || undone.kept_count != 0 {
            self.broken(&format!("taken back otherwise: {undone:?}"));
        }
        let guichet = self.door.enter_as_admin(&mut self.random);
        let request = ListAccountsRequest {
            filter: "username = \"imported.*\"".to_owned(),
            ..ListAccountsRequest::default()
        };
        let left = guichet.account().list_accounts(request).await;
        let left = left.expect("a healthy server").into_inner().accounts.len();
        if left > 0 {
            self.broken("somebody is left after it was taken back");
        }
    }

    fn broken(&mut self, how: &str) {
        self.seen.broken.push(format!("import: {how}"));
    }
}

fn row(import: i64, number: i64) -> ImportRow {
    ImportRow {
        number,
        username: format!("imported.{import}.{number}"),
        external_id: format!("x-{import}-{number}"),
        ..ImportRow::default()
    }
}
