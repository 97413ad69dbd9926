//! One try at one mail.

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{LockBehavior, LockType},
};

use super::{Cause, letter};
use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    event,
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
        outbox::{self, State},
        reset_code,
    },
};

/// How long a try may take before another worker takes the mail over: more than a send is given.
const LEASE: Duration = Duration::from_secs(25);

/// Longer than any wait that this version sets: the clock has stepped back since.
const TOO_LONG: Duration = Duration::from_mins(15);

/// After this long the mail server has had its chances.
const GIVE_UP: Duration = Duration::from_hours(5 * 24);

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

    let mut leased = row.clone().into_active_model();
    leased.attempts = Set(row.attempts + 1);
    leased.due_time = Set(now.plus(LEASE));
    let row = leased.update(&txn).await?;
    let cause: Cause =
        serde_json::from_str(&row.subject).map_err(|cause| Error::Internal(cause.into()))?;
    let written = letter::write(&txn, app, &row, cause).await?;
    let mail = written.and_then(|letter| build(app, &row, &letter));
    if mail.is_none() {
        finish(app, &txn, row.clone(), State::Dead, "no longer of use", now).await?;
    }
    txn.commit().await?;
    Ok(Some((row, mail)))
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

async fn conclude(
    app: &App,
    row: outbox::Model,
    outcome: Result<String, SendError>,
) -> Result<(), Error> {
    let txn = app.store.write().await?;
    let now = app.clock.now();
    match outcome {
        Ok(answer) => {
            app.metrics.mail_tried(MailResult::Sent);
            finish(app, &txn, row, State::Sent, &answer, now).await?;
        }
        Err(error) => {
            // What surely did not leave can't be used; what may have left must stay good.
            if !matches!(error.kind, SendErrorKind::Unknown) {
                reset_code::Entity::delete_many()
                    .filter(reset_code::Column::MessageId.eq(row.id))
                    .filter(reset_code::Column::CreateTime.gte(row.due_time.minus(LEASE)))
                    .exec(&txn)
                    .await?;
            }
            let given_up = now.since(row.create_time) >= GIVE_UP;
            if matches!(error.kind, SendErrorKind::Refused) || given_up {
                app.metrics.mail_tried(MailResult::Failed);
                tracing::warn!(message_id = %row.id, kind = row.kind, answer = error.answer, "mail given up");
                finish(app, &txn, row, State::Dead, &error.answer, now).await?;
            } else {
                app.metrics.mail_tried(MailResult::Deferred);
                tracing::info!(message_id = %row.id, kind = row.kind, attempts = row.attempts, answer = error.answer, "mail deferred");
                let attempts = u32::try_from(row.attempts).unwrap_or(u32::MAX);
                let mut again = row.into_active_model();
                again.due_time = Set(now.plus(back_off(attempts, secret::fraction())));
                again.answer = Set(error.answer);
                again.update(&txn).await?;
            }
        }
    }
    txn.commit().await?;
    Ok(())
}

async fn finish(
    app: &App,
    txn: &sea_orm::DatabaseTransaction,
    row: outbox::Model,
    state: State,
    answer: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let kind = if state == State::Sent {
        "mail.sent"
    } else {
        "mail.given_up"
    };
    let about = serde_json::json!({ "message_id": row.id, "kind": row.kind });
    let account_id = row.account_id;
    let mut finished = row.into_active_model();
    finished.state = Set(state);
    finished.finish_time = Set(Some(now));
    finished.answer = Set(answer.to_owned());
    finished.update(txn).await?;
    event::append(txn, &app.clock, kind, account_id, None, about).await?;
    Ok(())
}
