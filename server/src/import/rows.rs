//! `ListImportRows`.

use guichet_proto::v1::{
    ImportOutcome, ImportVerdict, ListImportRowsRequest, ListImportRowsResponse,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{job, view};
use crate::{
    call::Call,
    error::Error,
    i18n::Locale,
    pagination::{self, Cursor, Key},
    store::import_row::{Column, Entity, Model},
};

/// `ListImportRows`.
pub async fn list_import_rows(
    call: &Call<'_>,
    request: ListImportRowsRequest,
) -> Result<ListImportRowsResponse, Error> {
    let size = pagination::size(request.page_size)?;
    let verdict = ImportVerdict::try_from(request.verdict)
        .map_err(|_| Error::field("verdict", "UNKNOWN_VALUE"))?;
    let job = job::find(call, "import_id", &request.import_id).await?;
    let parts = (
        "import rows",
        call.caller.actor_id(),
        job.id,
        request.verdict,
    );
    let query = pagination::query(parts)?;
    let cursor = pagination::open(&call.app.master_key, &request.page_token, &query)?;

    let mut select = Entity::of(job.id);
    if let Some(verdict) = view::stored_verdict(verdict) {
        select = select.filter(Column::Verdict.eq(verdict));
    }
    if let Some(Key::Number(last)) = cursor.map(|cursor| cursor.key) {
        select = select.filter(Column::Number.gt(last));
    }
    let rows = select.order_by_asc(Column::Number).limit(size + 1);
    let rows = rows.all(&call.app.store.read).await?;
    let (rows, next_page_token) =
        pagination::cut(&call.app.master_key, rows, size, &query, |last| Cursor {
            key: Key::Number(last.number),
            id: job.id,
        })?;
    Ok(ListImportRowsResponse {
        rows: rows.iter().map(|row| shown(row, call.locale)).collect(),
        next_page_token,
    })
}

fn shown(row: &Model, locale: Locale) -> ImportOutcome {
    ImportOutcome {
        row_number: row.number,
        verdict: view::verdict(row.verdict).into(),
        account_id: row.account_id.map(|id| id.to_string()).unwrap_or_default(),
        faults: view::faults(&row.faults, locale),
    }
}
