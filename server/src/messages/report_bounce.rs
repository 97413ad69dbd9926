//! `ReportBounce`: a mail came back.

use guichet_proto::v1::{ReportBounceRequest, ReportBounceResponse, report_bounce_request::Mail};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde_json::json;

use super::view;
use crate::{
    account::{email_address::EmailAddress, fields::Fields},
    call::{Call, parse_id},
    error::{Error, Violation},
    event::{self, Subject},
    mail::transport::one_line,
    store::outbox::{Column, Entity, State},
};

/// Longest diagnostic that is read, in bytes: a whole delivery report is none.
const MAX_DIAGNOSTIC: usize = 4_096;

/// Marks a mail as sent back. The first report counts.
pub async fn report_bounce(
    call: &Call<'_>,
    request: ReportBounceRequest,
) -> Result<ReportBounceResponse, Error> {
    let mut fields = Fields::default();
    let meant = fields.part(meant(request.mail.as_ref()))?;
    if request.diagnostic.len() > MAX_DIAGNOSTIC {
        fields.refuse(Violation::with_limit(
            "diagnostic",
            "TOO_LONG",
            MAX_DIAGNOSTIC,
        ));
    }
    fields.finish()?;

    let app = call.app;
    let txn = app.store.write().await?;
    let row = Entity::within(&call.scope()?)
        .filter(meant.unwrap_or_else(Condition::all))
        .order_by_desc(Column::Id)
        .limit(1)
        .lock_exclusive();
    let row = row.one(&txn).await?.ok_or(Error::NotFound)?;
    let row = match row.state {
        State::Bounced => row,
        State::Queued | State::Dead => return Err(Error::State),
        State::Sent => {
            let about = json!({ "message_id": row.id, "kind": row.kind });
            let subject = Subject::of_account(&txn, row.account_id).await?;
            let actor = call.caller.actor_id();
            let mut bounced = row.into_active_model();
            bounced.state = Set(State::Bounced);
            bounced.bounce_time = Set(Some(call.now));
            bounced.bounce_reason = Set(Some(one_line(request.diagnostic)));
            let row = bounced.update(&txn).await?;
            event::append(&txn, call, "mail.bounced", subject, actor, about).await?;
            row
        }
    };
    txn.commit().await?;
    Ok(ReportBounceResponse {
        message: Some(view::message(row)),
    })
}

fn meant(mail: Option<&Mail>) -> Result<Condition, Error> {
    match mail {
        None => Err(Error::field("mail", "REQUIRED")),
        Some(Mail::MessageId(id)) => {
            // `<id@host>` in the mail itself.
            let bare = id.trim().trim_start_matches('<');
            let bare = bare.split_once('@').map_or(bare, |(local, _)| local);
            let id = parse_id("message_id", bare)?;
            Ok(Condition::all().add(Column::Id.eq(id)))
        }
        Some(Mail::Recipient(address)) => {
            let key = EmailAddress::lookup_key(address)
                .ok_or_else(|| Error::field("recipient", "INVALID_EMAIL"))?;
            Ok(Condition::all()
                .add(Column::RecipientKey.eq(key))
                .add(Column::State.is_in([State::Sent, State::Bounced])))
        }
    }
}
