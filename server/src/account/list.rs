//! `ListAccounts`.

use guichet_proto::v1::{ListAccountsRequest, ListAccountsResponse};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Value,
};

use super::{filter, view};
use crate::{
    call::{Call, parse_id},
    error::Error,
    pagination::{self, Cursor, Key},
    store::account::{Column, Entity, Model},
};

/// `ListAccounts`.
pub async fn list_accounts(
    call: &Call<'_>,
    request: ListAccountsRequest,
) -> Result<ListAccountsResponse, Error> {
    let size = pagination::size(request.page_size)?;
    let (column, order) = order(&request.order_by)?;
    let condition = filter::condition(&request.filter)?;
    let query = query_id(call, &request)?;
    let cursor = pagination::open(&call.app.master_key, &request.page_token, &query)?;

    let mut select = Entity::find().filter(condition);
    if !request.institution_id.is_empty() {
        let institution = parse_id("institution_id", &request.institution_id)?;
        select = select.filter(Column::InstitutionId.eq(institution));
    }
    if let Some(cursor) = cursor {
        select = select.filter(after(column, &order, cursor));
    }
    // One row more tells whether there is another page.
    let rows = select
        .order_by(column, order.clone())
        .order_by(Column::Id, order)
        .limit(size + 1);
    let mut accounts = rows.all(&call.app.store.read).await?;

    let mut next_page_token = String::new();
    if accounts.len() as u64 > size {
        accounts.pop();
        if let Some(last) = accounts.last() {
            next_page_token =
                pagination::seal(&call.app.master_key, &cursor_of(column, last), &query)?;
        }
    }
    Ok(ListAccountsResponse {
        accounts: accounts.iter().map(view::account).collect(),
        next_page_token,
    })
}

fn order(order_by: &str) -> Result<(Column, Order), Error> {
    let mut words = order_by.split_whitespace();
    let column = match words.next() {
        None | Some("username") => Column::UsernameKey,
        Some("create_time") => Column::CreateTime,
        Some("update_time") => Column::UpdateTime,
        Some(_) => return Err(Error::field("order_by", "INVALID_ORDER")),
    };
    match (words.next(), words.next()) {
        (None, _) => Ok((column, Order::Asc)),
        (Some("desc"), None) => Ok((column, Order::Desc)),
        _ => Err(Error::field("order_by", "INVALID_ORDER")),
    }
}

/// What a page token is bound to: who asks, and what for.
fn query_id(call: &Call<'_>, request: &ListAccountsRequest) -> Result<Vec<u8>, Error> {
    let parts = (
        call.caller.actor_id(),
        &request.institution_id,
        &request.filter,
        &request.order_by,
    );
    serde_json::to_vec(&parts).map_err(|cause| Error::Internal(cause.into()))
}

fn cursor_of(column: Column, last: &Model) -> Cursor {
    let key = match column {
        Column::CreateTime => Key::Time(last.create_time.0),
        Column::UpdateTime => Key::Time(last.update_time.0),
        _ => Key::Text(last.username_key.clone()),
    };
    Cursor { key, id: last.id }
}

/// The rows behind the cursor, in the order of the list.
fn after(column: Column, order: &Order, cursor: Cursor) -> Condition {
    let key: Value = match cursor.key {
        Key::Text(text) => text.into(),
        Key::Time(time) => time.into(),
    };
    let (beyond, id_beyond) = match order {
        Order::Desc => (column.lt(key.clone()), Column::Id.lt(cursor.id)),
        _ => (column.gt(key.clone()), Column::Id.gt(cursor.id)),
    };
    Condition::any()
        .add(beyond)
        .add(Condition::all().add(column.eq(key)).add(id_beyond))
}
