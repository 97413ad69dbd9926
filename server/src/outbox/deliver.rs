//! One try at one mail.

use std::time::{Duration, Instant};

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{LockBehavior, LockType},
};
use tokio::time::timeout_at;

use super::{
    TEST, cause,
    letter::{self, Purport},
};
use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    event::{self, Subject},
    i18n::Locale,
    mail::{
        back_off,
        compose::compose,
        message::{self, Headers},
        transport::{SendError, SendErrorKind},
    },
    metrics::MailResult,
    secret,
    store::{
        outbox::{self, NO_LONGER_OF_USE, State},
        reset_code,
    },
};

/// How long a try may take before another worker takes the mail over: more than a send is given.
const LEASE: Duration = Duration::from_secs(25);

/// Longer than any wait that this version sets: the clock has stepped back since.
const TOO_LONG: Duration = Duration::from_mins(15);

/// After this long the mail server has had its chances.
const GIVE_UP: Duration = Duration::from_hours(5 * 24);

/// Tries that no answer came to after the message, before a mail server that only confirms too late has had enough of them:
/// it takes a copy at each. One that breaks off is asked again as if it had taken none.
const UNANSWERED_TRIES: u64 = 5;

/// What stands in place of the mail server's words after those.
const PERHAPS_DELIVERED: &str = "sent five times and not confirmed in time: perhaps delivered";

/// Between two tries to write down what became of a mail.
const PAUSE: Duration = Duration::from_millis(200);

/// Kept back from a caller's time, to write down what became of the mail and to say so.
const MARGIN: Duration = Duration::from_millis(500);

/// Tries the mail that has been due longest. False when none is due.
pub async fn deliver_one(app: &App) -> Result<bool, Error> {
    let Some((row, mail)) = prepare(app).await? else {
        return Ok(false);
    };
    if let Some(mail) = mail {
        let outcome = app.mail.send(&mail).await;
        conclude(app, row, outcome.map(|accepted| accepted.answer)).await?;
    }
    Ok(true)
}

/// A mail that is leased and ready to leave.
pub struct Ready {
    row: outbox::Model,
    mail: Option<message::Message>,
}

/// Leases a mail in the transaction that queued it, so that no worker takes it: its sender sends it itself.
pub async fn take(
    txn: &DatabaseTransaction,
    app: &App,
    row: outbox::Model,
) -> Result<Ready, Error> {
    let (row, mail) = lease(txn, app, row, app.clock.now()).await?;
    Ok(Ready { row, mail })
}

/// Tries a mail that was taken, once its transaction is committed, and returns its row as it is then.
///
/// Not longer than the caller waits: who hangs up learns nothing, and the try would be made again when its lease ends.
pub async fn send(
    app: &App,
    ready: Ready,
    deadline: Option<Instant>,
) -> Result<outbox::Model, Error> {
    let Ready { row, mail } = ready;
    let Some(mail) = mail else { return Ok(row) };
    let sending = app.mail.send(&mail);
    let outcome = match deadline.and_then(|deadline| deadline.checked_sub(MARGIN)) {
        Some(deadline) => timeout_at(deadline.into(), sending)
            .await
            .unwrap_or_else(|_| Err(unanswered())),
        None => sending.await,
    };
    conclude(app, row, outcome.map(|accepted| accepted.answer)).await
}

/// As the transport says it, which waits longer.
fn unanswered() -> SendError {
    SendError {
        kind: SendErrorKind::Unknown,
        answer: "the mail server did not answer in time".to_owned(),
    }
}

/// Takes a lease on the next mail, makes its codes and writes it, all committed before anything leaves: a link that can
/// be read can be used.
async fn prepare(app: &App) -> Result<Option<(outbox::Model, Option<message::Message>)>, Error> {
    let now = app.clock.now();
    let due = || {
        outbox::Entity::find()
            .filter(outbox::Column::State.eq(State::Queued))
            .filter(is_due(now))
            .order_by_asc(outbox::Column::DueTime)
            .limit(1)
    };
    // A look without the write lock first: most of the time nothing is due.
    if due().one(&app.store.read).await?.is_none() {
        return Ok(None);
    }
    let txn = app.store.write().await?;
    let next = due()
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&txn)
        .await?;
    let Some(row) = next else { return Ok(None) };
    let leased = lease(&txn, app, row, now).await?;
    txn.commit().await?;
    Ok(Some(leased))
}

async fn lease(
    txn: &DatabaseTransaction,
    app: &App,
    row: outbox::Model,
    now: Timestamp,
) -> Result<(outbox::Model, Option<message::Message>), Error> {
    let attempts = row.attempts + 1;
    let mut leased = row.into_active_model();
    leased.attempts = Set(attempts);
    leased.due_time = Set(now.plus(LEASE));
    let row = leased.update(txn).await?;
    let written = letter::write(txn, app, &row, cause(&row)?, Purport::Mail).await?;
    let mail = written.and_then(|letter| build(app, &row, &letter));
    if mail.is_some() {
        return Ok((row, mail));
    }
    let row = finish(app, txn, row, State::Dead, NO_LONGER_OF_USE, now).await?;
    Ok((row, None))
}

/// At its time. A mail that was never tried waits for nothing, whatever the clock has done since it was queued.
fn is_due(now: Timestamp) -> Condition {
    Condition::any()
        .add(outbox::Column::DueTime.lte(now))
        .add(outbox::Column::DueTime.gt(now.plus(TOO_LONG)))
        .add(outbox::Column::Attempts.eq(0))
}

fn build(
    app: &App,
    row: &outbox::Model,
    letter: &crate::mail::letter::Letter,
) -> Option<message::Message> {
    let locale = Locale::parse(&row.locale).unwrap_or(app.locale);
    let host = app
        .config
        .listen
        .public_url
        .as_url()
        .host_str()
        .unwrap_or("localhost")
        .to_owned();
    let headers = Headers {
        from: app.mail_from.clone(),
        to: row.recipient.parse().ok()?,
        // The same at every try, so that a copy is recognised as one.
        message_id: format!("<{}@{host}>", row.id),
        date: row.create_time.to_system_time(),
        locale,
    };
    Some(message::build(
        &compose(letter, locale, &app.brand),
        headers,
        app.mail.encoding(),
    ))
}

/// Writes down what became of a mail.
///
/// A database that is away, or rolls back for another's sake, is outlasted while the lease goes on: what is not written
/// down is sent again.
async fn conclude(
    app: &App,
    row: outbox::Model,
    outcome: Result<String, SendError>,
) -> Result<outbox::Model, Error> {
    let lease_ends = Instant::now() + row.due_time.since(app.clock.now());
    let written = loop {
        match write_down(app, &row, &outcome).await {
            Err(Error::StoreUnavailable(cause)) if Instant::now() + PAUSE < lease_ends => {
                tracing::info!(message_id = %row.id, %cause, "what became of a mail is not written down yet");
                tokio::time::sleep(PAUSE).await;
            }
            written => break written,
        }
    };
    let is_dead = |row: &outbox::Model| row.state == State::Dead;
    let result = match (&outcome, &written) {
        (Ok(_), _) => MailResult::Sent,
        (Err(_), Ok(row)) if is_dead(row) => MailResult::Failed,
        (Err(_), _) => MailResult::Deferred,
    };
    app.metrics.mail_tried(result);
    if let Err(error) = &outcome {
        let answer = written.as_ref().map_or(&error.answer, |row| &row.answer);
        tell(&row, result, answer);
    }
    written
}

/// Whether it is not tried again, however often it was.
fn is_last(app: &App, row: &outbox::Model, error: &SendError) -> bool {
    // A test is answered by its one try.
    matches!(error.kind, SendErrorKind::Refused)
        || row.kind == TEST
        || app.clock.now().since(row.create_time) >= GIVE_UP
}

fn tell(row: &outbox::Model, result: MailResult, answer: &str) {
    let (message_id, kind) = (row.id, &row.kind);
    if matches!(result, MailResult::Failed) {
        tracing::warn!(%message_id, kind, answer, "mail given up");
    } else {
        let attempts = row.attempts;
        tracing::info!(%message_id, kind, attempts, answer, "mail deferred");
    }
}

async fn write_down(
    app: &App,
    row: &outbox::Model,
    outcome: &Result<String, SendError>,
) -> Result<outbox::Model, Error> {
    let txn = app.store.write().await?;
    let found = outbox::Entity::find_by_id(row.id).lock_exclusive();
    let row = match found.one(&txn).await? {
        Some(found) if is_same_try(&found, row) => found,
        // It is written down, and only the answer to that was lost; or it is another worker's by now.
        written => return Ok(written.unwrap_or_else(|| row.clone())),
    };
    let now = app.clock.now();
    let row = match outcome {
        Ok(answer) => finish(app, &txn, row, State::Sent, answer, now).await?,
        Err(error) if row.state == State::Queued => fail(app, &txn, row, error, now).await?,
        Err(_) => row,
    };
    txn.commit().await?;
    Ok(row)
}

/// Puts a mail off, or gives it up.
async fn fail(
    app: &App,
    txn: &DatabaseTransaction,
    row: outbox::Model,
    error: &SendError,
    now: Timestamp,
) -> Result<outbox::Model, Error> {
    // What surely did not leave can't be used; what may have left must stay good.
    match error.kind {
        SendErrorKind::Unconfirmed if unanswered_tries(txn, &row).await? >= UNANSWERED_TRIES => {
            return finish(app, txn, row, State::Dead, PERHAPS_DELIVERED, now).await;
        }
        SendErrorKind::Unknown | SendErrorKind::Unconfirmed => {}
        SendErrorKind::Refused | SendErrorKind::Deferred => {
            reset_code::Entity::delete_many()
                .filter(reset_code::Column::MessageId.eq(row.id))
                .filter(reset_code::Column::CreateTime.gte(row.due_time.minus(LEASE)))
                .exec(txn)
                .await?;
        }
    }
    if is_last(app, &row, error) {
        return finish(app, txn, row, State::Dead, &error.answer, now).await;
    }
    let attempts = u32::try_from(row.attempts).unwrap_or(u32::MAX);
    let mut again = row.into_active_model();
    again.due_time = Set(now.plus(back_off(attempts, secret::fraction())));
    again.answer = Set(error.answer.clone());
    Ok(again.update(txn).await?)
}

/// How many tries may have delivered a mail: they alone leave their codes. Of a mail without codes every try counts.
async fn unanswered_tries(txn: &DatabaseTransaction, row: &outbox::Model) -> Result<u64, Error> {
    // All codes of one try are made at one time.
    let tries = reset_code::Entity::find()
        .select_only()
        .column(reset_code::Column::CreateTime)
        .distinct()
        .filter(reset_code::Column::MessageId.eq(row.id))
        .count(txn)
        .await?;
    Ok(if tries == 0 {
        row.attempts.unsigned_abs()
    } else {
        tries
    })
}

/// A mail that was withdrawn while it left is still this try's: what was taken was sent.
fn is_same_try(found: &outbox::Model, tried: &outbox::Model) -> bool {
    let is_withdrawn = found.state == State::Dead && found.answer == NO_LONGER_OF_USE;
    (found.state == State::Queued || is_withdrawn)
        && found.attempts == tried.attempts
        && found.due_time == tried.due_time
}

async fn finish(
    app: &App,
    txn: &DatabaseTransaction,
    row: outbox::Model,
    state: State,
    answer: &str,
    now: Timestamp,
) -> Result<outbox::Model, Error> {
    let kind = if state == State::Sent {
        "mail.sent"
    } else {
        "mail.given_up"
    };
    let about = serde_json::json!({ "message_id": row.id, "kind": row.kind });
    let subject = Subject::of_account(txn, row.account_id).await?;
    let mut finished = row.into_active_model();
    finished.state = Set(state);
    finished.finish_time = Set(Some(now));
    finished.answer = Set(answer.to_owned());
    let row = finished.update(txn).await?;
    event::append(txn, &app.clock, kind, subject, None, about).await?;
    Ok(row)
}
