//! `UndoImport`.

use std::time::{Duration, Instant};

use guichet_proto::v1::{UndoImportRequest, UndoImportResponse};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, JoinType,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, RelationDef, SelectExt as _,
    sea_query::{Expr, ExprTrait as _},
};
use uuid::Uuid;

use super::{before::Before, job, judge::is_touched, view};
use crate::{
    account::{affiliation, purge, row as account_row},
    call::Call,
    error::Error,
    event,
    store::{
        account, account_origin,
        import::{Model, State},
        import_row::{self, Column, Entity, Verdict},
        scope::Scope,
    },
};

/// Rows that are taken back together.
const ROWS: u64 = 100;

/// What a call without a deadline takes, and what is kept back from a deadline for the last rows.
const LONGEST: Duration = Duration::from_secs(5);
const RESERVE: Duration = Duration::from_secs(2);

/// `UndoImport`.
pub async fn undo_import(
    call: &Call<'_>,
    request: UndoImportRequest,
) -> Result<UndoImportResponse, Error> {
    let mut job = job::find(call, "import_id", &request.import_id).await?;
    let scope = call.scope()?;
    if matches!(job.state, State::Running | State::Completed)
        && !request.keep_changed
        && touched(&call.app.store.read, &scope, job.id).await?
    {
        return Err(Error::State);
    }
    let until = until(call);
    while job.state != State::Undone {
        match take_back(call, &scope, &job).await {
            // Somebody took a name at this very moment: the next look sees it.
            Err(Error::UsernameTaken) => {}
            outcome => job = outcome?,
        }
        if Instant::now() >= until {
            break;
        }
    }
    Ok(UndoImportResponse {
        import: Some(view::import(&job)),
    })
}

fn until(call: &Call<'_>) -> Instant {
    let longest = Instant::now() + LONGEST;
    let deadline = call
        .deadline
        .and_then(|deadline| deadline.checked_sub(RESERVE));
    deadline.map_or(longest, |deadline| deadline.min(longest))
}

/// Whether somebody has touched an account since the import made or changed it, or it has left the caller's scope.
async fn touched(db: &impl ConnectionTrait, scope: &Scope, import_id: Uuid) -> Result<bool, Error> {
    let version = Expr::col((account::Entity, account::Column::Version));
    let is_touched = Condition::any()
        .add(version.ne(Expr::col((Entity, Column::AccountVersion))))
        .add(account::Column::LastLoginTime.is_not_null())
        .add(scope.spares(account::Column::InstitutionId));
    let rows = Entity::of(import_id)
        .filter(Column::AccountVersion.is_not_null())
        .join(JoinType::InnerJoin, account_of_row())
        .filter(is_touched);
    Ok(rows.limit(1).one(db).await?.is_some())
}

fn account_of_row() -> RelationDef {
    Entity::belongs_to(account::Entity)
        .from(Column::AccountId)
        .to(account::Column::Id)
        .into()
}

/// Takes some rows back, the last ones first, in one transaction.
async fn take_back(call: &Call<'_>, scope: &Scope, before: &Model) -> Result<Model, Error> {
    let txn = call.app.store.write().await?;
    let rows = Entity::of(before.id)
        .filter(Column::AccountVersion.is_not_null())
        .order_by_desc(Column::Number)
        .limit(ROWS)
        .all(&txn)
        .await?;
    let mut job = before.clone();
    job.state = if (rows.len() as u64) < ROWS {
        State::Undone
    } else {
        State::Undoing
    };
    job.update_time = call.app.clock.now();
    for row in rows {
        if take_row_back(&txn, call, scope, before, row).await? {
            job.undone_count += 1;
        } else {
            job.kept_count += 1;
        }
    }
    job::save(&txn, before, &job).await?;
    if job.state == State::Undone {
        job::tell(&txn, call, "import.undone", &job).await?;
    }
    txn.commit().await?;
    Ok(job)
}

/// Takes one row back; false if its account is kept.
async fn take_row_back(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    scope: &Scope,
    job: &Model,
    row: import_row::Model,
) -> Result<bool, Error> {
    let (Some(id), Some(version)) = (row.account_id, row.account_version) else {
        return Ok(false);
    };
    let account = account::Entity::within(scope)
        .filter(account::Column::Id.eq(id))
        .lock_exclusive()
        .one(txn)
        .await?
        .filter(|account| !is_touched(account, version));
    let is_done = match (account, &row.before) {
        (Some(account), _) if row.verdict == Verdict::Created => {
            // The row goes with the account.
            purge::purge(txn, call, account).await?;
            return Ok(true);
        }
        (Some(account), Some(before)) => {
            let before = Before::from_json(before).map_err(Error::Internal)?;
            let has_room = has_room(txn, call, &account, &before).await?;
            if has_room {
                restore(txn, call, job, &account, &before).await?;
            }
            has_room
        }
        (account, None) => account.is_some(),
        (None, _) => false,
    };
    let mut done = row.into_active_model();
    done.account_version = Set(None);
    done.before = Set(None);
    done.update(txn).await?;
    Ok(is_done)
}

/// Whether an account can be what it was: nobody has its old username by now, and its old institution is there and in the
/// caller's scope. The institution stays until the transaction ends.
async fn has_room(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    account: &account::Model,
    before: &Before,
) -> Result<bool, Error> {
    let others = account::Entity::by_username_key(before.username_key())
        .filter(account::Column::Id.ne(account.id));
    if others.exists(txn).await? {
        return Ok(false);
    }
    match affiliation::check(txn, call, before.institution_id()).await {
        Err(Error::InvalidFields(_)) => Ok(false),
        outcome => outcome.map(|()| true),
    }
}

/// Makes an account and its origin what they were.
async fn restore(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    job: &Model,
    account: &account::Model,
    before: &Before,
) -> Result<(), Error> {
    use account_origin::Column;

    let changes = before.of_account().map_err(Error::Internal)?;
    let restored = account_row::save(txn, account, changes, call.now).await?;
    let origin = before
        .of_origin(restored.version)
        .map_err(Error::Internal)?;
    account_origin::Entity::update_many()
        .set(origin)
        .filter(Column::Source.eq(&job.source))
        .filter(Column::AccountId.eq(account.id))
        .exec(txn)
        .await?;
    let about = serde_json::json!({ "import_id": job.id, "undone": true });
    let actor = call.caller.actor_id();
    event::append(txn, call, "account.updated", &restored, actor, about).await?;
    Ok(())
}
