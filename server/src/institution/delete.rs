//! `DeleteInstitution`.

use guichet_proto::v1::{DeleteInstitutionRequest, DeleteInstitutionResponse};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, SelectExt as _,
};
use serde_json::json;
use uuid::Uuid;

use super::row;
use crate::{
    call::{Call, parse_id},
    error::Error,
    event::{self, Subject},
    store::{
        account,
        institution::{Column, Entity},
        institution_ancestor as ancestor, institution_member as member,
    },
};

/// `DeleteInstitution`. Nothing goes with it: whoever deletes first says where its people belong.
pub async fn delete_institution(
    call: &Call<'_>,
    request: DeleteInstitutionRequest,
) -> Result<DeleteInstitutionResponse, Error> {
    let id = parse_id("institution_id", &request.institution_id)?;
    let txn = call.app.store.write().await?;
    ancestor::Entity::hold(&txn).await?;
    row::lock(&txn, &call.scope()?, id, &request.etag).await?;
    if !is_empty(&txn, id).await? {
        return Err(Error::State);
    }
    Entity::delete_by_id(id).exec(&txn).await?;
    event::append(
        &txn,
        call,
        "institution.deleted",
        Subject::institution(id),
        call.caller.actor_id(),
        json!({}),
    )
    .await?;
    txn.commit().await?;

    Ok(DeleteInstitutionResponse {})
}

async fn is_empty(txn: &impl ConnectionTrait, id: Uuid) -> Result<bool, Error> {
    let accounts = account::Entity::find().filter(account::Column::InstitutionId.eq(id));
    let children = Entity::find().filter(Column::ParentId.eq(id));
    let members = member::Entity::find().filter(member::Column::InstitutionId.eq(id));
    let taken =
        children.exists(txn).await? || members.exists(txn).await? || accounts.exists(txn).await?;
    Ok(!taken)
}
