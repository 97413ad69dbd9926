//! `GetImport` and `ListImports`.

use guichet_proto::v1::{
    GetImportRequest, GetImportResponse, ImportState, ListImportsRequest, ListImportsResponse,
};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QueryOrder as _};

use super::{job, view};
use crate::{
    call::Call,
    error::Error,
    pagination::{self, Cursor, Key, Page},
    store::import::{Column, Entity, Model},
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
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let page = Page::begin(master_key, caller, size, &request.page_token, query).await?;

    // Ids are in the order of time.
    let all = Entity::begun_by(job::whose(call)?)
        .filter(wanted)
        .order_by_desc(Column::Id);
    let behind = |cursor: Cursor| Column::Id.lt(cursor.id);
    let show = |row: Model| (cursor_of(&row), view::import(&row));
    let db = &call.app.store.read;
    let (imports, next_page_token) = page.read(db, all, behind, show).await?;
    Ok(ListImportsResponse {
        imports,
        next_page_token,
    })
}

const fn cursor_of(last: &Model) -> Cursor {
    Cursor {
        key: Key::Time(last.create_time.0),
        id: last.id,
    }
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
