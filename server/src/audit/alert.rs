//! A word to those who act for an institution when many of its accounts are guessed at (OWASP, Credential Stuffing
//! Prevention).

use std::{collections::BTreeSet, time::Duration};

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, ExprTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _, SelectExt as _,
    sea_query::{Expr, Query, SelectStatement},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    event::{self, Subject},
    outbox::{self, Cause},
    store::{
        account::{self, State},
        event as journal, institution, institution_ancestor, institution_member, session,
    },
};

/// In which the tries are counted.
const WINDOW: Duration = Duration::from_mins(10);

/// How long nothing more is said of the same institution.
const QUIET: Duration = Duration::from_hours(24);

/// One account in so many is enough, but never fewer than `LEAST`: a few strangers mistype their names; nor more than
/// `MOST`: the journal takes a row a second of each replica.
const ONE_IN: u64 = 20;
const LEAST: u64 = 10;
const MOST: u64 = 200;

/// The type of the event that says so.
const KIND: &str = "institution.guessed_at";

/// Tells those of these institutions, whose accounts somebody has just failed to open, that are guessed at.
pub(super) async fn tell(app: &App, institutions: BTreeSet<Uuid>) -> Result<(), Error> {
    for id in institutions {
        if let Some(tried) = is_guessed_at(app, id).await? {
            tell_one(app, id, tried).await?;
        }
    }
    Ok(())
}

/// Of how many accounts, if they are too many.
async fn is_guessed_at(app: &App, id: Uuid) -> Result<Option<i64>, Error> {
    let db = &app.store.read;
    let now = app.clock.now();
    let tried = tried(db, id, now).await?;
    if tried < LEAST || is_told(db, id, now).await? {
        return Ok(None);
    }
    let accounts = account::Entity::find().filter(account::Column::InstitutionId.eq(id));
    let enough = (accounts.count(db).await? / ONE_IN).clamp(LEAST, MOST);
    Ok((tried >= enough).then(|| i64::try_from(tried).unwrap_or(i64::MAX)))
}

/// Accounts that somebody has failed to open from where they have never been opened. What people mistype at their school
/// on a Monday morning is not counted.
async fn tried(db: &impl ConnectionTrait, id: Uuid, now: Timestamp) -> Result<u64, Error> {
    let accounts = journal::Entity::find()
        .select_only()
        .column(journal::Column::AccountId)
        .distinct()
        .filter(journal::Column::InstitutionId.eq(id))
        .filter(is_within(WINDOW, now))
        .filter(journal::Column::Kind.eq("sign_in.failed"))
        .filter(journal::Column::AccountId.is_not_null())
        .filter(Expr::exists(opened_from_there()).not());
    Ok(accounts.count(db).await?)
}

/// A session of the event's account from the event's network.
fn opened_from_there() -> SelectStatement {
    let of_session = |column| Expr::col((session::Entity, column));
    Query::select()
        .expr(Expr::val(1))
        .from(session::Entity)
        .and_where(
            of_session(session::Column::AccountId)
                .equals((journal::Entity, journal::Column::AccountId)),
        )
        .and_where(
            of_session(session::Column::Network)
                .equals((journal::Entity, journal::Column::Network)),
        )
        .to_owned()
}

async fn is_told(db: &impl ConnectionTrait, id: Uuid, now: Timestamp) -> Result<bool, Error> {
    let told = journal::Entity::find()
        .filter(journal::Column::InstitutionId.eq(id))
        .filter(is_within(QUIET, now))
        .filter(journal::Column::Kind.eq(KIND));
    Ok(told.exists(db).await?)
}

/// Whether an event is of the time until now, and not of a clock that was ahead.
fn is_within(time: Duration, now: Timestamp) -> Expr {
    let first = journal::Column::Id.gte(now.minus(time).least_id());
    first.and(journal::Column::Id.lt(now.plus(Duration::from_mins(1)).least_id()))
}

/// The worker finds the mails by itself within a second.
async fn tell_one(app: &App, id: Uuid, accounts: i64) -> Result<(), Error> {
    let txn = app.store.write().await?;
    // Of two replicas that see it at the same moment, one tells.
    let institution = institution::Entity::find_by_id(id).lock_exclusive();
    let Some(institution) = institution.one(&txn).await? else {
        return Ok(());
    };
    if is_told(&txn, id, app.clock.now()).await? {
        return Ok(());
    }
    let about = json!({ "accounts": accounts });
    event::append(
        &txn,
        &app.clock,
        KIND,
        Subject::institution(id),
        None,
        about,
    )
    .await?;
    for member in nearest_members(&txn, id).await? {
        let Some(email) = &member.email else { continue };
        let cause = Cause::GuessedAt {
            institution: institution.display_name.clone(),
            accounts,
        };
        outbox::enqueue(&txn, app, cause, &member, email).await?;
    }
    txn.commit().await?;
    tracing::warn!(institution_id = %id, accounts, "many accounts of an institution are guessed at");
    Ok(())
}

/// Who acts for the institution, or for the nearest one above it for which anybody does.
async fn nearest_members(
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Vec<account::Model>, Error> {
    for upper in institution_ancestor::Entity::upwards(id).all(db).await? {
        let members = institution_member::Entity::at(upper.ancestor_id)
            .filter(account::Column::State.eq(State::Active))
            .all(db)
            .await?;
        if !members.is_empty() {
            return Ok(members.into_iter().map(|(_, account)| account).collect());
        }
    }
    Ok(Vec::new())
}
