//! `SendTestMessage`: what does the mail server say?

use guichet_proto::v1::{SendTestMessageRequest, SendTestMessageResponse};
use serde_json::json;

use super::view;
use crate::{
    account::fields::Fields,
    call::Call,
    error::Error,
    event::{self, Subject},
    outbox::{self, Cause, Envelope, deliver},
};

/// Queues a test mail and tries it at once, beside the worker: who asks wants this try's answer.
pub async fn send_test_message(
    call: &Call<'_>,
    request: SendTestMessageRequest,
) -> Result<SendTestMessageResponse, Error> {
    let mut fields = Fields::default();
    let recipient = fields.email("recipient", &request.recipient);
    fields.locale("locale", &request.locale);
    fields.finish()?;
    let recipient = recipient.ok_or_else(|| Error::field("recipient", "REQUIRED"))?;

    let app = call.app;
    let envelope = Envelope {
        recipient: recipient.as_str(),
        locale: call.locale,
        account_id: None,
        request_id: None,
    };
    let txn = app.store.write().await?;
    let row = outbox::enqueue_to(&txn, app, &Cause::Test, envelope).await?;
    let about = json!({ "message_id": row.id });
    let actor = call.caller.actor_id();
    event::append(
        &txn,
        call,
        "mail.test_requested",
        Subject::default(),
        actor,
        about,
    )
    .await?;
    let ready = deliver::take(&txn, app, row).await?;
    txn.commit().await?;

    let row = deliver::send(app, ready, call.deadline).await?;
    Ok(SendTestMessageResponse {
        message: Some(view::message(row)),
    })
}
