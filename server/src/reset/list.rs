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
    pagination::{self, Cursor, Key},
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
    let mut query = reset_request::Entity::within(&scope).order_by_desc(reset_request::Column::Id);
    if !request.account_id.is_empty() {
        let account_id = parse_id("account_id", &request.account_id)?;
        query = query.filter(reset_request::Column::Decisions.contains(account_id.to_string()));
    }
    let master_key = &call.app.master_key;
    // A token is good for the same list only.
    let caller = call.caller.actor_id().unwrap_or_default();
    let list = [LIST, request.account_id.as_bytes(), caller.as_bytes()].concat();
    if let Some(after) = pagination::open(master_key, &request.page_token, &list)? {
        query = query.filter(reset_request::Column::Id.lt(after.id));
    }
    let rows = query.limit(size + 1).all(&call.app.store.read).await?;
    let (rows, next_page_token) = pagination::cut(master_key, rows, size, &list, |last| Cursor {
        key: Key::Time(last.create_time.0),
        id: last.id,
    })?;
    Ok(ListResetRequestsResponse {
        requests: in_scope(&call.app.store.read, &scope, rows).await?,
        next_page_token,
    })
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
        let own: HashSet<Uuid> = account::Entity::within(scope)
            .filter(account::Column::Id.is_in(named.collect::<HashSet<_>>()))
            .all(db)
            .await?
            .into_iter()
            .map(|account| account.id)
            .collect();
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
