//! The work that no request waits for: deciding about reset requests, sending mails, keeping house.
//!
//! Every replica runs it; rows are shared out by the database. A request wakes it, and it looks by itself every second.

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait, ExprTrait as _, PaginatorTrait as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _, sea_query::Expr,
};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    app::{self, App},
    audit::{self, Gap, Head},
    auth::key,
    clock::Timestamp,
    error::Error,
    mail::transport::SEND_LIMIT,
    metrics::OutboxState,
    outbox::deliver,
    reset::decide,
    secret,
    store::{Store, first_reply, import, import_row, outbox, reset_code, reset_request, session},
    throttle,
};

/// How often the queues are looked at without being woken: for retries, and for rows of other replicas.
const TICK: Duration = Duration::from_secs(1);

/// Within which a request for a reset is decided. It takes longer for somebody than for nobody, and whoever calls again at
/// once could feel that the server is busy: so it comes at a moment drawn by lot, not right after the answer.
const AT_SOME_MOMENT: Duration = Duration::from_millis(250);

/// How often the database's clock and the keys are read again, and the length of its log is looked at.
const KEEP: Duration = key::RELOAD;

/// How often what has expired is deleted.
const SWEEP: Duration = Duration::from_mins(10);

/// How long what a duty does in one turn may take: longer than the database lets a statement take or wait. One whose host
/// vanishes without a word would be waited for without end.
const TURN: Duration = Duration::from_mins(1);

/// Likewise of keeping house, which deletes whatever there is. What it does not get to is for the next time.
const LONG_TURN: Duration = Duration::from_mins(30);

/// How long an expired code or session can still be told from an unknown one in the records.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// How long a desk can look up what became of a request or of a mail.
const HISTORY: Duration = Duration::from_hours(90 * 24);

/// A queue that the worker carries out, item by item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Queue {
    /// Requests for a reset, to be decided.
    Requests,
    /// Mails, to be sent.
    Mails,
}

/// What the worker does over and over, each beside the others.
#[derive(Clone, Copy)]
enum Duty {
    Drain(Queue),
    Keep,
    MoveLog,
    House,
}

/// Four mails are sent at the same time: one that hangs must not hold the others up.
const DUTIES: [Duty; 8] = [
    Duty::Drain(Queue::Requests),
    Duty::Drain(Queue::Mails),
    Duty::Drain(Queue::Mails),
    Duty::Drain(Queue::Mails),
    Duty::Drain(Queue::Mails),
    Duty::Keep,
    Duty::MoveLog,
    Duty::House,
];

/// Runs until `stop`; what was begun is finished first.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    let mut duties = JoinSet::new();
    for duty in DUTIES {
        let (app, stopped) = (app.clone(), stop.clone());
        let begin = move || fulfil(app.clone(), stopped.clone(), duty);
        duties.spawn(persist(stop.clone(), TICK, begin));
    }
    while duties.join_next().await.is_some() {}
    if let Err(error) = audit::write_refusals(&app).await {
        tracing::warn!("the last refusals: {}", describe(&error));
    }
}

/// Begins a duty anew after a panic, of which the log tells, and a pause: the server would serve on, and nobody would miss
/// what the worker no longer does.
async fn persist<F>(stop: CancellationToken, pause: Duration, begin: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while let Err(end) = tokio::spawn(begin()).await {
        if !end.is_panic() || stopped_within(&stop, pause).await {
            return;
        }
    }
}

async fn fulfil(app: Arc<App>, stop: CancellationToken, duty: Duty) {
    match duty {
        Duty::Drain(queue) => drain(&app, &stop, queue).await,
        Duty::Keep => keep(&app, &stop).await,
        Duty::MoveLog => move_log(&app, &stop).await,
        Duty::House => house(&app, &stop).await,
    }
}

/// Carries a queue out, and waits when it is empty.
async fn drain(app: &App, stop: &CancellationToken, queue: Queue) {
    let mut woken = app.wake.subscribe();
    while !stop.is_cancelled() {
        woken.mark_unchanged();
        let work = Box::pin(work_one(app, queue));
        match within(longest(app, queue), "worker", work).await {
            Some(Ok(true)) => continue,
            Some(Ok(false)) | None => {}
            Some(Err(error)) if error.is_conflict() => continue,
            Some(Err(error)) => tracing::warn!("worker: {}", describe(&error)),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            _ = woken.changed() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        if queue == Queue::Requests {
            stopped_within(stop, AT_SOME_MOMENT.mul_f64(secret::fraction())).await;
        }
    }
}

/// How long one item of a queue may take.
fn longest(app: &App, queue: Queue) -> Duration {
    match queue {
        Queue::Requests => TURN,
        // Beside the database's part.
        Queue::Mails => TURN + SEND_LIMIT + app.config.mail.confirm_timeout,
    }
}

async fn work_one(app: &App, queue: Queue) -> Result<bool, Error> {
    match queue {
        Queue::Mails => deliver::deliver_one(app).await,
        Queue::Requests => {
            let decided = decide::decide_one(app).await?;
            if decided {
                app.wake.send_replace(());
            }
            Ok(decided)
        }
    }
}

async fn keep(app: &App, stop: &CancellationToken) {
    while !stopped_within(stop, KEEP).await {
        let work = Box::pin(keep_up(app));
        within(TURN, "what is kept up to date", work).await;
    }
}

async fn keep_up(app: &App) {
    if let Err(cause) = app::keep_time(&app.store, &app.clock, &app.metrics).await {
        tracing::warn!("the database's clock: {cause}");
    }
    if let Err(cause) = keep_keys(app).await {
        tracing::warn!("signing keys: {cause:#}");
    }
    if let Err(cause) = tell_outbox(app).await {
        tracing::warn!("outbox: {cause}");
    }
    if let Err(error) = audit::write_refusals(app).await {
        tracing::warn!("writing refusals into the journal: {}", describe(&error));
    }
    if let Err(error) = audit::seal(app).await {
        tracing::warn!("sealing the journal: {}", describe(&error));
    }
    if let Err(cause) = app.store.shorten_log().await {
        tracing::warn!("write-ahead log: {cause}");
    }
    // Last, for it waits for hashes as well.
    if let Err(cause) = app::learn_hash_kinds(app).await {
        tracing::warn!("kinds of password hashes: {cause:#}");
    }
}

async fn move_log(app: &App, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.store.log_has_grown() => {}
        }
        if let Err(cause) = app.store.move_log().await {
            tracing::warn!("write-ahead log: {cause}");
        }
    }
}

async fn keep_keys(app: &App) -> anyhow::Result<()> {
    app.keys.reload(&app.store, &app.master_key).await?;
    if app.keys.is_rotation_due(app.clock.now()) {
        app.keys
            .rotate(&app.store, &app.master_key, &app.clock)
            .await?;
    }
    Ok(())
}

async fn tell_outbox(app: &App) -> Result<(), DbErr> {
    for (state, shown) in [
        (outbox::State::Queued, OutboxState::Queued),
        (outbox::State::Dead, OutboxState::Failed),
        (outbox::State::Bounced, OutboxState::Bounced),
    ] {
        let messages = outbox::Entity::find().filter(outbox::Column::State.eq(state));
        let count = messages.count(&app.store.read).await?;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        app.metrics.set_outbox(shown, count);
    }
    Ok(())
}

/// At the start as well: a server that is restarted often must not forget it.
async fn house(app: &App, stop: &CancellationToken) {
    loop {
        let work = Box::pin(tidy_up(app));
        within(LONG_TURN, "housekeeping", work).await;
        if stopped_within(stop, SWEEP).await {
            return;
        }
    }
}

async fn tidy_up(app: &App) {
    match audit::surely_past(app).await {
        Ok(now) => sweep(app, now).await,
        Err(cause) => tracing::warn!("housekeeping: {cause}"),
    }
    if let Err(cause) = app.store.begin_log_anew().await {
        tracing::warn!("write-ahead log: {cause}");
    }
    if let Err(error) = keep_journal(app).await {
        tracing::warn!("the journal: {}", describe(&error));
    }
}

/// Removes what is too old, and writes down in the log, which leaves this machine, where the chain of seals ends.
async fn keep_journal(app: &App) -> Result<(), Error> {
    audit::prune(app, Gap::Refused).await?;
    if let Some(head) = Head::newest(&app.store.read).await? {
        tracing::info!(%head, "the journal is sealed");
    }
    Ok(())
}

/// Each table for itself: what keeps the rows of one must not have the others grow.
async fn sweep(app: &App, now: Timestamp) {
    let store = &app.store;
    let history = now.minus(HISTORY);
    let first_kept = history.least_id();
    let old_replies = first_reply::Column::ExpireTime.lte(now);
    let old_codes = reset_code::Column::ExpireTime.lte(now.minus(KEPT));
    let old_sessions = session::Column::ExpireTime.lte(now.minus(KEPT));
    let old_requests = reset_request::Column::Id
        .lt(first_kept)
        .and(reset_request::Column::DecideTime.is_not_null());
    let old_mails = outbox::Column::Id
        .lt(first_kept)
        .and(outbox::Column::State.ne(outbox::State::Queued));

    tell("throttle", throttle::sweep(store, now).await);
    sweep_one::<first_reply::Entity>(store, first_reply::Column::RequestId, old_replies).await;
    sweep_one::<reset_code::Entity>(store, reset_code::Column::Id, old_codes).await;
    sweep_one::<session::Entity>(store, session::Column::Id, old_sessions).await;
    sweep_one::<reset_request::Entity>(store, reset_request::Column::Id, old_requests).await;
    sweep_one::<outbox::Entity>(store, outbox::Column::Id, old_mails).await;
    tell("import", forget_imports(store, history).await);
}

async fn sweep_one<E: EntityTrait>(store: &Store, key: E::Column, old: Expr) {
    let swept = store.sweep::<E>(key, old).await;
    tell(E::default().table_name(), swept);
}

/// Says in the log which table could not be swept.
fn tell(table: &str, swept: Result<(), DbErr>) {
    if let Err(cause) = swept {
        tracing::warn!("housekeeping: {table}: {cause}");
    }
}

/// Deletes the jobs that nothing was written to since `history`: first their rows, for a job has as many as a country has
/// pupils, and they would all go with it in one statement. One that somebody goes on with meanwhile keeps the rest of its
/// rows.
async fn forget_imports(store: &Store, history: Timestamp) -> Result<(), DbErr> {
    let old = import::Column::UpdateTime.lte(history);
    let jobs = import::Entity::find()
        .select_only()
        .column(import::Column::Id)
        .filter(old.clone());
    for job in jobs.into_tuple::<Uuid>().all(&store.read).await? {
        // Within a job, a row's number is a key.
        let key = import_row::Column::Number;
        let still_old = import::Entity::find_by_id(job)
            .select_only()
            .column(import::Column::Id)
            .filter(old.clone());
        let rows = import_row::Column::ImportId.in_subquery(still_old.into_query());
        store.sweep::<import_row::Entity>(key, rows).await?;
    }
    let key = import::Column::Id;
    store.sweep::<import::Entity>(key, old).await
}

/// Gives a duty's work up where it takes too long. What it has begun in the database is rolled back, or goes on next time.
/// Large work comes in a box, for it is moved twice in here.
async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = T>) -> Option<T> {
    let done = timeout(limit, work).await.ok();
    if done.is_none() {
        tracing::warn!("{what}: given up after {limit:?}: does the database answer?");
    }
    done
}

async fn stopped_within(stop: &CancellationToken, time: Duration) -> bool {
    tokio::time::timeout(time, stop.cancelled()).await.is_ok()
}

fn describe(error: &Error) -> String {
    match error {
        Error::Internal(cause) => format!("{cause:#}"),
        Error::StoreUnavailable(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_turn_that_nobody_answers_is_given_up() {
        let limit = Duration::from_millis(20);

        assert_eq!(within(limit, "test", async { 1 }).await, Some(1));
        let silence = std::future::pending::<()>();
        assert_eq!(within(limit, "test", silence).await, None);
    }

    #[tokio::test]
    async fn a_duty_that_panics_is_begun_anew_until_the_end() {
        let begun = Arc::new(AtomicUsize::new(0));
        let count = begun.clone();

        persist(CancellationToken::new(), Duration::ZERO, move || {
            let number = count.fetch_add(1, Ordering::Relaxed);
            async move { assert_eq!(number, 2) }
        })
        .await;

        assert_eq!(begun.load(Ordering::Relaxed), 3);
        let stop = CancellationToken::new();
        stop.cancel();
        persist(stop, TICK, || async { panic!("at the end") }).await;
    }
}
