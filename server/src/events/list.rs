//! `ListEvents`.

use guichet_proto::v1::{ListEventsRequest, ListEventsResponse};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QueryOrder as _};

use super::{view, wanted::Wanted};
use crate::{
    account::fields::Fields,
    call::Call,
    error::Error,
    pagination::{self, Cursor, Key, Page},
    store::event::{Column, Entity, Model},
};

/// Lists events, newest first.
pub async fn list_events(
    call: &Call<'_>,
    request: ListEventsRequest,
) -> Result<ListEventsResponse, Error> {
    let size = pagination::size(request.page_size)?;
    let query = query_id(call, &request)?;
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let page = Page::begin(master_key, caller, size, &request.page_token, query).await?;

    // Ids are in the order of time.
    let all = Entity::within(&call.reading_scope()?)
        .filter(wanted(request)?)
        .order_by_desc(Column::Id);
    let behind = |cursor: Cursor| Column::Id.lt(cursor.id);
    let show = |row: Model| (cursor_of(&row), view::event(row));
    let db = &call.app.store.read;
    let (events, next_page_token) = page.read(db, all, behind, show).await?;
    Ok(ListEventsResponse {
        events,
        next_page_token,
    })
}

fn wanted(request: ListEventsRequest) -> Result<Condition, Error> {
    let mut fields = Fields::default();
    let wanted = Wanted::read(&mut fields, &request.account_id, request.types)?;
    let institution = fields.optional_id("institution_id", &request.institution_id)?;
    let start = fields.moment("start_time", request.start_time);
    let end = fields.moment("end_time", request.end_time);
    fields.finish()?;
    Ok(wanted
        .condition()
        .add_option(institution.map(|id| Column::InstitutionId.eq(id)))
        .add_option(start.map(|start| Column::Time.gte(start)))
        .add_option(end.map(|end| Column::Time.lt(end))))
}

/// What a page token is bound to: who asks, and what for.
fn query_id(call: &Call<'_>, request: &ListEventsRequest) -> Result<Vec<u8>, Error> {
    let time = |time: Option<prost_types::Timestamp>| time.map(|time| (time.seconds, time.nanos));
    let parts = (
        "events",
        call.caller.actor_id(),
        &request.account_id,
        &request.institution_id,
        &request.types,
        time(request.start_time),
        time(request.end_time),
    );
    pagination::query(parts)
}

const fn cursor_of(last: &Model) -> Cursor {
    Cursor {
        key: Key::Time(last.time.0),
        id: last.id,
    }
}
