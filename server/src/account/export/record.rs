//! What an export says of each row, without hashes, codes and tokens.

use sea_orm::ActiveEnum as _;
use serde_json::{Value, json};

use crate::{
    account::view,
    clock::Timestamp,
    store::{account, event, import_row, outbox, reset_request, session, totp},
};

pub(super) fn account_record(account: &account::Model) -> Value {
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

pub(super) fn second_factor(row: &totp::Model) -> Value {
    json!({
        "kind": "TOTP",
        "create_time": time(row.create_time),
        "confirm_time": row.confirm_time.map(time),
    })
}

pub(super) fn session(row: &session::Model) -> Value {
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
}

pub(super) fn reset_request(row: &reset_request::Model) -> Value {
    json!({
        "id": row.id.to_string(),
        "identifier": row.identifier,
        "locale": row.locale,
        "return_url": row.return_url,
        "create_time": time(row.create_time),
        "decide_time": row.decide_time.map(time),
    })
}

pub(super) fn message(row: &outbox::Model) -> Value {
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
}

/// The rows of imports that were about the person, as far as they are kept, and what they replaced.
pub(super) fn imported(row: &import_row::Model) -> Value {
    let before = row.before.as_deref();
    let before: Option<Value> = before.and_then(|text| serde_json::from_str(text).ok());
    json!({
        "import_id": row.import_id.to_string(),
        "row": row.number,
        "verdict": row.verdict.to_value(),
        "before": before.map(without_hash),
    })
}

fn without_hash(mut before: Value) -> Value {
    if let Some(parts) = before.as_object_mut() {
        parts.remove("password_hash");
    }
    before
}

pub(super) fn happened(row: &event::Model) -> Value {
    json!({
        "id": row.id.to_string(),
        "type": row.kind,
        "time": time(row.time),
        "actor_id": row.actor_id.map(|id| id.to_string()),
        "attributes": serde_json::from_str::<Value>(&row.attributes).unwrap_or_default(),
        "network": row.network,
    })
}

/// RFC 3339.
fn time(time: Timestamp) -> String {
    time.to_proto().to_string()
}
