//! `ListAccounts`.

use guichet_proto::v1::{ListAccountsRequest, ListAccountsResponse};
use sea_orm::{QueryFilter as _, QueryOrder as _};

use super::{filter, view};
use crate::{
    call::{Call, parse_id},
    error::Error,
    pagination::{self, Cursor, Key, Page},
    store::{
        account::{Column, Entity, Model},
        scope::Scope,
    },
};

/// What the list may be ordered by.
const COLUMNS: [(&str, Column); 3] = [
    ("username", Column::UsernameKey),
    ("create_time", Column::CreateTime),
    ("update_time", Column::UpdateTime),
];

/// `ListAccounts`.
pub async fn list_accounts(
    call: &Call<'_>,
    request: ListAccountsRequest,
) -> Result<ListAccountsResponse, Error> {
    let size = pagination::size(request.page_size)?;
    let (column, order) = pagination::order(&request.order_by, &COLUMNS)?;
    let condition = filter::condition(&request.filter)?;
    let query = query_id(call, &request)?;
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let page = Page::begin(master_key, caller, size, &request.page_token, query).await?;

    let mut all = Entity::within(&call.reading_scope()?).filter(condition);
    if !request.institution_id.is_empty() {
        let top = parse_id("institution_id", &request.institution_id)?;
        all = all.filter(Scope::Below(vec![top]).covers(Column::InstitutionId));
    }
    let all = all
        .order_by(column, order.clone())
        .order_by(Column::Id, order.clone());
    let behind = |cursor| pagination::after(column, Column::Id, &order, cursor);
    let show = |row: Model| (cursor_of(column, &row), view::account(&row));
    let db = &call.app.store.read;
    let (accounts, next_page_token) = page.read(db, all, behind, show).await?;
    Ok(ListAccountsResponse {
        accounts,
        next_page_token,
    })
}

/// What a page token is bound to: who asks, and what for.
fn query_id(call: &Call<'_>, request: &ListAccountsRequest) -> Result<Vec<u8>, Error> {
    let parts = (
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
        _ => Key::Text(last.username_key.clone()),
    };
    Cursor { key, id: last.id }
}
