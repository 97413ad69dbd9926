//! `ExportAccountData`: everything held about a person (GDPR article 15), without hashes, codes and tokens.

use guichet_proto::v1::{ExportAccountDataRequest, ExportAccountDataResponse};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait, QueryFilter as _, QueryOrder as _, Select,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{row, view};
use crate::{
    app::App,
    call::Call,
    clock::Timestamp,
    error::Error,
    store::{account, event, import_row, outbox, reset_request, session, totp},
};

/// `ExportAccountData`, one record an element.
pub async fn export_account_data(
    call: &Call<'_>,
    request: ExportAccountDataRequest,
) -> Result<Vec<ExportAccountDataResponse>, Error> {
    let id = call.own_or_admin("account_id", &request.account_id)?;
    let account = row::find(&call.app.store.read, id).await?;

    let sections = [
        ("account", vec![account_record(&account)]),
        ("second_factor", second_factors(call.app, id).await?),
        ("session", sessions(call.app, id).await?),
        ("reset_request", reset_requests(call.app, &account).await?),
        ("message", messages(call.app, id).await?),
        ("import", imports(call.app, id).await?),
        ("event", events(call.app, id).await?),
    ];
    let records = sections.into_iter().flat_map(|(section, records)| {
        records
            .into_iter()
            .map(move |record| ExportAccountDataResponse {
                section: section.to_owned(),
                json: record.to_string(),
            })
    });
    Ok(records.collect())
}

/// RFC 3339.
fn time(time: Timestamp) -> String {
    time.to_proto().to_string()
}

fn account_record(account: &account::Model) -> Value {
    json!({
        "id": account.id.to_string(),
        "username": account.username,
        "email": account.email,
        "email_verified": account.email_verified,
        "display_name": account.display_name,
        "locale": account.locale,
        "state": view::account(account).state().as_str_name(),
        "institution_id": account.institution_id.map(|id| id.to_string()),
        "external_id": account.external_id,
        "roles": account.role_names(),
        "attributes": view::attributes(account),
        "create_time": time(account.create_time),
        "update_time": time(account.update_time),
        "last_login_time": account.last_login_time.map(time),
    })
}

async fn records<E: EntityTrait>(
    app: &App,
    rows: Select<E>,
    record: impl Fn(E::Model) -> Value,
) -> Result<Vec<Value>, Error> {
    let rows = rows.all(&app.store.read).await?;
    Ok(rows.into_iter().map(record).collect())
}

async fn second_factors(app: &App, id: Uuid) -> Result<Vec<Value>, Error> {
    let record = |row: totp::Model| {
        json!({
            "kind": "TOTP",
            "create_time": time(row.create_time),
            "confirm_time": row.confirm_time.map(time),
        })
    };
    records(app, totp::Entity::find_by_id(id), record).await
}

async fn sessions(app: &App, id: Uuid) -> Result<Vec<Value>, Error> {
    let rows = session::Entity::find()
        .filter(session::Column::AccountId.eq(id))
        .order_by_asc(session::Column::Id);
    let record = |row: session::Model| {
        json!({
            "id": row.id.to_string(),
            "device_name": row.device_name,
            "client_address": row.client_address,
            "network": row.network,
            "create_time": time(row.create_time),
            "last_use_time": time(row.last_use_time),
            "expire_time": time(row.expire_time),
            "revoke_time": row.revoke_time.map(time),
            "revoke_reason": row.revoke_reason,
            "second_factor": row.second_factor,
        })
    };
    records(app, rows, record).await
}

async fn reset_requests(app: &App, account: &account::Model) -> Result<Vec<Value>, Error> {
    let keys = [
        Some(account.username_key.clone()),
        account.email_key.clone(),
    ];
    let rows = reset_request::Entity::find()
        .filter(reset_request::Column::IdentifierKey.is_in(keys.into_iter().flatten()))
        .order_by_asc(reset_request::Column::Id);
    let record = |row: reset_request::Model| {
        json!({
            "id": row.id.to_string(),
            "identifier": row.identifier,
            "locale": row.locale,
            "return_url": row.return_url,
            "create_time": time(row.create_time),
            "decide_time": row.decide_time.map(time),
        })
    };
    records(app, rows, record).await
}

async fn messages(app: &App, id: Uuid) -> Result<Vec<Value>, Error> {
    let rows = outbox::Entity::find()
        .filter(outbox::Column::AccountId.eq(id))
        .order_by_asc(outbox::Column::Id);
    let record = |row: outbox::Model| {
        json!({
            "id": row.id.to_string(),
            "kind": row.kind,
            "recipient": row.recipient,
            "locale": row.locale,
            "create_time": time(row.create_time),
            "finish_time": row.finish_time.map(time),
            "bounce_time": row.bounce_time.map(time),
            "bounce_reason": row.bounce_reason,
        })
    };
    records(app, rows, record).await
}

/// The rows of imports that were about the person, as far as they are kept, and what they replaced.
async fn imports(app: &App, id: Uuid) -> Result<Vec<Value>, Error> {
    let rows = import_row::Entity::find()
        .filter(import_row::Column::AccountId.eq(id))
        .order_by_asc(import_row::Column::ImportId);
    let record = |row: import_row::Model| {
        let before = row.before.as_deref();
        let before: Option<Value> = before.and_then(|text| serde_json::from_str(text).ok());
        json!({
            "import_id": row.import_id.to_string(),
            "row": row.number,
            "verdict": row.verdict.to_value(),
            "before": before.map(without_hash),
        })
    };
    records(app, rows, record).await
}

fn without_hash(mut before: Value) -> Value {
    if let Some(parts) = before.as_object_mut() {
        parts.remove("password_hash");
    }
    before
}

async fn events(app: &App, id: Uuid) -> Result<Vec<Value>, Error> {
    let rows = event::Entity::find()
        .filter(event::Column::AccountId.eq(id))
        .order_by_asc(event::Column::Id);
    let record = |row: event::Model| {
        json!({
            "id": row.id.to_string(),
            "type": row.kind,
            "time": time(row.time),
            "actor_id": row.actor_id.map(|id| id.to_string()),
            "attributes": serde_json::from_str::<Value>(&row.attributes).unwrap_or_default(),
            "network": row.network,
        })
    };
    records(app, rows, record).await
}
