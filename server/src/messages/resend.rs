//! `ResendMessage`: another mail of the same cause.

use guichet_proto::v1::{ResendMessageRequest, ResendMessageResponse};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _,
};
use serde_json::json;

use super::view;
use crate::{
    account::row,
    call::{Call, parse_id},
    error::Error,
    event::{self, Subject},
    i18n::Locale,
    outbox::{self, Cause, Envelope, shown},
    store::{
        account,
        outbox::{Column, Entity, Model, NO_LONGER_OF_USE, State},
        reset_code,
    },
};

/// Queues a mail again. Its codes are made anew when it leaves.
pub async fn resend_message(
    call: &Call<'_>,
    request: ResendMessageRequest,
) -> Result<ResendMessageResponse, Error> {
    let id = parse_id("message_id", &request.message_id)?;
    let app = call.app;
    let txn = app.store.write().await?;
    let mails = Entity::within(&call.scope()?).filter(Column::Id.eq(id));
    let row = mails.lock_exclusive().one(&txn).await?;
    let row = row.ok_or(Error::NotFound)?;
    let account = match row.account_id {
        Some(account_id) => Some(row::lock_in_scope(&txn, call, account_id).await?),
        None => None,
    };
    let cause = outbox::cause(&row)?;
    if row.state == State::Queued || !cause.can_be_repeated() {
        return Err(Error::State);
    }
    if is_settled(&txn, &row, &cause).await? || !shown::is_of_use(&txn, app, &row).await? {
        return Err(Error::State);
    }

    let recipient = recipient(&row, &cause, account.as_ref())?;
    let envelope = Envelope {
        recipient,
        locale: Locale::parse(&row.locale).unwrap_or(app.locale),
        account_id: row.account_id,
        request_id: row.request_id,
    };
    let again = outbox::enqueue_to(&txn, app, &cause, envelope).await?;
    let about = json!({ "message_id": row.id, "new_message_id": again.id, "kind": row.kind });
    let actor = call.caller.actor_id();
    let subject = account
        .as_ref()
        .map_or_else(Subject::default, Subject::from);
    event::append(&txn, call, "mail.resent", subject, actor, about).await?;
    txn.commit().await?;

    app.wake.send_replace(());
    Ok(ResendMessageResponse {
        message: Some(view::message(again)),
    })
}

/// Whether a change of address was made or stopped since: nobody but its person may ask for it again.
async fn is_settled(txn: &DatabaseTransaction, row: &Model, cause: &Cause) -> Result<bool, Error> {
    if !matches!(cause, Cause::ConfirmEmail { .. }) {
        return Ok(false);
    }
    if row.answer == NO_LONGER_OF_USE {
        return Ok(true);
    }
    let over = Condition::any()
        .add(reset_code::Column::UseTime.is_not_null())
        .add(reset_code::Column::RevokeTime.is_not_null());
    let codes = reset_code::Entity::find()
        .filter(reset_code::Column::MessageId.eq(row.id))
        .filter(over);
    Ok(codes.count(txn).await? > 0)
}

/// An activation follows its account to another address: a wrong one is why it is sent again.
fn recipient<'a>(
    row: &'a Model,
    cause: &Cause,
    account: Option<&'a account::Model>,
) -> Result<&'a str, Error> {
    match (cause, account) {
        (Cause::Activation, Some(account)) => account.email.as_deref().ok_or(Error::State),
        _ => Ok(&row.recipient),
    }
}
