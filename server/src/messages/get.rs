//! `GetMessage`.

use guichet_proto::v1::{GetMessageRequest, GetMessageResponse};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::view;
use crate::{
    call::{Call, parse_id},
    error::Error,
    outbox::shown,
    store::outbox::{Column, Entity},
};

/// Returns a mail and its words, without the codes of its links.
pub async fn get_message(
    call: &Call<'_>,
    request: GetMessageRequest,
) -> Result<GetMessageResponse, Error> {
    let id = parse_id("message_id", &request.message_id)?;
    let db = &call.app.store.read;
    let mails = Entity::within(&call.scope()?).filter(Column::Id.eq(id));
    let row = mails.one(db).await?.ok_or(Error::NotFound)?;
    let words = shown::words(db, call.app, &row).await?;
    let (subject, text) = words.map_or_else(Default::default, |words| (words.subject, words.text));
    Ok(GetMessageResponse {
        message: Some(view::message(row)),
        subject,
        text,
    })
}
