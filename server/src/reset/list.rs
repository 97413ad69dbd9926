//! `ListResetRequests`: why did no mail come?

use std::collections::HashSet;

use guichet_proto::v1::{
    ListResetRequestsRequest, ListResetRequestsResponse, ResetOutcome, ResetRequest,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{decide::Decision, trace::Trace};
use crate::{
    call::{Call, parse_id},
    error::Error,
    pagination::{self, Cursor, Key, Page},
    store::{
        account,
        reset_request::{self, Kind},
        scope::Scope,
    },
};

/// Keeps this list's page tokens from being taken by another list.
const LIST: &[u8] = b"reset requests of ";

/// Lists requests and what became of them, newest first.
pub async fn list_reset_requests(
    call: &Call<'_>,
    request: ListResetRequestsRequest,
) -> Result<ListResetRequestsResponse, Error> {
    let size = pagination::size(request.page_size)?;
    let scope = call.scope()?;
    let mut all = reset_request::Entity::within(&scope).order_by_desc(reset_request::Column::Id);
    if !request.account_id.is_empty() {
        let account_id = parse_id("account_id", &request.account_id)?;
        all = all.filter(reset_request::Column::Decisions.contains(account_id.to_string()));
    }
    // A token is good for the same list only.
    let caller = call.caller.actor_id();
    let of = caller.unwrap_or_default();
    let list = [LIST, request.account_id.as_bytes(), of.as_bytes()].concat();
    let master_key = &call.app.master_key;
    let mut page = Page::begin(master_key, caller, size, &request.page_token, list).await?;
    while let Some(step) = page.step() {
        let mut select = all.clone().limit(step.rows);
        if let Some(after) = step.after {
            select = select.filter(reset_request::Column::Id.lt(after.id));
        }
        let rows = select.all(&call.app.store.read).await?;
        let cursors: Vec<Cursor> = rows.iter().map(cursor_of).collect();
        let shown = in_scope(&call.app.store.read, &scope, rows).await?;
        page.add(cursors.into_iter().zip(shown).collect(), |row| row);
    }
    let (requests, next_page_token) = page.end()?;
    Ok(ListResetRequestsResponse {
        requests,
        next_page_token,
    })
}

const fn cursor_of(last: &reset_request::Model) -> Cursor {
    Cursor {
        key: Key::Time(last.create_time.0),
        id: last.id,
    }
}

/// The requests, each with the decisions about accounts in scope: people who share an address need not share a school.
async fn in_scope(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rows: Vec<reset_request::Model>,
) -> Result<Vec<ResetRequest>, Error> {
    let trace = Trace::of(db, &rows).await?;
    let mut requests: Vec<(reset_request::Model, Vec<Decision>)> = rows
        .into_iter()
        .map(|row| {
            let decisions = decisions(&row);
            (row, decisions)
        })
        .collect();
    if *scope != Scope::Everything {
        let decided = requests.iter().flat_map(|(_, decisions)| decisions);
        let named = decided.filter_map(|decision| decision.account_id);
        let own: Vec<Uuid> = account::Entity::within(scope)
            .select_only()
            .column(account::Column::Id)
            .filter(account::Column::Id.is_in(named.collect::<HashSet<_>>()))
            .into_tuple()
            .all(db)
            .await?;
        let own: HashSet<Uuid> = own.into_iter().collect();
        for (_, decisions) in &mut requests {
            decisions.retain(|one| one.account_id.is_some_and(|id| own.contains(&id)));
        }
    }

    let shown = requests.into_iter();
    Ok(shown
        .map(|(row, decisions)| view(&trace, row, &decisions))
        .collect())
}

fn decisions(row: &reset_request::Model) -> Vec<Decision> {
    if row.decide_time.is_some() {
        serde_json::from_str(&row.decisions).unwrap_or_default()
    } else {
        vec![Decision {
            account_id: None,
            outcome: ResetOutcome::Queued.as_str_name().to_owned(),
        }]
    }
}

fn view(trace: &Trace, row: reset_request::Model, decisions: &[Decision]) -> ResetRequest {
    ResetRequest {
        id: row.id.to_string(),
        identifier: row.identifier,
        usernames_only: row.kind == Kind::Usernames,
        create_time: Some(row.create_time.to_proto()),
        decisions: decisions
            .iter()
            .map(|decision| trace.tell(row.id, decision))
            .collect(),
    }
}
