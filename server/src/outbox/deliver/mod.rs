//! One try at one mail.

mod lease;

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use tokio::time::timeout_at;

pub use self::lease::Ready;
use self::lease::{RENEWAL, is_same_try, lease, prepare, renew};
use super::TEST;
use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    event::{self, Subject},
    mail::{
        back_off,
        message::Message,
        transport::{SendError, SendErrorKind},
    },
    metrics::MailResult,
    secret,
    store::{
        outbox::{self, State},
        reset_code,
    },
};

/// After this long the mail server has had its chances.
const GIVE_UP: Duration = Duration::from_hours(5 * 24);

/// If it was asked as often as within one of those days, with the longest wait between two tries. Otherwise the clock was
/// wrong when the mail was queued, or is now, or nobody was there to send it.
const CHANCES: i64 = 24 * 60 / 12;

/// Tries that no answer came to after the message, before a mail server that only confirms too late has had enough of them:
/// it takes a copy at each. One that breaks off is asked again as if it had taken none.
const UNCONFIRMED_TRIES: i64 = 5;

/// They are so much further apart than others: it may be well by then, and it may have delivered each.
const FURTHER_APART: u32 = 60;

/// But not further than this: the version before this one, which may run beside it, reads more than 15 minutes as a step of
/// the clock, and tries at once.
const FURTHEST_APART: Duration = Duration::from_mins(14);

/// What stands in place of the mail server's words after those.
const PERHAPS_DELIVERED: &str = "sent five times and not confirmed in time: perhaps delivered";

/// Between two tries to write down what became of a mail.
const PAUSE: Duration = Duration::from_millis(200);

/// Kept back from a caller's time, to write down what became of the mail and to say so.
const MARGIN: Duration = Duration::from_millis(500);

/// Tries the mail that has been due longest. False when none is due.
pub async fn deliver_one(app: &App) -> Result<bool, Error> {
    let Some(ready) = prepare(app).await? else {
        return Ok(false);
    };
    send(app, ready, None).await?;
    Ok(true)
}

/// Leases a mail in the transaction that queued it, so that no worker takes it: its sender sends it itself.
pub async fn take(
    txn: &DatabaseTransaction,
    app: &App,
    row: outbox::Model,
) -> Result<Ready, Error> {
    lease(txn, app, row).await
}

/// Tries a mail that was taken, once its transaction is committed, and returns its row as it is then.
///
/// Not longer than the caller waits: who hangs up learns nothing, and the try would be made again when its lease ends.
pub async fn send(
    app: &App,
    ready: Ready,
    deadline: Option<Instant>,
) -> Result<outbox::Model, Error> {
    let mut tried = ready;
    let Some(mail) = tried.mail.take() else {
        return Ok(tried.row);
    };
    let deadline = deadline.and_then(|deadline| deadline.checked_sub(MARGIN));
    let outcome = hand_over(app, &mut tried, &mail, deadline).await;
    conclude(app, &tried, outcome).await
}

/// Hands a mail over, and keeps its lease meanwhile.
async fn hand_over(
    app: &App,
    tried: &mut Ready,
    mail: &Message,
    deadline: Option<Instant>,
) -> Result<String, SendError> {
    let mut sending = pin!(app.mail.send(mail, app.config.mail.confirm_timeout));
    let mut pause = RENEWAL;
    loop {
        let renewal = Instant::now() + pause;
        let until = deadline.map_or(renewal, |deadline| deadline.min(renewal));
        if let Ok(outcome) = timeout_at(until.into(), &mut sending).await {
            return outcome.map(|accepted| accepted.answer);
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(unanswered());
        }
        pause = renew(app, tried).await;
    }
}

/// As the transport says it, which waits longer.
fn unanswered() -> SendError {
    SendError {
        kind: SendErrorKind::Unknown,
        answer: "the mail server did not answer in time".to_owned(),
    }
}

/// Writes down what became of a mail.
///
/// A database that is away, or rolls back for another's sake, is outlasted while the lease goes on: what is not written
/// down is sent again.
async fn conclude(
    app: &App,
    tried: &Ready,
    outcome: Result<String, SendError>,
) -> Result<outbox::Model, Error> {
    let row = &tried.row;
    let lease_ends = Instant::now() + row.due_time.since(app.clock.now());
    let written = loop {
        match write_down(app, tried, &outcome).await {
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
        tell(row, result, answer);
    }
    written
}

/// Whether it is not tried again, however often it was.
fn is_last(app: &App, row: &outbox::Model, error: &SendError) -> bool {
    // A test is answered by its one try.
    matches!(error.kind, SendErrorKind::Refused)
        || row.kind == TEST
        || had_its_chances(row.attempts, app.clock.now().since(row.create_time))
}

fn had_its_chances(attempts: i64, age: Duration) -> bool {
    attempts >= CHANCES && age >= GIVE_UP
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
    tried: &Ready,
    outcome: &Result<String, SendError>,
) -> Result<outbox::Model, Error> {
    let txn = app.store.write().await?;
    let found = outbox::Entity::find_by_id(tried.row.id).lock_exclusive();
    let row = match found.one(&txn).await? {
        Some(found) if is_same_try(&found, tried) => found,
        // It is written down, and only the answer to that was lost; or it is another worker's by now.
        written => return Ok(written.unwrap_or_else(|| tried.row.clone())),
    };
    let now = app.clock.now();
    let row = match outcome {
        Ok(answer) => finish(app, &txn, row, State::Sent, answer, now).await?,
        Err(error) if row.state == State::Queued => {
            if is_unused(error) {
                forget_codes(&txn, &row, tried.begun).await?;
            }
            fail(app, &txn, row, error, now).await?
        }
        Err(_) => row,
    };
    txn.commit().await?;
    Ok(row)
}

/// Whether the mail surely did not leave. What may have left must stay good.
const fn is_unused(error: &SendError) -> bool {
    matches!(error.kind, SendErrorKind::Refused | SendErrorKind::Deferred)
}

/// Takes back the codes that a try made, which nobody has.
async fn forget_codes(
    txn: &DatabaseTransaction,
    row: &outbox::Model,
    begun: Timestamp,
) -> Result<(), Error> {
    reset_code::Entity::delete_many()
        .filter(reset_code::Column::MessageId.eq(row.id))
        .filter(reset_code::Column::CreateTime.gte(begun))
        .exec(txn)
        .await?;
    Ok(())
}

/// Puts a mail off, or gives it up.
async fn fail(
    app: &App,
    txn: &DatabaseTransaction,
    row: outbox::Model,
    error: &SendError,
    now: Timestamp,
) -> Result<outbox::Model, Error> {
    let is_unconfirmed = matches!(error.kind, SendErrorKind::Unconfirmed);
    let unconfirmed = row.unconfirmed + i64::from(is_unconfirmed);
    if unconfirmed >= UNCONFIRMED_TRIES {
        return finish(app, txn, row, State::Dead, PERHAPS_DELIVERED, now).await;
    }
    if is_last(app, &row, error) {
        return finish(app, txn, row, State::Dead, &error.answer, now).await;
    }
    let wait_after = |tries: i64| {
        let tries = u32::try_from(tries).unwrap_or(u32::MAX);
        back_off(tries, secret::fraction())
    };
    let wait = if is_unconfirmed {
        (wait_after(unconfirmed) * FURTHER_APART).min(FURTHEST_APART)
    } else {
        wait_after(row.attempts)
    };
    let mut again = row.into_active_model();
    again.due_time = Set(now.plus(wait));
    again.unconfirmed = Set(unconfirmed);
    again.answer = Set(error.answer.clone());
    Ok(again.update(txn).await?)
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

#[cfg(test)]
mod tests {
    use super::*;

    const YEARS: Duration = Duration::from_hours(20 * 365 * 24);

    #[test]
    fn a_mail_is_given_up_after_days_in_which_it_was_tried() {
        for (attempts, age, had) in [
            (600, GIVE_UP, true),
            (CHANCES, GIVE_UP, true),
            (600, GIVE_UP.saturating_sub(Duration::from_secs(1)), false),
            (1, YEARS, false),
            (CHANCES - 1, YEARS, false),
        ] {
            assert_eq!(had_its_chances(attempts, age), had, "{attempts}, {age:?}");
        }
    }

    #[test]
    fn a_day_of_tries_is_counted_with_the_longest_wait_between_two() {
        let wait = back_off(u32::MAX, 1.0);

        let day = Duration::from_hours(24).as_secs() / wait.as_secs();
        assert_eq!(u64::try_from(CHANCES), Ok(day));
    }
}
