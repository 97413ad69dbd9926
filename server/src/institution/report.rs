//! `GetMigrationReport`: how far has each institution come?

use std::collections::HashMap;

use guichet_proto::v1::{
    GetMigrationReportRequest, GetMigrationReportResponse, MigrationCounts,
    get_migration_report_response::Row,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::row;
use crate::{
    call::{Call, parse_id},
    error::Error,
    pagination::{self, Cursor, Key, Page},
    store::{
        account::{self, State},
        institution::{Column, Entity, Model},
        scope::Scope,
    },
};

/// `GetMigrationReport`.
pub async fn get_migration_report(
    call: &Call<'_>,
    request: GetMigrationReportRequest,
) -> Result<GetMigrationReportResponse, Error> {
    let db = &call.app.store.read;
    let size = pagination::size(request.page_size)?;
    let scope = about(call, db, &request.institution_id).await?;
    let query = (b"report", call.caller.actor_id(), &request.institution_id);
    let query = pagination::query(query)?;
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let mut page = Page::begin(master_key, caller, size, &request.page_token, query).await?;
    let total = if request.page_token.is_empty() {
        Some(sum(db, &scope).await?)
    } else {
        None
    };

    let (column, second) = (Column::DisplayNameKey, Column::Id);
    let all = Entity::within(&scope)
        .order_by_asc(column)
        .order_by_asc(second);
    while let Some(step) = page.step() {
        let mut select = all.clone().limit(step.rows);
        if let Some(cursor) = step.after {
            select = select.filter(pagination::after(column, second, &Order::Asc, cursor));
        }
        let rows = select.all(db).await?;
        let counted = count(db, &rows).await?;
        let rows = rows.iter().zip(counted).collect();
        page.add(rows, |(row, counted)| (cursor_of(row), counted));
    }
    let (rows, next_page_token) = page.end()?;
    Ok(GetMigrationReportResponse {
        rows,
        next_page_token,
        total,
    })
}

fn cursor_of(last: &Model) -> Cursor {
    Cursor {
        key: Key::Text(last.display_name_key.clone()),
        id: last.id,
    }
}

/// What a list of the desk is about: an institution that is named must be in reach.
pub(super) async fn about(
    call: &Call<'_>,
    db: &impl ConnectionTrait,
    institution_id: &str,
) -> Result<Scope, Error> {
    let scope = call.scope()?;
    if institution_id.is_empty() {
        return Ok(scope);
    }
    let id = parse_id("institution_id", institution_id)?;
    row::find(db, &scope, id).await?;
    Ok(Scope::Below(vec![id]))
}

/// The institutions' own accounts.
async fn count(db: &impl ConnectionTrait, institutions: &[Model]) -> Result<Vec<Row>, Error> {
    let ids = institutions.iter().map(|institution| institution.id);
    let groups: Vec<(Uuid, State, i64, i64)> = account::Entity::find()
        .select_only()
        .column(account::Column::InstitutionId)
        .column(account::Column::State)
        .column_as(account::Column::State.count(), "n_all")
        .column_as(account::Column::EmailKey.count(), "n_with_email")
        .filter(account::Column::InstitutionId.is_in(ids))
        .group_by(account::Column::InstitutionId)
        .group_by(account::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts: HashMap<Uuid, MigrationCounts> = HashMap::new();
    for (id, state, n_all, n_with_email) in groups {
        add(counts.entry(id).or_default(), state, n_all, n_with_email);
    }

    let rows = institutions.iter().map(|institution| Row {
        institution_id: institution.id.to_string(),
        parent_id: institution
            .parent_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        external_id: institution.external_id.clone().unwrap_or_default(),
        display_name: institution.display_name.clone(),
        counts: Some(counts.remove(&institution.id).unwrap_or_default()),
    });
    Ok(rows.collect())
}

/// All the accounts in scope that belong to an institution.
async fn sum(db: &impl ConnectionTrait, scope: &Scope) -> Result<MigrationCounts, Error> {
    let groups: Vec<(State, i64, i64)> = account::Entity::within(scope)
        .select_only()
        .column(account::Column::State)
        .column_as(account::Column::State.count(), "n_all")
        .column_as(account::Column::EmailKey.count(), "n_with_email")
        .filter(account::Column::InstitutionId.is_not_null())
        .group_by(account::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts = MigrationCounts::default();
    for (state, n_all, n_with_email) in groups {
        add(&mut counts, state, n_all, n_with_email);
    }
    Ok(counts)
}

fn add(counts: &mut MigrationCounts, state: State, n_all: i64, n_with_email: i64) {
    let kind = match state {
        State::Legacy => &mut counts.legacy,
        State::Pending => &mut counts.pending,
        State::Active => &mut counts.active,
        State::Disabled => &mut counts.disabled,
        State::Deleted => return,
    };
    *kind += n_all;
    counts.without_email += n_all - n_with_email;
}
