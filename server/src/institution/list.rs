//! `ListInstitutions`.

use guichet_proto::v1::{ListInstitutionsRequest, ListInstitutionsResponse};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

use super::{fields, view};
use crate::{
    call::{Call, parse_id},
    error::Error,
    filter::{self, Pattern},
    pagination::{self, Cursor, Key, Page},
    store::{
        institution::{Column, Entity, Model},
        scope::Scope,
    },
};

/// What the list may be ordered by.
const COLUMNS: [(&str, Column); 3] = [
    ("display_name", Column::DisplayNameKey),
    ("create_time", Column::CreateTime),
    ("update_time", Column::UpdateTime),
];

/// `ListInstitutions`.
pub async fn list_institutions(
    call: &Call<'_>,
    request: ListInstitutionsRequest,
) -> Result<ListInstitutionsResponse, Error> {
    let db = &call.app.store.read;
    let size = pagination::size(request.page_size)?;
    let (column, order) = pagination::order(&request.order_by, &COLUMNS)?;
    let comparisons = filter::read(&request.filter, comparison)?;
    let query = query_id(call, &request)?;
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let mut page = Page::begin(master_key, caller, size, &request.page_token, query).await?;

    let mut all = Entity::within(&call.reading_scope()?);
    if !request.institution_id.is_empty() {
        let top = parse_id("institution_id", &request.institution_id)?;
        all = all.filter(Scope::Below(vec![top]).covers(Column::Id));
    }
    for comparison in comparisons {
        all = all.filter(comparison);
    }
    let all = all
        .order_by(column, order.clone())
        .order_by(Column::Id, order.clone());
    while let Some(step) = page.step() {
        let mut select = all.clone().limit(step.rows);
        if let Some(cursor) = step.after {
            select = select.filter(pagination::after(column, Column::Id, &order, cursor));
        }
        let rows = select.all(db).await?;
        let shown = view::institutions(db, &rows).await?;
        let rows = rows.iter().zip(shown).collect();
        page.add(rows, |(row, shown)| (cursor_of(column, row), shown));
    }
    let (institutions, next_page_token) = page.end()?;
    Ok(ListInstitutionsResponse {
        institutions,
        next_page_token,
    })
}

fn comparison(field: &str, value: String) -> Option<Condition> {
    let condition = match field {
        "display_name" => match value.into() {
            Pattern::Whole(name) => Column::DisplayNameKey.eq(fields::display_name_key(&name)),
            Pattern::Prefix(start) => {
                filter::starts_with(Column::DisplayNameKey, &fields::display_name_key(&start))
            }
        },
        "external_id" => Column::ExternalId.eq(value),
        "parent_id" => Column::ParentId.eq(Uuid::try_parse(&value).ok()?),
        _ => return None,
    };
    Some(Condition::all().add(condition))
}

/// What a page token is bound to: who asks, and what for.
fn query_id(call: &Call<'_>, request: &ListInstitutionsRequest) -> Result<Vec<u8>, Error> {
    let parts = (
        "institutions",
        call.caller.actor_id(),
        &request.institution_id,
        &request.filter,
        &request.order_by,
    );
    pagination::query(parts)
}

fn cursor_of(column: Column, last: &Model) -> Cursor {
    let key = match column {
        Column::CreateTime => Key::Time(last.create_time.0),
        Column::UpdateTime => Key::Time(last.update_time.0),
        _ => Key::Text(last.display_name_key.clone()),
    };
    Cursor { key, id: last.id }
}
