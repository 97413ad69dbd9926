//! `GetInstitution`.

use guichet_proto::v1::{GetInstitutionRequest, GetInstitutionResponse};

use super::{row, view};
use crate::{
    call::{Call, parse_id},
    error::Error,
};

/// `GetInstitution`.
pub async fn get_institution(
    call: &Call<'_>,
    request: GetInstitutionRequest,
) -> Result<GetInstitutionResponse, Error> {
    let id = parse_id("institution_id", &request.institution_id)?;
    let db = &call.app.store.read;
    let institution = row::find(db, &call.reading_scope()?, id).await?;

    Ok(GetInstitutionResponse {
        institution: Some(view::institution(db, &institution).await?),
    })
}
