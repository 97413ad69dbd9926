//! `ImportAccounts`: the protocol of the stream.

use std::time::Duration;

use guichet_proto::v1::{
    ImportAccountsRequest, ImportAccountsResponse, ImportBegin,
    import_accounts_request::Message as Asked, import_accounts_response::Message as Told,
};
use prost::Message as _;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};
use tokio_stream::{Stream, StreamExt as _};

use super::job::{Given, Job};
use crate::{
    call::Call,
    error::Error,
    store::silence::{SILENCE, answered},
};

/// Most rows that are written together: an import must not keep `SQLite`'s one writer from others for long.
const MAX_ROWS: usize = 200;

/// Most bytes of rows that are written together.
const MAX_BYTES: usize = 1024 * 1024;

/// How long rows wait for others to be written with.
const PATIENCE: Duration = Duration::from_millis(20);

/// How long a client may send no row, or read no outcome: others wait for its place, and it may resume.
const IDLE: Duration = Duration::from_mins(2);

/// How long a client may take for its first message, which needs no reading of files: it has a place meanwhile.
const FIRST: Duration = Duration::from_secs(10);

/// How often it is looked at, between batches, whether the caller still may; as often as for who watches events.
const RECHECK: Duration = Duration::from_secs(5);

/// When there should be room for another import.
pub const RETRY_AFTER: Duration = Duration::from_secs(10);

/// What a client is told that says nothing for too long.
const SILENT: Error = Error::Overloaded {
    retry_after: RETRY_AFTER,
};

/// The client was cut off, or sent what can't be read.
#[derive(Clone, Copy, Debug)]
pub struct Cut;

/// Why no more rows are taken together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// It is enough, or time.
    Written,
    /// There are no more.
    End,
    /// The client is gone.
    Cut,
}

/// `ImportAccounts`. What a client that was cut off has sent is written, and its import stays open.
///
/// `shown` is the caller's `authorization`. Who loses the right to import on the way is refused what has not been
/// written yet.
pub async fn import_accounts<E>(
    call: &Call<'_>,
    shown: &str,
    mut incoming: impl Stream<Item = Result<ImportAccountsRequest, Cut>> + Unpin,
    outgoing: &mpsc::Sender<Result<ImportAccountsResponse, E>>,
) -> Result<(), Error> {
    let mut checked = Instant::now();
    let first = timeout(FIRST, incoming.next()).await;
    let Some(Ok(first)) = first.map_err(|_| SILENT)? else {
        return Err(Error::field("begin", "REQUIRED"));
    };
    let mut job = answered(SILENCE, Box::pin(Job::begin(call, begin(first)?))).await?;
    if !tell(outgoing, Told::Import(job.shown())).await {
        return Ok(());
    }
    loop {
        let (rows, pause) = gather(&mut incoming).await?;
        if checked.elapsed() >= RECHECK {
            checked = Instant::now();
            answered(SILENCE, job.recheck(shown)).await?;
        }
        if !rows.is_empty() {
            for outcome in job.take(rows).await? {
                if !tell(outgoing, Told::Outcome(outcome)).await {
                    return Ok(());
                }
            }
        }
        match pause {
            Pause::Written => {}
            Pause::Cut => return Ok(()),
            Pause::End => break,
        }
    }
    tell(
        outgoing,
        Told::Import(answered(SILENCE, Box::pin(job.complete())).await?),
    )
    .await;
    Ok(())
}

fn begin(request: ImportAccountsRequest) -> Result<ImportBegin, Error> {
    match request.message {
        Some(Asked::Begin(begin)) => Ok(begin),
        _ => Err(Error::field("begin", "REQUIRED")),
    }
}

/// The next rows to be written together.
async fn gather(
    incoming: &mut (impl Stream<Item = Result<ImportAccountsRequest, Cut>> + Unpin),
) -> Result<(Vec<Given>, Pause), Error> {
    let mut rows = Vec::new();
    let mut bytes = 0;
    let mut until: Option<Instant> = None;
    while rows.len() < MAX_ROWS && bytes < MAX_BYTES {
        let next = match until {
            None => timeout(IDLE, incoming.next()).await.map_err(|_| SILENT)?,
            Some(until) => match timeout_at(until, incoming.next()).await {
                Ok(next) => next,
                Err(_) => break,
            },
        };
        let message = match next {
            None => return Ok((rows, Pause::End)),
            Some(Err(Cut)) => return Ok((rows, Pause::Cut)),
            Some(Ok(message)) => message,
        };
        let Some(Asked::Row(row)) = message.message else {
            return Err(Error::field("row", "REQUIRED"));
        };
        bytes += row.encoded_len();
        rows.push((row.number, Ok(row)));
        until.get_or_insert_with(|| Instant::now() + PATIENCE);
    }
    Ok((rows, Pause::Written))
}

/// False if the client no longer listens.
async fn tell<E>(
    outgoing: &mpsc::Sender<Result<ImportAccountsResponse, E>>,
    message: Told,
) -> bool {
    let message = Some(message);
    outgoing
        .send_timeout(Ok(ImportAccountsResponse { message }), IDLE)
        .await
        .is_ok()
}
