//! `ListImportRows`.

use guichet_proto::v1::{
    ImportOutcome, ImportVerdict, ListImportRowsRequest, ListImportRowsResponse,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

use super::{job, view};
use crate::{
    call::Call,
    error::Error,
    i18n::Locale,
    pagination::{self, Cursor, Key, Page},
    store::import_row::{Column, Entity, Verdict},
};

/// What is shown of a row. What it replaced is long, and not shown.
type Row = (i64, Verdict, Option<Uuid>, String);

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
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let mut page = Page::begin(master_key, caller, size, &request.page_token, query).await?;

    let mut all = Entity::of(job.id)
        .select_only()
        .columns([
            Column::Number,
            Column::Verdict,
            Column::AccountId,
            Column::Faults,
        ])
        .order_by_asc(Column::Number);
    if let Some(verdict) = view::stored_verdict(verdict) {
        all = all.filter(Column::Verdict.eq(verdict));
    }
    while let Some(step) = page.step() {
        let mut select = all.clone().limit(step.rows);
        if let Some(Key::Number(last)) = step.after.map(|cursor| cursor.key) {
            select = select.filter(Column::Number.gt(last));
        }
        let rows = select.into_tuple().all(&call.app.store.read).await?;
        page.add(rows, |row: Row| {
            let key = Key::Number(row.0);
            (Cursor { key, id: job.id }, shown(row, call.locale))
        });
    }
    let (rows, next_page_token) = page.end()?;
    Ok(ListImportRowsResponse {
        rows,
        next_page_token,
    })
}

fn shown((number, verdict, account_id, faults): Row, locale: Locale) -> ImportOutcome {
    ImportOutcome {
        row_number: number,
        verdict: view::verdict(verdict).into(),
        account_id: account_id.map(|id| id.to_string()).unwrap_or_default(),
        faults: view::faults(&faults, locale),
    }
}
