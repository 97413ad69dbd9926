//! `GetImport` and `ListImports`.

use guichet_proto::v1::{
    GetImportRequest, GetImportResponse, ImportState, ListImportsRequest, ListImportsResponse,
};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{job, view};
use crate::{
    call::Call,
    error::Error,
    pagination::{self, Cursor, Key},
    store::import::{Column, Entity},
};

/// `GetImport`.
pub async fn get_import(
    call: &Call<'_>,
    request: GetImportRequest,
) -> Result<GetImportResponse, Error> {
    let found = job::find(call, "import_id", &request.import_id).await?;
    Ok(GetImportResponse {
        import: Some(view::import(&found)),
    })
}

/// `ListImports`.
pub async fn list_imports(
    call: &Call<'_>,
    request: ListImportsRequest,
) -> Result<ListImportsResponse, Error> {
    let size = pagination::size(request.page_size)?;
    let wanted = wanted(&request)?;
    let parts = (
        "imports",
        call.caller.actor_id(),
        &request.source,
        &request.fingerprint,
        request.state,
    );
    let query = pagination::query(parts)?;
    let cursor = pagination::open(&call.app.master_key, &request.page_token, &query)?;

    let mut select = Entity::begun_by(job::whose(call)?).filter(wanted);
    if let Some(cursor) = cursor {
        select = select.filter(Column::Id.lt(cursor.id));
    }
    // Ids are in the order of time.
    let rows = select.order_by_desc(Column::Id).limit(size + 1);
    let rows = rows.all(&call.app.store.read).await?;
    let (rows, next_page_token) =
        pagination::cut(&call.app.master_key, rows, size, &query, |last| Cursor {
            key: Key::Time(last.create_time.0),
            id: last.id,
        })?;
    Ok(ListImportsResponse {
        imports: rows.iter().map(view::import).collect(),
        next_page_token,
    })
}

fn wanted(request: &ListImportsRequest) -> Result<Condition, Error> {
    let mut wanted = Condition::all();
    for (field, column, text) in [
        ("source", Column::Source, &request.source),
        ("fingerprint", Column::Fingerprint, &request.fingerprint),
    ] {
        if text.contains('\0') {
            return Err(Error::field(field, "FORBIDDEN_CHARACTER"));
        }
        if !text.is_empty() {
            wanted = wanted.add(column.eq(text));
        }
    }
    let state =
        ImportState::try_from(request.state).map_err(|_| Error::field("state", "UNKNOWN_VALUE"))?;
    Ok(wanted.add_option(view::stored_state(state).map(|state| Column::State.eq(state))))
}
