//! `CreateInstitution`.

use guichet_proto::v1::{self, CreateInstitutionRequest, CreateInstitutionResponse};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, SelectExt as _,
};
use serde_json::json;

use super::{fields, row, view};
use crate::{
    account::{fields::Fields, first_reply::RequestId, row::conflict},
    call::Call,
    error::{Error, Violation},
    event::{self, Subject},
    store::{
        institution::{Column, Entity, Model},
        institution_ancestor as ancestor,
        scope::Scope,
    },
};

/// `CreateInstitution`.
pub async fn create_institution(
    call: &Call<'_>,
    request: CreateInstitutionRequest,
) -> Result<CreateInstitutionResponse, Error> {
    let validate_only = request.validate_only;
    let mut fields = Fields::default();
    let request_id = fields.part(request_id(call, &request))?.flatten();
    let request_id = request_id.filter(|_| !validate_only);
    let institution = read(call, fields, request)?;
    if let Some(reply) = first_reply(call, request_id.as_ref()).await? {
        return Ok(reply);
    }
    if validate_only {
        return check(call, &institution).await;
    }

    match write(call, institution, request_id.as_ref()).await {
        Ok(reply) => Ok(reply),
        // A repetition that ran at the same time was first.
        Err(error) => first_reply(call, request_id.as_ref()).await?.ok_or(error),
    }
}

fn request_id(
    call: &Call<'_>,
    request: &CreateInstitutionRequest,
) -> Result<Option<RequestId>, Error> {
    let mut asked = request.clone();
    let texts = asked.institution.as_mut();
    let texts = texts.map(|institution| std::mem::take(&mut institution.help_text));
    RequestId::read(
        call,
        &request.request_id,
        &asked,
        &texts.unwrap_or_default(),
    )
}

async fn first_reply(
    call: &Call<'_>,
    id: Option<&RequestId>,
) -> Result<Option<CreateInstitutionResponse>, Error> {
    match id {
        Some(id) => id.first_reply(&call.app.store.read, call.now).await,
        None => Ok(None),
    }
}

/// The institution that the request describes, every fault in it told at once.
fn read(
    call: &Call<'_>,
    mut faults: Fields,
    request: CreateInstitutionRequest,
) -> Result<Model, Error> {
    let given = request
        .institution
        .ok_or_else(|| Error::field("institution", "REQUIRED"))?;
    let parent_id = faults.optional_id("institution.parent_id", &given.parent_id)?;
    let institution = Model {
        id: call.app.clock.new_id(),
        parent_id,
        external_id: faults.external_id("institution.external_id", &given.external_id),
        display_name: fields::display_name(&mut faults, &given.display_name),
        display_name_key: fields::display_name_key(&given.display_name),
        locale: faults.locale("institution.locale", &given.locale),
        help_text: fields::help_text(&mut faults, &given.help_text),
        contact_email: fields::contact_email(&mut faults, &given.contact_email),
        application_url: fields::application_url(&mut faults, &given.application_url),
        create_time: call.now,
        update_time: call.now,
        version: 1,
        password_profile: None,
        password_min_length: None,
        password_history: None,
    };
    let asked = fields::password_rules(&mut faults, given.password_rules.as_ref());
    faults.finish()?;

    Ok(institution.asking_of_passwords(asked))
}

/// What would be created, if nothing is in the way.
async fn check(call: &Call<'_>, institution: &Model) -> Result<CreateInstitutionResponse, Error> {
    let db = &call.app.store.read;
    if let Some(external_id) = &institution.external_id {
        let same = Entity::find().filter(Column::ExternalId.eq(external_id));
        if same.exists(db).await? {
            return Err(Error::ExternalIdTaken);
        }
    }
    let mut effective = institution.settings();
    if let Some(parent_id) = institution.parent_id {
        row::find(db, &Scope::Everything, parent_id)
            .await
            .map_err(unknown_parent)?;
        let above = Entity::effective(db, &[parent_id])
            .await?
            .remove(&parent_id);
        effective = effective.below(above.unwrap_or_default());
    }
    let shown = v1::Institution {
        id: String::new(),
        etag: String::new(),
        ..view::message(institution, effective)
    };
    Ok(CreateInstitutionResponse {
        institution: Some(shown),
    })
}

/// A parent that isn't there is a wrong field, not a missing object.
pub(super) fn unknown_parent(error: Error) -> Error {
    match error {
        Error::NotFound => Error::InvalidFields(vec![Violation::new(
            "institution.parent_id",
            "UNKNOWN_INSTITUTION",
        )]),
        error => error,
    }
}

async fn write(
    call: &Call<'_>,
    institution: Model,
    request_id: Option<&RequestId>,
) -> Result<CreateInstitutionResponse, Error> {
    let txn = call.app.store.write().await?;
    ancestor::Entity::hold(&txn).await?;
    if let Some(parent_id) = institution.parent_id {
        row::keep(&txn, &Scope::Everything, parent_id)
            .await
            .map_err(unknown_parent)?;
    }
    let institution = institution
        .into_active_model()
        .reset_all()
        .insert(&txn)
        .await
        .map_err(conflict)?;
    ancestor::Entity::plant(&txn, institution.id, institution.parent_id).await?;
    event::append(
        &txn,
        call,
        "institution.created",
        Subject::institution(institution.id),
        call.caller.actor_id(),
        json!({}),
    )
    .await?;
    let reply = CreateInstitutionResponse {
        institution: Some(view::institution(&txn, &institution).await?),
    };
    if let Some(request_id) = request_id {
        request_id
            .keep(&txn, &reply, institution.id, call.now)
            .await?;
    }
    txn.commit().await?;

    Ok(reply)
}
