//! `ListMessages`.

use guichet_proto::v1::{ListMessagesRequest, ListMessagesResponse, MessageKind, MessageState};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::view;
use crate::{
    account::{email_address::EmailAddress, fields::Fields},
    call::Call,
    error::{Error, Violation},
    pagination::{self, Cursor, Key, Page},
    store::outbox::{Column, Entity, Model},
};

/// Lists mails, newest first.
pub async fn list_messages(
    call: &Call<'_>,
    request: ListMessagesRequest,
) -> Result<ListMessagesResponse, Error> {
    let size = pagination::size(request.page_size)?;
    let wanted = wanted(&request)?;
    let query = query_id(call, &request)?;
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let page = Page::begin(master_key, caller, size, &request.page_token, query).await?;

    // Ids are in the order of time.
    let all = Entity::within(&call.scope()?)
        .filter(wanted)
        .order_by_desc(Column::Id);
    let behind = |cursor: Cursor| Column::Id.lt(cursor.id);
    let show = |row: Model| (cursor_of(&row), view::message(row));
    let db = &call.app.store.read;
    let (messages, next_page_token) = page.read(db, all, behind, show).await?;
    Ok(ListMessagesResponse {
        messages,
        next_page_token,
    })
}

fn wanted(request: &ListMessagesRequest) -> Result<Condition, Error> {
    let mut fields = Fields::default();
    let mut wanted = Condition::all();
    let account = fields.optional_id("account_id", &request.account_id)?;
    wanted = wanted.add_option(account.map(about));
    if !request.recipient.is_empty() {
        let key = EmailAddress::lookup_key(&request.recipient);
        if key.is_none() {
            fields.refuse(Violation::new("recipient", "INVALID_EMAIL"));
        }
        wanted = wanted.add_option(key.map(|key| Column::RecipientKey.eq(key)));
    }
    match MessageState::try_from(request.state) {
        Ok(state) => {
            let state = view::stored_state(state);
            wanted = wanted.add_option(state.map(|state| Column::State.eq(state)));
        }
        Err(_) => fields.refuse(Violation::new("state", "UNKNOWN_VALUE")),
    }
    match MessageKind::try_from(request.kind) {
        Ok(kind) => {
            let kind = view::stored_kind(kind);
            wanted = wanted.add_option(kind.map(|kind| Column::Kind.eq(kind)));
        }
        Err(_) => fields.refuse(Violation::new("kind", "UNKNOWN_VALUE")),
    }
    let start = fields.moment("start_time", request.start_time);
    let end = fields.moment("end_time", request.end_time);
    fields.finish()?;
    Ok(wanted
        .add_option(start.map(|start| Column::CreateTime.gte(start)))
        .add_option(end.map(|end| Column::CreateTime.lt(end))))
}

/// A mail to several accounts names them in its subject.
fn about(account_id: Uuid) -> Condition {
    let among_several = Condition::all()
        .add(Column::AccountId.is_null())
        .add(Column::Subject.contains(account_id.to_string()));
    Condition::any()
        .add(Column::AccountId.eq(account_id))
        .add(among_several)
}

/// What a page token is bound to: who asks, and what for.
fn query_id(call: &Call<'_>, request: &ListMessagesRequest) -> Result<Vec<u8>, Error> {
    let time = |time: Option<prost_types::Timestamp>| time.map(|time| (time.seconds, time.nanos));
    let parts = (
        "messages",
        call.caller.actor_id(),
        &request.account_id,
        &request.recipient,
        request.state,
        request.kind,
        time(request.start_time),
        time(request.end_time),
    );
    pagination::query(parts)
}

const fn cursor_of(last: &Model) -> Cursor {
    Cursor {
        key: Key::Time(last.create_time.0),
        id: last.id,
    }
}
