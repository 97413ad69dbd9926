//! `ExportAccountData`: everything held about a person (GDPR article 15), without hashes, codes and tokens.

use std::{sync::Arc, time::Duration};

use guichet_proto::v1::{ExportAccountDataRequest, ExportAccountDataResponse};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait, IntoIdentity, QueryFilter as _, Select,
    sea_query::IntoValueTuple,
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};
use uuid::Uuid;

use super::{row, view};
use crate::{
    app::App,
    call::Call,
    clock::Timestamp,
    error::Error,
    i18n::Locale,
    shares::Seat,
    store::{account, event, import_row, outbox, reset_request, session, totp},
};

/// Records read from the database at once.
const PAGE: u64 = 200;

/// Records that are read before the caller has taken the ones before them.
const AHEAD: usize = 16;

/// Exports of one caller at a time.
const MAX_OF_ONE: usize = 2;

/// Told to who finds no room.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// A caller that takes nothing for so long is told to come back.
const PATIENCE: Duration = Duration::from_mins(1);

/// `ExportAccountData`: whose data it is, if the caller may have it.
pub async fn export_account_data(
    call: &Call<'_>,
    request: ExportAccountDataRequest,
) -> Result<Export, Error> {
    let id = call.own_or_admin("account_id", &request.account_id)?;
    let seat = call
        .app
        .streams
        .exports
        .take(call.caller.actor_id(), MAX_OF_ONE);
    let retry_after = RETRY_AFTER;
    let seat = seat.ok_or(Error::Overloaded { retry_after })?;
    let account = row::find(&call.app.store.read, id).await?;
    Ok(Export {
        seat,
        account,
        locale: call.locale,
    })
}

/// An export that may begin.
pub struct Export {
    seat: Seat<Option<Uuid>>,
    account: account::Model,
    /// Language of what goes wrong on the way.
    pub locale: Locale,
}

/// One record, or why there are no more of them.
pub type Record = Result<ExportAccountDataResponse, Error>;

impl Export {
    /// The records, read as the caller takes them: of years of events no more than a page is in memory.
    pub fn records(self, app: Arc<App>) -> mpsc::Receiver<Record> {
        let Self { seat, account, .. } = self;
        let (records, taken) = mpsc::channel(AHEAD + 1);
        tokio::spawn(async move {
            // Naming it is what takes it along; it is held until the last record is on its way.
            let _seat = seat;
            // Room for one word more: what is cut short must not look whole, however full it is.
            let Ok(last) = records.clone().reserve_owned().await else {
                return;
            };
            let sections = Sections {
                app: &app,
                records: &records,
            };
            if let Err(Stop::Failed(error)) = sections.send(&account).await {
                tracing::warn!("an export was cut short: {error}");
                last.send(Err(error));
            }
        });
        taken
    }
}

/// Why an export ends before its end.
enum Stop {
    /// The caller has gone.
    Gone,
    Failed(Error),
}

impl From<sea_orm::DbErr> for Stop {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::Failed(cause.into())
    }
}

struct Sections<'a> {
    app: &'a App,
    records: &'a mpsc::Sender<Record>,
}

impl Sections<'_> {
    async fn send(&self, account: &account::Model) -> Result<(), Stop> {
        let id = account.id;
        self.send_record("account", &account_record(account))
            .await?;
        let totp = totp::Entity::find_by_id(id)
            .one(&self.app.store.read)
            .await?;
        if let Some(row) = totp {
            self.send_record("second_factor", &second_factor(&row))
                .await?;
        }

        let rows = session::Entity::find().filter(session::Column::AccountId.eq(id));
        self.send_rows("session", rows, session::Column::Id, |row| row.id, session)
            .await?;
        let rows = reset_request::Entity::find().filter(reset_request::Entity::about(account));
        let column = reset_request::Column::Id;
        self.send_rows("reset_request", rows, column, |row| row.id, reset_request)
            .await?;
        let rows = outbox::Entity::find().filter(outbox::Column::AccountId.eq(id));
        self.send_rows("message", rows, outbox::Column::Id, |row| row.id, message)
            .await?;
        let rows = import_row::Entity::find().filter(import_row::Column::AccountId.eq(id));
        let columns = (import_row::Column::ImportId, import_row::Column::Number);
        let key = |row: &import_row::Model| (row.import_id, row.number);
        self.send_rows("import", rows, columns, key, imported)
            .await?;
        let rows = event::Entity::find().filter(event::Column::AccountId.eq(id));
        self.send_rows("event", rows, event::Column::Id, |row| row.id, happened)
            .await
    }

    /// Sends rows in the order of `columns`, page by page; `key` is their values in a row.
    async fn send_rows<E: EntityTrait, K: IntoValueTuple>(
        &self,
        section: &str,
        rows: Select<E>,
        columns: impl IntoIdentity + Clone,
        key: impl Fn(&E::Model) -> K,
        record: impl Fn(&E::Model) -> Value,
    ) -> Result<(), Stop>
    where
        E::Model: Send + Sync,
    {
        let mut after = None;
        loop {
            let mut cursor = rows.clone().cursor_by(columns.clone());
            if let Some(after) = after {
                cursor.after(after);
            }
            let page = cursor.first(PAGE).all(&self.app.store.read).await?;
            after = page.last().map(&key);
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for row in page {
                self.send_record(section, &record(&row)).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn send_record(&self, section: &str, record: &Value) -> Result<(), Stop> {
        let record = ExportAccountDataResponse {
            section: section.to_owned(),
            json: record.to_string(),
        };
        let retry_after = RETRY_AFTER;
        let sent = timeout(PATIENCE, self.records.send(Ok(record))).await;
        sent.map_err(|_| Stop::Failed(Error::Overloaded { retry_after }))?
            .map_err(|_| Stop::Gone)
    }
}

/// RFC 3339.
fn time(time: Timestamp) -> String {
    time.to_proto().to_string()
}

fn account_record(account: &account::Model) -> Value {
    json!({
        "id": account.id.to_string(),
        "username": account.username,
        "email": account.email,
        "email_verified": account.email_verified,
        "display_name": account.display_name,
        "locale": account.locale,
        "state": view::account(account).state().as_str_name(),
        "institution_id": account.institution_id.map(|id| id.to_string()),
        "external_id": account.external_id,
        "roles": account.role_names(),
        "attributes": view::attributes(account),
        "create_time": time(account.create_time),
        "update_time": time(account.update_time),
        "last_login_time": account.last_login_time.map(time),
    })
}

fn second_factor(row: &totp::Model) -> Value {
    json!({
        "kind": "TOTP",
        "create_time": time(row.create_time),
        "confirm_time": row.confirm_time.map(time),
    })
}

fn session(row: &session::Model) -> Value {
    json!({
        "id": row.id.to_string(),
        "device_name": row.device_name,
        "client_address": row.client_address,
        "network": row.network,
        "create_time": time(row.create_time),
        "last_use_time": time(row.last_use_time),
        "expire_time": time(row.expire_time),
        "revoke_time": row.revoke_time.map(time),
        "revoke_reason": row.revoke_reason,
        "second_factor": row.second_factor,
    })
}

fn reset_request(row: &reset_request::Model) -> Value {
    json!({
        "id": row.id.to_string(),
        "identifier": row.identifier,
        "locale": row.locale,
        "return_url": row.return_url,
        "create_time": time(row.create_time),
        "decide_time": row.decide_time.map(time),
    })
}

fn message(row: &outbox::Model) -> Value {
    json!({
        "id": row.id.to_string(),
        "kind": row.kind,
        "recipient": row.recipient,
        "locale": row.locale,
        "create_time": time(row.create_time),
        "finish_time": row.finish_time.map(time),
        "bounce_time": row.bounce_time.map(time),
        "bounce_reason": row.bounce_reason,
    })
}

/// The rows of imports that were about the person, as far as they are kept, and what they replaced.
fn imported(row: &import_row::Model) -> Value {
    let before = row.before.as_deref();
    let before: Option<Value> = before.and_then(|text| serde_json::from_str(text).ok());
    json!({
        "import_id": row.import_id.to_string(),
        "row": row.number,
        "verdict": row.verdict.to_value(),
        "before": before.map(without_hash),
    })
}

fn without_hash(mut before: Value) -> Value {
    if let Some(parts) = before.as_object_mut() {
        parts.remove("password_hash");
    }
    before
}

fn happened(row: &event::Model) -> Value {
    json!({
        "id": row.id.to_string(),
        "type": row.kind,
        "time": time(row.time),
        "actor_id": row.actor_id.map(|id| id.to_string()),
        "attributes": serde_json::from_str::<Value>(&row.attributes).unwrap_or_default(),
        "network": row.network,
    })
}
