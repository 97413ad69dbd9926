//! `ExportAccountData`: everything held about a person (GDPR article 15), without hashes, codes and tokens.

mod record;

use std::{sync::Arc, time::Duration};

use guichet_proto::v1::{ExportAccountDataRequest, ExportAccountDataResponse};
use sea_orm::{
    ColumnTrait as _, EntityTrait, IntoIdentity, QueryFilter as _, Select,
    sea_query::IntoValueTuple,
};
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use uuid::Uuid;

use self::record::{
    account_record, happened, imported, message, reset_request, second_factor, session,
};
use super::row;
use crate::{
    app::App,
    call::Call,
    caller::{self, Caller},
    error::Error,
    i18n::Locale,
    shares::Seat,
    store::{
        account, event, import_row, outbox, reset_request, session,
        silence::{SILENCE, answered},
        totp,
    },
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

/// How often it is looked at, within a page, whether the caller still may; as often as for who watches events.
const RECHECK: Duration = Duration::from_secs(5);

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
        caller: call.caller.clone(),
        locale: call.locale,
    })
}

/// An export that may begin.
pub struct Export {
    seat: Seat<Option<Uuid>>,
    account: account::Model,
    caller: Caller,
    /// Language of what goes wrong on the way.
    pub locale: Locale,
}

/// One record, or why there are no more of them.
pub type Record = Result<ExportAccountDataResponse, Error>;

impl Export {
    /// The records, read as the caller takes them: of years of events no more than a page is in memory.
    pub fn records(self, app: Arc<App>) -> mpsc::Receiver<Record> {
        let Self {
            seat,
            account,
            caller,
            ..
        } = self;
        let (records, taken) = mpsc::channel(AHEAD + 1);
        tokio::spawn(async move {
            // Naming it is what takes it along; it is held until the last record is on its way.
            let _seat = seat;
            let Ok(last) = records.clone().reserve_owned().await else {
                return;
            };
            let last = LastWord(Some(last));
            let mut sections = Sections {
                app: &app,
                caller: &caller,
                account: &account,
                checked: Instant::now(),
                records: &records,
            };
            match sections.send().await {
                Ok(()) | Err(Stop::Gone) => last.spare(),
                Err(Stop::Failed(error)) => {
                    tracing::warn!("an export was cut short: {error}");
                    last.say(error);
                }
            }
        });
        taken
    }
}

/// Room for one word more: what is cut short must not look whole, however full it is, and though nobody comes to say why.
struct LastWord(Option<mpsc::OwnedPermit<Record>>);

impl LastWord {
    fn say(mut self, error: Error) {
        if let Some(room) = self.0.take() {
            room.send(Err(error));
        }
    }

    fn spare(mut self) {
        self.0 = None;
    }
}

impl Drop for LastWord {
    fn drop(&mut self) {
        if let Some(room) = self.0.take() {
            let cause = anyhow::anyhow!("an export broke off");
            room.send(Err(Error::Internal(cause)));
        }
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

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

struct Sections<'a> {
    app: &'a App,
    caller: &'a Caller,
    account: &'a account::Model,
    /// When it was looked at last whether the caller may.
    checked: Instant,
    records: &'a mpsc::Sender<Record>,
}

impl Sections<'_> {
    async fn send(&mut self) -> Result<(), Stop> {
        let account = self.account;
        let id = account.id;
        self.send_record("account", &account_record(account))
            .await?;
        let totp = totp::Entity::find_by_id(id).one(&self.app.store.read);
        let totp = answered(SILENCE, totp).await?;
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
        &mut self,
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
            self.check().await?;
            let mut cursor = rows.clone().cursor_by(columns.clone());
            if let Some(after) = after {
                cursor.after(after);
            }
            let page = cursor.first(PAGE).all(&self.app.store.read);
            let page = answered(SILENCE, page).await?;
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

    async fn send_record(&mut self, section: &str, record: &Value) -> Result<(), Stop> {
        if self.checked.elapsed() >= RECHECK {
            self.check().await?;
        }
        let record = ExportAccountDataResponse {
            section: section.to_owned(),
            json: record.to_string(),
        };
        let retry_after = RETRY_AFTER;
        let sent = timeout(PATIENCE, self.records.send(Ok(record))).await;
        sent.map_err(|_| Stop::Failed(Error::Overloaded { retry_after }))?
            .map_err(|_| Stop::Gone)
    }

    /// Whether the caller still may: as it is told at the beginning, by its session or key. An export can't be gone on with,
    /// so it may outlast the access token.
    async fn check(&mut self) -> Result<(), Error> {
        self.checked = Instant::now();
        let now = self.app.clock.now();
        let caller = caller::look_again(self.app, self.caller, now);
        let caller = answered(SILENCE, caller).await?;
        let may = caller.is_or_administers(self.account.id);
        if may { Ok(()) } else { Err(Error::Forbidden) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_export_that_breaks_off_does_not_look_whole() {
        let (records, mut taken) = mpsc::channel(1);
        let last = LastWord(Some(records.reserve_owned().await.unwrap()));

        let broken = tokio::spawn(async move {
            let _last = last;
            panic!("in the middle");
        });

        broken.await.unwrap_err();
        assert!(matches!(taken.recv().await, Some(Err(Error::Internal(_)))));
        assert!(taken.recv().await.is_none());
    }

    #[tokio::test]
    async fn an_export_that_is_whole_ends_without_a_word() {
        let (records, mut taken) = mpsc::channel(1);

        LastWord(Some(records.reserve_owned().await.unwrap())).spare();

        assert!(taken.recv().await.is_none());
    }
}
