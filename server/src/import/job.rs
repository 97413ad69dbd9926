//! An import from its first row to its last.

use std::{sync::Arc, time::Duration};

use guichet_proto::v1::{self, AccountState, ImportBegin, ImportOutcome, ImportRow};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::NotSet, ColumnTrait as _, ConnectionTrait,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    batch::{self, Batch, Written},
    known::unknown_institution,
    taken::Memory,
    view,
};
use crate::{
    account::fields::Fields,
    call::{Call, parse_id},
    caller,
    error::{Error, Violation},
    event::{self, Subject},
    institution,
    store::{
        account,
        import::{Column, Entity, Model, State},
        scope::Scope,
        silence::answered,
    },
    text,
};

/// How long writing a batch may take, as often as it is judged anew.
const LONGEST: Duration = Duration::from_mins(5);

/// How often a batch is judged anew because somebody was quicker to take what one of its rows has.
const MAX_TRIES: u32 = 8;

const MAX_SOURCE: usize = 64;
const MAX_FINGERPRINT: usize = 200;

/// A row and its number, or what makes it unreadable.
pub type Given = (i64, Result<ImportRow, Violation>);

/// An import that takes rows.
pub struct Job<'a> {
    /// The call that began it, with the caller as it was when it was last looked at.
    call: Call<'a>,
    model: Model,
    /// What rows have taken, in a dry run: nothing else remembers it.
    taken: Arc<Memory>,
    is_dry: bool,
}

impl<'a> Job<'a> {
    /// Begins an import, or goes on with one.
    pub async fn begin(call: &Call<'a>, begin: ImportBegin) -> Result<Self, Error> {
        let scope = call.scope()?;
        let is_dry = begin.validate_only;
        let is_new = begin.import_id.is_empty();
        let model = if is_new {
            read(call, &begin)?
        } else {
            resumed(call, &begin).await?
        };
        if let Some(id) = model.institution_id {
            let found = institution::row::find(&call.app.store.read, &scope, id).await;
            found.map_err(unknown_institution)?;
        }
        if is_new && !is_dry {
            start(call, &model).await?;
        }
        Ok(Self {
            call: Call {
                caller: call.caller.clone(),
                ..*call
            },
            model,
            taken: Arc::default(),
            is_dry,
        })
    }

    /// The job as the API shows it.
    pub fn shown(&self) -> v1::Import {
        let mut shown = view::import(&self.model);
        if self.is_dry {
            shown.id.clear();
        }
        shown
    }

    /// Looks whether the caller still may import, and where: a session, a key, a role or a membership may have ended.
    ///
    /// # Errors
    /// As of a call that begins now. What was written stays, and the import may be resumed.
    pub async fn recheck(&mut self, shown: &str) -> Result<(), Error> {
        let app = self.call.app;
        self.call.caller = caller::authenticate(app, shown, app.clock.now()).await?;
        self.call.scope().map(drop)
    }

    /// Takes rows: all of them are judged and written, or none.
    pub async fn take(&mut self, rows: Vec<Given>) -> Result<Vec<ImportOutcome>, Error> {
        let mut last = self.model.last_row_number;
        for (number, _) in &rows {
            if *number <= last {
                return Err(Error::field("row.number", "OUT_OF_RANGE"));
            }
            last = *number;
        }
        let batch = Batch {
            rows: batch::read(&self.call, &self.model, rows, self.is_dry).await?,
            job: self.model.clone(),
            scope: self.call.scope()?,
            before: self.taken.clone(),
            is_dry: self.is_dry,
        };
        let written = answered(LONGEST, Box::pin(self.write(batch))).await?;
        self.model = written.job;
        if self.is_dry {
            Arc::make_mut(&mut self.taken).absorb(written.taken);
        }
        let outcomes = written.outcomes.iter();
        Ok(outcomes
            .map(|outcome| view::outcome(outcome, self.call.locale, self.is_dry))
            .collect())
    }

    async fn write(&self, batch: Batch) -> Result<Written, Error> {
        for _ in 1..MAX_TRIES {
            match self.call.carry_out(batch.clone(), batch::write).await {
                Err(Error::UsernameTaken | Error::ExternalIdTaken) => {}
                outcome => return outcome,
            }
        }
        self.call.carry_out(batch, batch::write).await
    }

    /// Ends the import: there are no more rows.
    pub async fn complete(self) -> Result<v1::Import, Error> {
        let now = self.call.app.clock.now();
        let mut model = self.model.clone();
        model.state = State::Completed;
        model.update_time = now;
        model.end_time = Some(now);
        if !self.is_dry {
            let txn = self.call.app.store.write().await?;
            save(&txn, &self.model, &model).await?;
            tell(&txn, &self.call, "import.completed", &model).await?;
            txn.commit().await?;
        }
        Ok(Self { model, ..self }.shown())
    }
}

fn read(call: &Call<'_>, begin: &ImportBegin) -> Result<Model, Error> {
    let mut fields = Fields::default();
    if begin.source.is_empty() {
        fields.refuse(Violation::new("begin.source", "REQUIRED"));
    } else if begin.source.len() > MAX_SOURCE {
        fields.refuse(Violation::with_limit(
            "begin.source",
            "TOO_LONG",
            MAX_SOURCE,
        ));
    } else if !begin.source.bytes().all(is_of_source) {
        fields.refuse(Violation::new("begin.source", "FORBIDDEN_CHARACTER"));
    }
    if begin.fingerprint.chars().count() > MAX_FINGERPRINT {
        fields.refuse(Violation::with_limit(
            "begin.fingerprint",
            "TOO_LONG",
            MAX_FINGERPRINT,
        ));
    } else if begin.fingerprint.contains(text::breaks_a_line) {
        fields.refuse(Violation::new("begin.fingerprint", "FORBIDDEN_CHARACTER"));
    }
    let institution_id = fields.optional_id("begin.institution_id", &begin.institution_id)?;
    let account_state = match AccountState::try_from(begin.state) {
        Ok(AccountState::Unspecified | AccountState::Legacy) => account::State::Legacy,
        Ok(AccountState::Pending) => account::State::Pending,
        Ok(_) => {
            fields.refuse(Violation::new("begin.state", "NOT_ALLOWED"));
            account::State::Legacy
        }
        Err(_) => {
            fields.refuse(Violation::new("begin.state", "UNKNOWN_VALUE"));
            account::State::Legacy
        }
    };
    fields.finish()?;
    Ok(Model {
        id: call.app.clock.new_id(),
        source: begin.source.clone(),
        fingerprint: begin.fingerprint.clone(),
        institution_id,
        account_state,
        accept_emails_elsewhere: begin.accept_emails_elsewhere,
        state: State::Running,
        last_row_number: 0,
        created_count: 0,
        updated_count: 0,
        unchanged_count: 0,
        refused_count: 0,
        undone_count: 0,
        kept_count: 0,
        actor_id: call.caller.actor_id(),
        create_time: call.now,
        update_time: call.now,
        end_time: None,
    })
}

const fn is_of_source(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')
}

async fn start(call: &Call<'_>, model: &Model) -> Result<(), Error> {
    let txn = call.app.store.write().await?;
    insert(&txn, model).await?;
    tell(&txn, call, "import.begun", model).await?;
    txn.commit().await?;
    Ok(())
}

/// The import to go on with. What it was told at first still holds.
async fn resumed(call: &Call<'_>, begin: &ImportBegin) -> Result<Model, Error> {
    let mut fields = Fields::default();
    let model = find(call, "begin.import_id", &begin.import_id).await?;
    let mut same = |field, given: &str, first: &str| {
        if !given.is_empty() && given != first {
            fields.refuse(Violation::new(field, "NOT_ALLOWED"));
        }
    };
    let institution_id = model
        .institution_id
        .map(|id| id.to_string())
        .unwrap_or_default();
    same("begin.source", &begin.source, &model.source);
    same("begin.fingerprint", &begin.fingerprint, &model.fingerprint);
    same(
        "begin.institution_id",
        &begin.institution_id,
        &institution_id,
    );
    if begin.validate_only {
        fields.refuse(Violation::new("begin.validate_only", "NOT_ALLOWED"));
    }
    fields.finish()?;
    if model.state != State::Running {
        return Err(Error::State);
    }
    Ok(model)
}

/// The job, if the caller began it or reaches everything.
pub async fn find(call: &Call<'_>, field: &str, import_id: &str) -> Result<Model, Error> {
    let id = parse_id(field, import_id)?;
    let found = Entity::begun_by(whose(call)?).filter(Column::Id.eq(id));
    found
        .one(&call.app.store.read)
        .await?
        .ok_or(Error::NotFound)
}

/// Whose jobs the caller sees; none is everybody's.
pub fn whose(call: &Call<'_>) -> Result<Option<Uuid>, Error> {
    Ok(match call.scope()? {
        Scope::Everything => None,
        Scope::Below(_) => call.caller.actor_id(),
    })
}

/// Writes a new job.
pub async fn insert(txn: &impl ConnectionTrait, job: &Model) -> Result<(), Error> {
    job.clone()
        .into_active_model()
        .reset_all()
        .insert(txn)
        .await?;
    Ok(())
}

/// Writes `after` over `before`.
///
/// # Errors
/// `State` if the row is not `before` any more: another client goes on with the import, or takes it back.
pub async fn save(txn: &impl ConnectionTrait, before: &Model, after: &Model) -> Result<(), Error> {
    let mut changes = after.clone().into_active_model().reset_all();
    // Were it set, though to the same, `SQLite` would look at every row that refers to it.
    changes.id = NotSet;
    let update = Entity::update_many()
        .set(changes)
        .filter(Column::Id.eq(before.id))
        .filter(Column::State.eq(before.state))
        .filter(Column::LastRowNumber.eq(before.last_row_number))
        .filter(Column::UpdateTime.eq(before.update_time));
    if update.exec(txn).await?.rows_affected == 0 {
        return Err(Error::State);
    }
    Ok(())
}

/// Writes down what happened to a job.
pub async fn tell(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    kind: &str,
    job: &Model,
) -> Result<(), Error> {
    let subject = Subject {
        account_id: None,
        institution_id: job.institution_id,
    };
    let about = json!({
        "import_id": job.id,
        "source": job.source,
        "created": job.created_count,
        "updated": job.updated_count,
        "unchanged": job.unchanged_count,
        "refused": job.refused_count,
        "undone": job.undone_count,
        "kept": job.kept_count,
    });
    let actor = call.caller.actor_id();
    event::append(txn, call, kind, subject, actor, about).await?;
    Ok(())
}
