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

/// While a mail is being sent, its lease begins anew this often.
pub(super) const RENEWAL: Duration = Duration::from_secs(10);

/// Until a renewal that failed is tried again: that took a while, and the lease goes on.
const RENEWAL_AGAIN: Duration = Duration::from_secs(1);

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
    /// What renewals that failed would have set. One may have been written, and only the answer to that was lost.
    pub(super) perhaps_due: Vec<Timestamp>,
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
        return Ok(Ready {
            row: later.update(txn).await?,
            begun,
            perhaps_due: Vec::new(),
            mail: None,
        });
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
    Ok(Ready {
        row,
        begun,
        perhaps_due: Vec::new(),
        mail,
    })
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

/// Begins the lease anew, unless the mail was withdrawn or is another worker's by now. Returns how long until the next time.
pub(super) async fn renew(app: &App, tried: &mut Ready) -> Duration {
    let due_time = app.clock.now().plus(LEASE);
    let renewed = outbox::Entity::update_many()
        .set(outbox::ActiveModel {
            due_time: Set(due_time),
            ..Default::default()
        })
        .filter(outbox::Column::Id.eq(tried.row.id))
        .filter(outbox::Column::State.eq(State::Queued))
        .filter(outbox::Column::Attempts.eq(tried.row.attempts))
        .exec(app.store.writer())
        .await;
    match renewed {
        Ok(renewed) if renewed.rows_affected > 0 => tried.row.due_time = due_time,
        Ok(_) => {}
        // It goes on for a while, and may be renewed until then.
        Err(cause) => {
            tracing::info!(message_id = %tried.row.id, %cause, "the lease of a mail is not renewed yet");
            tried.perhaps_due.push(due_time);
            return RENEWAL_AGAIN;
        }
    }
    RENEWAL
}

/// A mail that was withdrawn while it left is still this try's: what was taken was sent.
pub(super) fn is_same_try(found: &outbox::Model, tried: &Ready) -> bool {
    let is_withdrawn = found.state == State::Dead && found.answer == NO_LONGER_OF_USE;
    let is_leased =
        found.due_time == tried.row.due_time || tried.perhaps_due.contains(&found.due_time);
    (found.state == State::Queued || is_withdrawn)
        && found.attempts == tried.row.attempts
        && is_leased
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn mail(state: State, answer: &str, attempts: i64, due_time: i64) -> outbox::Model {
        outbox::Model {
            id: Uuid::nil(),
            kind: "ACTIVATION".to_owned(),
            subject: String::new(),
            account_id: None,
            recipient: String::new(),
            locale: String::new(),
            state,
            attempts,
            due_time: Timestamp(due_time),
            create_time: Timestamp(0),
            finish_time: None,
            answer: answer.to_owned(),
            recipient_key: None,
            request_id: None,
            bounce_time: None,
            bounce_reason: None,
            unconfirmed: 0,
        }
    }

    #[test]
    fn a_try_knows_its_mail_after_renewals_whose_answers_were_lost() {
        let tried = Ready {
            row: mail(State::Queued, "", 2, 25),
            begun: Timestamp(0),
            perhaps_due: vec![Timestamp(35), Timestamp(41)],
            mail: None,
        };
        for (state, answer, attempts, due_time, is_same) in [
            (State::Queued, "", 2, 25, true),
            (State::Queued, "", 2, 35, true),
            (State::Queued, "", 2, 41, true),
            (State::Dead, NO_LONGER_OF_USE, 2, 41, true),
            // Put off by this try, and the answer to that was lost.
            (State::Queued, "451 later", 2, 42, false),
            (State::Queued, "", 3, 41, false),
            (State::Dead, "550 no", 2, 41, false),
            (State::Sent, "250 taken", 2, 41, false),
        ] {
            let found = mail(state, answer, attempts, due_time);
            assert_eq!(is_same_try(&found, &tried), is_same, "{found:?}");
        }
    }
}
