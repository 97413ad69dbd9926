//! Whose a mail is while it is tried: one worker's, for as long as that is at it.

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{LockBehavior, LockType},
};

use super::{
    super::{
        cause,
        letter::{self, Purport},
    },
    finish,
};
use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    i18n::Locale,
    mail::{
        compose::compose,
        letter::Letter,
        message::{self, Headers, Message},
    },
    store::outbox::{self, NO_LONGER_OF_USE, State},
};

/// How long nothing may be heard of a try before another worker takes the mail over.
const LEASE: Duration = Duration::from_secs(25);

/// Longer than any wait that this version sets: the clock has stepped back since.
const TOO_LONG: Duration = Duration::from_hours(1);

/// Until a mail is looked at again that this version can't read: a newer one beside it may.
const UNREADABLE: Duration = Duration::from_mins(10);

/// What stands in place of the mail server's words meanwhile.
const CAUSE_UNKNOWN: &str = "not sent: this version can't read what the mail is about";

/// A mail that is leased and ready to leave.
pub struct Ready {
    pub(super) row: outbox::Model,
    /// Before its codes were made, and after those of all other tries.
    pub(super) begun: Timestamp,
    pub(super) mail: Option<Message>,
}

/// Takes a lease on the next mail, makes its codes and writes it, all committed before anything leaves: a link that can
/// be read can be used.
pub(super) async fn prepare(app: &App) -> Result<Option<Ready>, Error> {
    let due = || {
        outbox::Entity::find()
            .filter(outbox::Column::State.eq(State::Queued))
            .filter(is_due(app.clock.now()))
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
    let ready = lease(&txn, app, row).await?;
    txn.commit().await?;
    Ok(Some(ready))
}

/// Takes a lease on a mail and writes it. One that nobody has a use for is given up instead.
pub(super) async fn lease(
    txn: &DatabaseTransaction,
    app: &App,
    row: outbox::Model,
) -> Result<Ready, Error> {
    let begun = app.clock.now();
    let attempts = row.attempts + 1;
    let Ok(cause) = cause(&row) else {
        tracing::warn!(message_id = %row.id, kind = %row.kind, "{CAUSE_UNKNOWN}");
        let mut later = row.into_active_model();
        later.attempts = Set(attempts);
        later.due_time = Set(begun.plus(UNREADABLE));
        later.answer = Set(CAUSE_UNKNOWN.to_owned());
        let (row, mail) = (later.update(txn).await?, None);
        return Ok(Ready { row, begun, mail });
    };
    let written = letter::write(txn, app, &row, cause, Purport::Mail).await?;
    let mail = written.and_then(|letter| build(app, &row, &letter));
    let mut leased = row.into_active_model();
    leased.attempts = Set(attempts);
    // Last, for the whole of it is for the sending.
    leased.due_time = Set(app.clock.now().plus(LEASE));
    let mut row = leased.update(txn).await?;
    if mail.is_none() {
        row = finish(app, txn, row, State::Dead, NO_LONGER_OF_USE, begun).await?;
    }
    Ok(Ready { row, begun, mail })
}

/// At its time. A mail that was never tried waits for nothing, whatever the clock has done since it was queued.
fn is_due(now: Timestamp) -> Condition {
    Condition::any()
        .add(outbox::Column::DueTime.lte(now))
        .add(outbox::Column::DueTime.gt(now.plus(TOO_LONG)))
        .add(outbox::Column::Attempts.eq(0))
}

fn build(app: &App, row: &outbox::Model, letter: &Letter) -> Option<Message> {
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

/// Begins the lease anew, unless the mail was withdrawn or is another worker's by now.
pub(super) async fn renew(app: &App, row: &mut outbox::Model) {
    let due_time = app.clock.now().plus(LEASE);
    let renewed = outbox::Entity::update_many()
        .set(outbox::ActiveModel {
            due_time: Set(due_time),
            ..Default::default()
        })
        .filter(outbox::Column::Id.eq(row.id))
        .filter(outbox::Column::State.eq(State::Queued))
        .filter(outbox::Column::Attempts.eq(row.attempts))
        .exec(app.store.writer())
        .await;
    match renewed {
        Ok(renewed) if renewed.rows_affected > 0 => row.due_time = due_time,
        Ok(_) => {}
        // It goes on for a while, and may be renewed until then.
        Err(cause) => {
            tracing::info!(message_id = %row.id, %cause, "the lease of a mail is not renewed yet");
        }
    }
}

/// A mail that was withdrawn while it left is still this try's: what was taken was sent.
pub(super) fn is_same_try(found: &outbox::Model, tried: &outbox::Model) -> bool {
    let is_withdrawn = found.state == State::Dead && found.answer == NO_LONGER_OF_USE;
    (found.state == State::Queued || is_withdrawn)
        && found.attempts == tried.attempts
        && found.due_time == tried.due_time
}
