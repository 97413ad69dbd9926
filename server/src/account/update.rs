//! `UpdateAccount`.

use guichet_proto::v1::{self, UpdateAccountRequest, UpdateAccountResponse};
use sea_orm::{ActiveValue::Set, ConnectionTrait, Iterable as _, ModelTrait as _};
use serde_json::json;
use uuid::Uuid;

use super::{affiliation, fields::Fields, row, search, view};
use crate::{
    call::{Call, parse_id},
    error::{Error, Violation},
    event,
    institution::membership,
    outbox::{self, Cause},
    store::account::{ActiveModel, Column, Model, State},
};

/// What people may change of themselves.
const OWN: [&str; 2] = ["display_name", "locale"];

/// Fields of an account that other calls, or nobody, may change.
const READ_ONLY: [&str; 8] = [
    "id",
    "email",
    "email_verified",
    "state",
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
    let own = id.is_none() || call.caller.account_id() == id;
    let own = own && paths.iter().all(|path| OWN.contains(&path.as_str()));
    let names = |field| paths.iter().any(|path| path == field);
    if !own {
        call.scope()?;
    }
    if names("roles") && !call.caller.has_role("admin") {
        return Err(Error::Forbidden);
    }
    let changes = changes(&mut fields, &given, &paths)?;
    fields.finish()?;
    let id = id.ok_or_else(|| Error::field("account.id", "REQUIRED"))?;

    let change = Change {
        id,
        own,
        etag: &given.etag,
        paths: &paths,
        values: changes,
    };
    let account = if let Some(account) = change.finds_nothing_to_do(call).await? {
        account
    } else {
        change.write(call).await?
    };

    Ok(UpdateAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// What is asked for, once it is known to be good.
struct Change<'a> {
    id: Uuid,
    /// Whether it is one that people may make of themselves.
    own: bool,
    etag: &'a str,
    paths: &'a [String],
    values: ActiveModel,
}

impl Change<'_> {
    /// The caller's own account, if it is as it is wanted already: that writes nothing, and waits for nobody who does.
    async fn finds_nothing_to_do(&self, call: &Call<'_>) -> Result<Option<Model>, Error> {
        if !self.own {
            return Ok(None);
        }
        let account = row::find(&call.app.store.read, self.id).await?;
        self.check_etag(&account)?;
        let is_as_wanted = Column::iter().all(|column| {
            match sea_orm::ActiveModelTrait::get(&self.values, column) {
                Set(value) => value == account.get(column),
                _ => true,
            }
        });
        Ok(is_as_wanted.then_some(account))
    }

    fn check_etag(&self, account: &Model) -> Result<(), Error> {
        if self.etag.is_empty() || self.etag == view::etag(account) {
            Ok(())
        } else {
            Err(Error::EtagMismatch)
        }
    }

    async fn write(self, call: &Call<'_>) -> Result<Model, Error> {
        let names = |field| self.paths.iter().any(|path| path == field);
        let txn = call.app.store.write().await?;
        let before = if self.own {
            row::lock(&txn, self.id).await?
        } else {
            row::lock_in_scope(&txn, call, self.id).await?
        };
        self.check_etag(&before)?;
        if names("institution_id") {
            let wanted = self.values.institution_id.clone().take().flatten();
            affiliation::check(&txn, call, wanted).await?;
        }
        let account = row::save(&txn, &before, self.values, call.now).await?;
        if names("roles") {
            membership::follow_roles(&txn, call, &account).await?;
        }
        let account = leave(&txn, call, &before, account).await?;
        tell_username(&txn, call, &before, &account).await?;
        let about = json!({ "fields": self.paths });
        let actor = call.caller.actor_id();
        event::append(&txn, call, "account.updated", &account, actor, about).await?;
        txn.commit().await?;
        call.app.wake.send_replace(());
        Ok(account)
    }
}

/// Who signs in with a name must know that it is another one now (ASVS 5.0, 6.3.7).
async fn tell_username(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    before: &Model,
    after: &Model,
) -> Result<(), Error> {
    match &after.email {
        Some(email) if after.username != before.username && before.state == State::Active => {
            let before = before.username.clone();
            let cause = Cause::UsernameChanged { before };
            outbox::enqueue(txn, call.app, cause, after, email).await
        }
        _ => Ok(()),
    }
}

/// Who goes to another institution no longer acts for the one that they leave.
async fn leave(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    before: &Model,
    after: Model,
) -> Result<Model, Error> {
    match before.institution_id {
        Some(left) if after.institution_id != before.institution_id => {
            membership::end(txn, call, left, &after).await?;
            row::find(txn, after.id).await
        }
        _ => Ok(after),
    }
}

fn changes(
    fields: &mut Fields,
    given: &v1::Account,
    paths: &[String],
) -> Result<ActiveModel, Error> {
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
                changes.name_key = Set(search::name_key(&given.display_name));
            }
            "locale" => changes.locale = Set(fields.locale("account.locale", &given.locale)),
            "institution_id" => {
                changes.institution_id =
                    Set(fields.optional_id("account.institution_id", &given.institution_id)?);
            }
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

    Ok(changes)
}
