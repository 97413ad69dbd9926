//! The worker's half of `RequestReset` and `RemindUsernames`: find the accounts, decide, queue one mail per address,
//! and keep the reason for administrators.

use guichet_proto::v1::ResetOutcome;
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{LockBehavior, LockType},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    event::{self, Earlier, Subject},
    outbox::{self, Cause, Envelope},
    store::{
        account::{self, State},
        reset_request::{self, Kind},
        reset_request_account,
    },
    throttle::{self, Curve},
};

/// What became of a request for one account; `account_id` is empty where none was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The account.
    pub account_id: Option<Uuid>,
    /// Name of a `ResetOutcome`.
    pub outcome: String,
}

/// Decides the oldest open request. False when none is open.
pub async fn decide_one(app: &App) -> Result<bool, Error> {
    // A look without the write lock first: most of the time there is nothing to decide.
    let open = || reset_request::Entity::find().filter(reset_request::Column::DecideTime.is_null());
    if open().limit(1).one(&app.store.read).await?.is_none() {
        return Ok(false);
    }
    let txn = app.store.write().await?;
    let next = open()
        .order_by_asc(reset_request::Column::Id)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&txn)
        .await?;
    let Some(request) = next else {
        return Ok(false);
    };

    let decisions = decide(app, &txn, &request).await?;
    let asked = Earlier {
        clock: &app.clock,
        network: request.network.clone(),
    };
    for decision in &decisions {
        let about = serde_json::json!({ "request_id": request.id, "outcome": decision.outcome });
        let subject = Subject::of_account(&txn, decision.account_id).await?;
        event::append(&txn, &asked, "reset.decided", subject, None, about).await?;
    }
    let text = serde_json::to_string(&decisions).map_err(|cause| Error::Internal(cause.into()))?;
    let mut decided = request.into_active_model();
    decided.decide_time = Set(Some(app.clock.now()));
    decided.decisions = Set(text);
    let request = decided.update(&txn).await?;
    name_accounts(&txn, request.id, &decisions).await?;
    txn.commit().await?;
    Ok(true)
}

/// Keeps which accounts a request was about where a scope can find them.
async fn name_accounts(
    txn: &DatabaseTransaction,
    request_id: Uuid,
    decisions: &[Decision],
) -> Result<(), Error> {
    let accounts = decisions.iter().filter_map(|decision| decision.account_id);
    let rows: Vec<_> = accounts
        .map(|account_id| reset_request_account::ActiveModel {
            account_id: Set(account_id),
            request_id: Set(request_id),
        })
        .collect();
    if !rows.is_empty() {
        reset_request_account::Entity::insert_many(rows)
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

async fn decide(
    app: &App,
    txn: &DatabaseTransaction,
    request: &reset_request::Model,
) -> Result<Vec<Decision>, Error> {
    let Some(key) = request.identifier_key.as_deref() else {
        return Ok(vec![nobody(ResetOutcome::Unknown)]);
    };
    if is_throttled(app, txn, request.kind, key).await? {
        return Ok(vec![nobody(ResetOutcome::Throttled)]);
    }
    let accounts = match request.kind {
        Kind::ResetByEmail | Kind::Usernames => account::Entity::by_email_key(key).all(txn).await?,
        Kind::ResetByUsername => account::Entity::by_username_key(key).all(txn).await?,
    };
    if accounts.is_empty() {
        return Ok(vec![nobody(ResetOutcome::Unknown)]);
    }
    queue_mail(app, txn, request, &accounts).await?;
    Ok(accounts
        .iter()
        .map(|account| decision(Some(account.id), outcome(account)))
        .collect())
}

const fn outcome(account: &account::Model) -> ResetOutcome {
    match (account.state, &account.email) {
        (State::Disabled | State::Deleted, _) => ResetOutcome::Disabled,
        // Without an address too: what helps is the migration, which gives it one.
        (State::Legacy, _) => ResetOutcome::NotMigrated,
        (_, None) => ResetOutcome::NoEmail,
        (State::Pending | State::Active, Some(_)) => ResetOutcome::Mailed,
    }
}

/// Queues the one mail for the address that these accounts share.
async fn queue_mail(
    app: &App,
    txn: &DatabaseTransaction,
    request: &reset_request::Model,
    accounts: &[account::Model],
) -> Result<(), Error> {
    let with = |wanted: ResetOutcome| {
        accounts
            .iter()
            .filter(move |account| outcome(account) == wanted)
    };
    let mailed: Vec<Uuid> = with(ResetOutcome::Mailed)
        .map(|account| account.id)
        .collect();
    let not_migrated: Vec<Uuid> = with(ResetOutcome::NotMigrated)
        .map(|account| account.id)
        .collect();
    let first = with(ResetOutcome::Mailed)
        .chain(with(ResetOutcome::NotMigrated))
        .next();
    let Some((account, recipient, email_key)) = first.and_then(|account| {
        Some((
            account,
            account.email.as_deref()?,
            account.email_key.clone()?,
        ))
    }) else {
        return Ok(());
    };

    let locale = outbox::locale(txn, app, account, request.locale.as_deref()).await?;
    let about = (accounts.len() == 1).then_some(account.id);
    let cause = match request.kind {
        Kind::Usernames => Cause::Usernames {
            accounts: [mailed, not_migrated].concat(),
            email_key,
        },
        Kind::ResetByEmail | Kind::ResetByUsername => Cause::Reset {
            accounts: mailed,
            not_migrated,
            email_key,
            return_url: request.return_url.clone(),
        },
    };
    let envelope = Envelope {
        recipient,
        locale,
        account_id: about,
        request_id: Some(request.id),
    };
    outbox::enqueue_to(txn, app, &cause, envelope)
        .await
        .map(drop)
}

/// Counts requests by what was typed, existing or not.
async fn is_throttled(
    app: &App,
    txn: &DatabaseTransaction,
    kind: Kind,
    key: &str,
) -> Result<bool, Error> {
    let limits = &app.config.throttle;
    if !limits.enabled {
        return Ok(false);
    }
    let what: &[u8] = match kind {
        Kind::ResetByEmail => b"reset-email",
        Kind::ResetByUsername => b"reset-username",
        Kind::Usernames => b"usernames",
    };
    let curve = Curve {
        free: limits.reset_requests,
        base: limits.reset_interval,
        longest: limits.reset_interval,
    };
    let counter = throttle::key(&app.master_key, &[what, key.as_bytes()]);
    Ok(throttle::charge(txn, &counter, curve, app.clock.now())
        .await?
        .is_err())
}

fn nobody(outcome: ResetOutcome) -> Decision {
    decision(None, outcome)
}

fn decision(account_id: Option<Uuid>, outcome: ResetOutcome) -> Decision {
    Decision {
        account_id,
        outcome: outcome.as_str_name().to_owned(),
    }
}
