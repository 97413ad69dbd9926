//! `CreateApiKey`, `ListApiKeys`, `RevokeApiKey`: keys of systems.

use std::time::Duration;

use guichet_proto::v1::{
    ApiKey, CreateApiKeyRequest, CreateApiKeyResponse, ListApiKeysRequest, ListApiKeysResponse,
    RevokeApiKeyRequest, RevokeApiKeyResponse,
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use crate::{
    app::App,
    call::{Call, parse_duration, parse_id},
    error::{Error, Violation},
    event::{self, Subject},
    secret,
    store::api_key,
    text,
};

const MAX_NAME: usize = 200;

/// Longest life of a key that has an end.
const MAX_TTL: Duration = Duration::from_hours(10 * 366 * 24);

/// Makes an API key and shows it, this once.
pub async fn create_api_key(
    call: &Call<'_>,
    request: CreateApiKeyRequest,
) -> Result<CreateApiKeyResponse, Error> {
    let ttl = request
        .ttl
        .map(|ttl| parse_duration("ttl", ttl))
        .transpose()?;
    let by = (call, call.caller.actor_id());
    let (row, key) = make(call.app, by, &request.name, &request.role, ttl).await?;
    Ok(CreateApiKeyResponse {
        api_key: Some(view(row)),
        key,
    })
}

/// Lists the keys that are not revoked.
pub async fn list_api_keys(
    call: &Call<'_>,
    _request: ListApiKeysRequest,
) -> Result<ListApiKeysResponse, Error> {
    let rows = api_key::Entity::find()
        .filter(api_key::Column::RevokeTime.is_null())
        .order_by_desc(api_key::Column::Id)
        .all(&call.app.store.read)
        .await?;
    Ok(ListApiKeysResponse {
        api_keys: rows.into_iter().map(view).collect(),
    })
}

/// Revokes a key at once.
pub async fn revoke_api_key(
    call: &Call<'_>,
    request: RevokeApiKeyRequest,
) -> Result<RevokeApiKeyResponse, Error> {
    let id = parse_id("api_key_id", &request.api_key_id)?;
    let txn = call.app.store.write().await?;
    let row = api_key::Entity::find_by_id(id)
        .one(&txn)
        .await?
        .ok_or(Error::NotFound)?;
    if row.revoke_time.is_none() {
        let mut revoked = row.into_active_model();
        revoked.revoke_time = Set(Some(call.now));
        revoked.update(&txn).await?;
        let about = serde_json::json!({ "api_key_id": id });
        event::append(
            &txn,
            call,
            "api_key.revoked",
            Subject::default(),
            call.caller.actor_id(),
            about,
        )
        .await?;
    }
    txn.commit().await?;
    Ok(RevokeApiKeyResponse {})
}

/// Makes a key for an actor, whom the journal has come from where `witness` says; its text is returned and kept nowhere.
pub async fn make(
    app: &App,
    (witness, actor_id): (&impl event::Witness, Option<Uuid>),
    name: &str,
    role: &str,
    ttl: Option<Duration>,
) -> Result<(api_key::Model, String), Error> {
    check(name, role, ttl)?;
    let key = format!("{}{}", api_key::PREFIX, secret::code());
    let now = app.clock.now();
    let txn = app.store.write().await?;
    let row = api_key::ActiveModel {
        id: Set(app.clock.new_id()),
        name: Set(name.to_owned()),
        role: Set(role.to_owned()),
        key_hash: Set(secret::hash(&key)),
        create_time: Set(now),
        expire_time: Set(ttl.map(|ttl| now.plus(ttl))),
        revoke_time: Set(None),
    }
    .insert(&txn)
    .await?;
    let about = serde_json::json!({ "api_key_id": row.id, "role": role });
    event::append(
        &txn,
        witness,
        "api_key.created",
        Subject::default(),
        actor_id,
        about,
    )
    .await?;
    txn.commit().await?;
    Ok((row, key))
}

fn check(name: &str, role: &str, ttl: Option<Duration>) -> Result<(), Error> {
    let mut violations = Vec::new();
    if name.is_empty() {
        violations.push(Violation::new("name", "REQUIRED"));
    } else if name.chars().count() > MAX_NAME {
        violations.push(Violation::with_limit("name", "TOO_LONG", MAX_NAME));
    } else if name.contains(text::breaks_a_line) {
        violations.push(Violation::new("name", "FORBIDDEN_CHARACTER"));
    }
    if !["admin", "service"].contains(&role) {
        violations.push(Violation::new("role", "UNKNOWN_ROLE"));
    }
    if ttl.is_some_and(|ttl| ttl.is_zero() || ttl > MAX_TTL) {
        violations.push(Violation::new("ttl", "OUT_OF_RANGE"));
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Error::InvalidFields(violations))
    }
}

fn view(row: api_key::Model) -> ApiKey {
    ApiKey {
        id: row.id.to_string(),
        name: row.name,
        role: row.role,
        create_time: Some(row.create_time.to_proto()),
        expire_time: row.expire_time.map(crate::clock::Timestamp::to_proto),
    }
}
