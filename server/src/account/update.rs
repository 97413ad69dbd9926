//! `UpdateAccount`.

use guichet_proto::v1::{self, UpdateAccountRequest, UpdateAccountResponse};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{fields::Fields, row, view};
use crate::{
    call::{Call, parse_id},
    error::{Error, Violation},
    event,
    store::account::ActiveModel,
};

/// What people may change of themselves.
const OWN: [&str; 2] = ["display_name", "locale"];

/// Fields of an account that other calls, or nobody, may change.
const READ_ONLY: [&str; 9] = [
    "id",
    "email",
    "email_verified",
    "state",
    "institution_id",
    "create_time",
    "update_time",
    "last_login_time",
    "etag",
];

/// `UpdateAccount`.
pub async fn update_account(
    call: &Call<'_>,
    request: UpdateAccountRequest,
) -> Result<UpdateAccountResponse, Error> {
    let given = request
        .account
        .ok_or_else(|| Error::field("account", "REQUIRED"))?;
    let mut paths = request.update_mask.unwrap_or_default().paths;
    paths.sort();
    paths.dedup();
    let mut fields = Fields::default();
    let id = fields.part(parse_id("account.id", &given.id))?;
    if !call.caller.has_role("admin") {
        let own = id.is_none() || call.caller.account_id() == id;
        if !own || paths.iter().any(|path| !OWN.contains(&path.as_str())) {
            return Err(Error::Forbidden);
        }
    }
    let changes = changes(&mut fields, &given, &paths);
    fields.finish()?;
    let id = id.ok_or_else(|| Error::field("account.id", "REQUIRED"))?;

    let txn = call.app.store.write().await?;
    let before = row::lock(&txn, id).await?;
    if !given.etag.is_empty() && given.etag != view::etag(&before) {
        return Err(Error::EtagMismatch);
    }
    let account = row::save(&txn, &before, changes, call.now).await?;
    let about = json!({ "fields": paths });
    event::append(
        &txn,
        &call.app.clock,
        "account.updated",
        Some(id),
        call.caller.actor_id(),
        about,
    )
    .await?;
    txn.commit().await?;

    Ok(UpdateAccountResponse {
        account: Some(view::account(&account)),
    })
}

fn changes(fields: &mut Fields, given: &v1::Account, paths: &[String]) -> ActiveModel {
    let mut changes = ActiveModel::default();
    if paths.is_empty() {
        fields.refuse(Violation::new("update_mask", "REQUIRED"));
    }
    for path in paths {
        match path.as_str() {
            "username" => {
                if let Some(username) = fields.username("account.username", &given.username) {
                    changes.username = Set(username.as_str().to_owned());
                    changes.username_key = Set(username.key().to_owned());
                }
            }
            "display_name" => {
                changes.display_name =
                    Set(fields.display_name("account.display_name", &given.display_name));
            }
            "locale" => changes.locale = Set(fields.locale("account.locale", &given.locale)),
            "external_id" => {
                changes.external_id =
                    Set(fields.external_id("account.external_id", &given.external_id));
            }
            "roles" => changes.roles = Set(fields.roles("account.roles", &given.roles)),
            "attributes" => {
                changes.attributes =
                    Set(fields.attributes("account.attributes", &given.attributes));
            }
            path if READ_ONLY.contains(&path) => {
                fields.refuse(Violation::new("update_mask", "READ_ONLY"));
            }
            _ => fields.refuse(Violation::new("update_mask", "UNKNOWN_FIELD")),
        }
    }

    changes
}
