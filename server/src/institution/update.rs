//! `UpdateInstitution`.

use guichet_proto::v1::{self, UpdateInstitutionRequest, UpdateInstitutionResponse};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, QueryFilter as _, SelectExt as _,
};
use serde_json::json;
use uuid::Uuid;

use super::{create::unknown_parent, fields, row, view};
use crate::{
    account::fields::Fields,
    call::{Call, parse_id},
    error::{Error, Violation},
    event::{self, Subject},
    password::demands::Demands,
    store::{
        institution::{ActiveModel, Model},
        institution_ancestor as ancestor,
        scope::Scope,
    },
};

/// Where an institution stands, and how the system it came from knows it, is not its own people's to change.
const ADMIN_ONLY: [&str; 2] = ["parent_id", "external_id"];

const PASSWORD_RULES: &str = "password_rules";

/// Fields that nobody may change.
const READ_ONLY: [&str; 5] = ["id", "create_time", "update_time", "etag", "effective"];

/// `UpdateInstitution`.
pub async fn update_institution(
    call: &Call<'_>,
    request: UpdateInstitutionRequest,
) -> Result<UpdateInstitutionResponse, Error> {
    let given = request
        .institution
        .ok_or_else(|| Error::field("institution", "REQUIRED"))?;
    let mut paths = request.update_mask.unwrap_or_default().paths;
    paths.sort();
    paths.dedup();
    let mut faults = Fields::default();
    let id = faults.part(parse_id("institution.id", &given.id))?;
    let mut changes = changes(&mut faults, &given, &paths)?;
    let asked = paths.iter().any(|path| path == PASSWORD_RULES);
    let asked = asked.then(|| fields::password_rules(&mut faults, given.password_rules.as_ref()));
    faults.finish()?;
    let id = id.ok_or_else(|| Error::field("institution.id", "REQUIRED"))?;

    let scope = call.scope()?;
    let txn = call.app.store.write().await?;
    if changes.parent_id.is_set() {
        ancestor::Entity::hold(&txn).await?;
    }
    let before = row::lock(&txn, &scope, id, &given.etag).await?;
    if scope != Scope::Everything && is_for_admins(&paths, asked, &before) {
        return Err(Error::Forbidden);
    }
    if let Some(asked) = asked {
        changes.ask_of_passwords_as(&before.clone().asking_of_passwords(asked));
    }
    let parent_id = match &changes.parent_id {
        Set(parent_id) => *parent_id,
        _ => before.parent_id,
    };
    if parent_id != before.parent_id {
        check_place(&txn, id, parent_id).await?;
        ancestor::Entity::transplant(&txn, id, parent_id).await?;
    }
    let institution = row::save(&txn, &before, changes, call.now).await?;
    event::append(
        &txn,
        call,
        "institution.updated",
        Subject::institution(id),
        call.caller.actor_id(),
        json!({ "fields": paths }),
    )
    .await?;
    let shown = view::institution(&txn, &institution).await?;
    txn.commit().await?;

    Ok(UpdateInstitutionResponse {
        institution: Some(shown),
    })
}

/// Whether an institution's own people may not do this: what holds for them is not theirs to loosen either.
fn is_for_admins(paths: &[String], asked: Option<Demands>, before: &Model) -> bool {
    paths.iter().any(|path| ADMIN_ONLY.contains(&path.as_str()))
        || asked.is_some_and(|asked| !asked.covers(before.password_demands()))
}

fn changes(
    faults: &mut Fields,
    given: &v1::Institution,
    paths: &[String],
) -> Result<ActiveModel, Error> {
    let mut changes = ActiveModel::default();
    if paths.is_empty() {
        faults.refuse(Violation::new("update_mask", "REQUIRED"));
    }
    for path in paths {
        match path.as_str() {
            "external_id" => {
                changes.external_id =
                    Set(faults.external_id("institution.external_id", &given.external_id));
            }
            "display_name" => {
                changes.display_name = Set(fields::display_name(faults, &given.display_name));
                changes.display_name_key = Set(fields::display_name_key(&given.display_name));
            }
            "parent_id" => {
                changes.parent_id =
                    Set(faults.optional_id("institution.parent_id", &given.parent_id)?);
            }
            "locale" => changes.locale = Set(faults.locale("institution.locale", &given.locale)),
            "help_text" => changes.help_text = Set(fields::help_text(faults, &given.help_text)),
            "contact_email" => {
                changes.contact_email = Set(fields::contact_email(faults, &given.contact_email));
            }
            "application_url" => {
                changes.application_url =
                    Set(fields::application_url(faults, &given.application_url));
            }
            // Read by itself: who may change it depends on how.
            PASSWORD_RULES => {}
            path if READ_ONLY.contains(&path) => {
                faults.refuse(Violation::new("update_mask", "READ_ONLY"));
            }
            _ => faults.refuse(Violation::new("update_mask", "UNKNOWN_FIELD")),
        }
    }

    Ok(changes)
}

/// Refuses what is no institution, and a place below itself.
async fn check_place(
    txn: &impl ConnectionTrait,
    id: Uuid,
    parent_id: Option<Uuid>,
) -> Result<(), Error> {
    let Some(parent_id) = parent_id else {
        return Ok(());
    };
    row::keep(txn, &Scope::Everything, parent_id)
        .await
        .map_err(unknown_parent)?;
    let circle = ancestor::Entity::downwards(id)
        .filter(ancestor::Column::InstitutionId.eq(parent_id))
        .exists(txn)
        .await?;
    if circle { Err(Error::State) } else { Ok(()) }
}
