//! Some rows of an import, in one transaction.

use std::{collections::HashSet, sync::Arc};

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::OnConflict,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    accounts::RETRY_AFTER,
    before::Before,
    job::{self, Given},
    judge::{Judge, Judgement},
    known::{self, Known},
    row::Candidate,
    taken::{Memory, Taken},
    view,
};
use crate::{
    account::row as account_row,
    call::Call,
    error::{Error, Violation},
    event::{self, Subject},
    password::{
        hasher::HashError,
        stored::{HashKind, ImportedHash},
    },
    store::{
        account, account_origin, hash_kind, import,
        import_row::{self, Verdict},
        scope::Scope,
        silence::{SILENCE, answered},
    },
};

/// Rows in their order, with their numbers; those that can't be read with their faults.
type Rows = Arc<[(i64, Result<Candidate, Vec<Violation>>)]>;

/// Rows to be written together.
#[derive(Clone)]
pub struct Batch {
    /// The import as the batch before left it.
    pub job: import::Model,
    /// What the caller reaches.
    pub scope: Scope,
    /// The rows.
    pub rows: Rows,
    /// What the batches before have taken, in a dry run.
    pub before: Arc<Memory>,
    /// Whether nothing is to stay.
    pub is_dry: bool,
}

/// What became of a batch.
pub struct Written {
    /// The import as it is now.
    pub job: import::Model,
    /// What became of the rows.
    pub outcomes: Vec<Outcome>,
    /// What its rows have taken.
    pub taken: Memory,
}

/// What became of a row.
pub struct Outcome {
    /// The row's number.
    pub number: i64,
    /// What became of it.
    pub verdict: Verdict,
    /// The account.
    pub account_id: Option<Uuid>,
    /// Why it was refused.
    pub faults: Vec<Violation>,
}

/// Reads the rows. What is wrong with one is its own affair.
pub async fn read(
    call: &Call<'_>,
    job: &import::Model,
    given: Vec<Given>,
    is_dry: bool,
) -> Result<Rows, Error> {
    let mut rows = Vec::with_capacity(given.len());
    for (number, given) in given {
        let candidate = match given {
            Ok(row) => Candidate::given(call, &row, job.institution_id),
            Err(fault) => Err(Error::InvalidFields(vec![fault])),
        };
        match candidate {
            Ok(candidate) => rows.push((number, Ok(candidate))),
            Err(Error::InvalidFields(faults)) => rows.push((number, Err(faults))),
            Err(error) => return Err(error),
        }
    }
    if !is_dry {
        adopt_hashes(call, job, &mut rows).await?;
    }
    Ok(rows.into())
}

/// Brings password hashes into the form in which they are stored, which may take an argon2id for each. So rows that have
/// come before are left out, and one is made after the other: sign-ins want the hasher too.
async fn adopt_hashes(
    call: &Call<'_>,
    job: &import::Model,
    rows: &mut [(i64, Result<Candidate, Vec<Violation>>)],
) -> Result<(), Error> {
    let candidates = rows.iter().filter_map(|(_, row)| row.as_ref().ok());
    let candidates: Vec<&Candidate> = candidates
        .filter(|row| row.imported_hash.is_some())
        .collect();
    if candidates.is_empty() {
        return Ok(());
    }
    let origins = known::origins(&call.app.store.read, &job.source, &candidates);
    let origins = answered(SILENCE, origins).await?;
    let digests: HashSet<Vec<u8>> = origins
        .into_iter()
        .map(|origin| origin.row_digest)
        .collect();
    for row in rows.iter_mut().filter_map(|(_, row)| row.as_mut().ok()) {
        if let Some(hash) = &row.imported_hash
            && !row.digest.any().iter().any(|kept| digests.contains(kept))
        {
            row.password_hash = Some(adopt(call, hash).await?);
        }
    }
    Ok(())
}

/// Waits for its turn as long as it takes: a row of an import is in no hurry.
async fn adopt(call: &Call<'_>, hash: &ImportedHash) -> Result<String, Error> {
    loop {
        match call.app.hasher.adopt(hash.clone(), None).await {
            Err(HashError::Overloaded { retry_after }) => tokio::time::sleep(retry_after).await,
            outcome => return Ok(outcome?),
        }
    }
}

/// Judges the rows and writes what becomes of them: all of it, or nothing.
///
/// # Errors
/// `UsernameTaken` and `ExternalIdTaken` if somebody was quicker since the rows were judged: another try sees that.
/// `State` if the import goes on elsewhere, or has ended. `Overloaded` if a row has to be read again. `InvalidFields` if
/// its institution is gone.
pub async fn write(call: &Call<'_>, batch: Batch) -> Result<Written, Error> {
    let txn = call.app.store.write().await?;
    let hashes = batch.rows.iter().filter_map(|(_, row)| row.as_ref().ok());
    let hashes = hashes.filter_map(|row| row.password_hash.as_deref());
    hash_kind::Entity::note(&txn, hashes.filter_map(HashKind::of).collect()).await?;
    if batch.is_dry {
        job::insert(&txn, &batch.job).await?;
    }
    let candidates: Vec<&Candidate> = batch
        .rows
        .iter()
        .filter_map(|(_, row)| row.as_ref().ok())
        .collect();
    let known = Known::load(&txn, &batch.scope, &batch.job, &candidates).await?;
    let mut taken = Taken::behind(batch.before);
    let judge = Judge {
        job: &batch.job,
        scope: &batch.scope,
        known: &known,
        now: call.app.clock.now(),
    };
    let judged = batch.rows.iter().map(|(number, row)| {
        let judgement = match row {
            Ok(row) => judge.judge(row, &mut taken, call.app.clock.new_id()),
            Err(faults) => Judgement::Refuse(faults.clone()),
        };
        (*number, row.as_ref().ok(), judgement)
    });
    let judged: Vec<_> = judged.collect();
    if !batch.is_dry && judged.iter().any(lacks_its_hash) {
        return Err(Error::Overloaded {
            retry_after: RETRY_AFTER,
        });
    }

    let mut writing = Writing {
        call,
        job: &batch.job,
        rows: Vec::new(),
        origins: Vec::new(),
        unchanged: Vec::new(),
    };
    writing.accounts(&txn, &judged).await?;
    let outcomes = writing.outcomes(judged);
    writing.finish(&txn).await?;
    let job = advance(&txn, call, &batch.job, &outcomes).await?;
    if batch.is_dry {
        txn.rollback().await?;
    } else {
        txn.commit().await?;
    }
    Ok(Written {
        job,
        outcomes,
        taken: taken.into_own(),
    })
}

type Judged<'a> = (i64, Option<&'a Candidate>, Judgement);

/// Whether a row was thought to be unchanged when hashes were made, and its account has gone or changed since.
fn lacks_its_hash((_, row, judgement): &Judged<'_>) -> bool {
    let is_written = matches!(judgement, Judgement::Create(_) | Judgement::Update { .. });
    let lacks = |row: &&Candidate| row.imported_hash.is_some() && row.password_hash.is_none();
    is_written && row.as_ref().is_some_and(lacks)
}

/// What a batch writes.
struct Writing<'a> {
    call: &'a Call<'a>,
    job: &'a import::Model,
    rows: Vec<import_row::ActiveModel>,
    origins: Vec<account_origin::ActiveModel>,
    unchanged: Vec<Uuid>,
}

impl Writing<'_> {
    async fn accounts(
        &self,
        txn: &impl ConnectionTrait,
        judged: &[Judged<'_>],
    ) -> Result<(), Error> {
        let mut created = Vec::new();
        let mut subjects = Vec::new();
        let mut updated = Vec::new();
        for (_, _, judgement) in judged {
            match judgement {
                Judgement::Create(account) => {
                    subjects.push(Subject::from(&**account));
                    created.push((**account).clone().into_active_model().reset_all());
                }
                Judgement::Update { before, after, .. } => {
                    let mut changes = (**after).clone().into_active_model().reset_all();
                    // Were it set, though to the same, `SQLite` would look for what refers to it.
                    changes.id = NotSet;
                    account_row::save(txn, before, changes, after.update_time).await?;
                    updated.push(Subject::from(&**after));
                }
                Judgement::Unchanged(_) | Judgement::Refuse(_) => {}
            }
        }
        if !created.is_empty() {
            account::Entity::insert_many(created)
                .exec_without_returning(txn)
                .await
                .map_err(account_row::conflict)?;
        }
        let (call, actor) = (self.call, self.call.caller.actor_id());
        let about = json!({ "import_id": self.job.id });
        event::append_to_each(txn, call, "account.created", subjects, actor, about.clone()).await?;
        event::append_to_each(txn, call, "account.updated", updated, actor, about).await?;
        Ok(())
    }

    fn outcomes(&mut self, judged: Vec<Judged<'_>>) -> Vec<Outcome> {
        let outcomes = judged.into_iter().map(|(number, row, judgement)| {
            let mut written = import_row::ActiveModel {
                import_id: Set(self.job.id),
                number: Set(number),
                account_id: Set(None),
                account_version: Set(None),
                before: Set(None),
                ..Default::default()
            };
            let (verdict, account_id, faults) = match judgement {
                Judgement::Create(account) => {
                    self.keep_origin(row, &account);
                    written.account_version = Set(Some(account.version));
                    (Verdict::Created, Some(account.id), Vec::new())
                }
                Judgement::Update {
                    before,
                    mut after,
                    origin,
                } => {
                    after.version = before.version + 1;
                    self.keep_origin(row, &after);
                    written.account_version = Set(Some(after.version));
                    written.before = Set(Some(Before::of(*before, &origin).to_json()));
                    (Verdict::Updated, Some(after.id), Vec::new())
                }
                Judgement::Unchanged(id) => {
                    self.unchanged.push(id);
                    (Verdict::Unchanged, Some(id), Vec::new())
                }
                Judgement::Refuse(faults) => (Verdict::Refused, None, faults),
            };
            written.verdict = Set(verdict);
            written.account_id = Set(account_id);
            written.faults = Set(view::stored_faults(&faults));
            self.rows.push(written);
            Outcome {
                number,
                verdict,
                account_id,
                faults,
            }
        });
        outcomes.collect()
    }

    fn keep_origin(&mut self, row: Option<&Candidate>, account: &account::Model) {
        let Some(row) = row else { return };
        self.origins.push(account_origin::ActiveModel {
            source: Set(self.job.source.clone()),
            row_key: Set(row.key.clone()),
            account_id: Set(account.id),
            account_version: Set(account.version),
            row_digest: Set(row.digest.to_vec()),
            import_id: Set(self.job.id),
        });
    }

    async fn finish(self, txn: &impl ConnectionTrait) -> Result<(), Error> {
        use account_origin::Column;

        if !self.origins.is_empty() {
            let key = [Column::Source, Column::RowKey];
            let newer = [Column::AccountVersion, Column::RowDigest, Column::ImportId];
            account_origin::Entity::insert_many(self.origins)
                .on_conflict(OnConflict::columns(key).update_columns(newer).to_owned())
                .exec_without_returning(txn)
                .await?;
        }
        if !self.unchanged.is_empty() {
            // So that a second row of the same person is seen to be one.
            account_origin::Entity::update_many()
                .col_expr(Column::ImportId, self.job.id.into())
                .filter(Column::Source.eq(&self.job.source))
                .filter(Column::AccountId.is_in(self.unchanged))
                .exec(txn)
                .await?;
        }
        if !self.rows.is_empty() {
            import_row::Entity::insert_many(self.rows)
                .exec_without_returning(txn)
                .await?;
        }
        Ok(())
    }
}

/// Counts the batch. Of two clients that go on with the same import, one is stopped here.
async fn advance(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    before: &import::Model,
    outcomes: &[Outcome],
) -> Result<import::Model, Error> {
    let mut job = before.clone();
    for outcome in outcomes {
        job.last_row_number = outcome.number;
        *match outcome.verdict {
            Verdict::Created => &mut job.created_count,
            Verdict::Updated => &mut job.updated_count,
            Verdict::Unchanged => &mut job.unchanged_count,
            Verdict::Refused => &mut job.refused_count,
        } += 1;
    }
    job.update_time = call.app.clock.now();
    job::save(txn, before, &job).await?;
    Ok(job)
}
