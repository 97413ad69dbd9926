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

use super::{admission, refused};
use crate::{
    app::App,
    error::Error,
    event::{self, Earlier, Subject},
    mail::letter::RefusedReset,
    metrics::Throttle,
    outbox::{self, Cause, Envelope},
    store::{
        account::{self, State},
        reset_request::{self, Kind},
        reset_request_account,
    },
    throttle::{self, Refusal},
};

/// What became of a request for one account; `account_id` is empty where none was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The account.
    pub account_id: Option<Uuid>,
    /// Name of a `ResetOutcome`.
    pub outcome: String,
}

impl Decision {
    /// Whether the journal tells of it. Who asks for nobody, or for more than is answered, must not make it grow with each
    /// request: it is kept for years, and has told once already that too much is asked for (`throttle::tell_within`). What
    /// became of each request is in its own row, which is deleted sooner.
    fn is_for_the_journal(&self) -> bool {
        self.account_id.is_some() && self.outcome != ResetOutcome::Throttled.as_str_name()
    }
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
    let asker = asker(app, &request);
    for decision in decisions.iter().filter(|one| one.is_for_the_journal()) {
        let about = serde_json::json!({ "request_id": request.id, "outcome": decision.outcome });
        let subject = Subject::of_account(&txn, decision.account_id).await?;
        event::append(&txn, &asker, "reset.decided", subject, None, about).await?;
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

/// From where it was asked.
fn asker<'a>(app: &'a App, request: &reset_request::Model) -> Earlier<'a> {
    Earlier {
        clock: &app.clock,
        network: request.network.clone(),
    }
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
        return Ok(vec![decision(None, ResetOutcome::Unknown)]);
    };
    let refused = if app.config.throttle.enabled {
        let admitted = admission::admit_typed(app, txn, request, key, app.clock.now()).await?;
        admitted.err()
    } else {
        None
    };
    let accounts = match request.kind {
        Kind::ResetByUsername => account::Entity::by_username_key(key),
        // Who gets no mail need not be the best of them.
        Kind::ResetByEmail | Kind::Usernames if refused.is_some() => {
            account::Entity::by_email_key(key)
        }
        Kind::ResetByEmail | Kind::Usernames => account::Entity::mailed_by_email_key(key),
    };
    let accounts = accounts.all(txn).await?;
    let held = hold_up(app, txn, request, (key, &accounts), refused).await?;
    let outcomes: Vec<(&account::Model, ResetOutcome)> = accounts
        .iter()
        .map(|account| (account, held.outcome(account)))
        .collect();
    queue_mail(app, txn, request, &outcomes).await?;
    if request.kind != Kind::Usernames {
        tell_refused(app, txn, &outcomes, &held).await?;
    }
    if outcomes.is_empty() {
        let nobody = match held {
            Held::All(_) => ResetOutcome::Throttled,
            Held::These(_) => ResetOutcome::Unknown,
        };
        return Ok(vec![decision(None, nobody)]);
    }
    let decisions = outcomes
        .iter()
        .map(|(account, outcome)| decision(Some(account.id), *outcome));
    Ok(decisions.collect())
}

/// Who gets nothing because too much was asked.
enum Held {
    /// Nobody gets anything, because this counter is closed.
    All(Throttle),
    /// Some accounts.
    These(Vec<Uuid>),
}

impl Held {
    fn outcome(&self, account: &account::Model) -> ResetOutcome {
        let is_held = match self {
            Self::All(_) => true,
            Self::These(ids) => ids.contains(&account.id),
        };
        if is_held {
            ResetOutcome::Throttled
        } else {
            outcome(account)
        }
    }

    /// Whether it is the person who is asked for too often, and not somebody who asks for too many.
    const fn is_about_the_person(&self) -> bool {
        matches!(self, Self::All(Throttle::Account) | Self::These(_))
    }
}

/// Counts the request, unless what was typed was refused already, and tells operators what is refused.
async fn hold_up(
    app: &App,
    txn: &DatabaseTransaction,
    request: &reset_request::Model,
    (key, accounts): (&str, &[account::Model]),
    refused: Option<Refusal>,
) -> Result<Held, Error> {
    let mut held = Vec::new();
    if !app.config.throttle.enabled {
        return Ok(Held::These(held));
    }
    let now = app.clock.now();
    let asker = asker(app, request);
    let admitted = match refused {
        Some(refusal) => Err(refusal),
        None => admission::admit(app, txn, request, (key, accounts), now).await?,
    };
    if let Err(refusal) = admitted {
        let subject = accounts.first().map(Subject::from).unwrap_or_default();
        throttle::tell_within(txn, &app.metrics, &asker, subject, &refusal, now).await?;
        return Ok(Held::All(refusal.throttle));
    }
    if request.kind == Kind::Usernames {
        return Ok(Held::These(held));
    }
    for account in accounts {
        if outcome(account) != ResetOutcome::Mailed {
            continue;
        }
        if let Err(refusal) = admission::admit_account(app, txn, account, now).await? {
            throttle::tell_within(txn, &app.metrics, &asker, account.into(), &refusal, now).await?;
            held.push(account.id);
        }
    }
    Ok(Held::These(held))
}

/// Tells people, at the address that they have, that they were asked for and get no link.
async fn tell_refused(
    app: &App,
    txn: &DatabaseTransaction,
    outcomes: &[(&account::Model, ResetOutcome)],
    held: &Held,
) -> Result<(), Error> {
    let now = app.clock.now();
    for (account, outcome) in outcomes {
        let why = match (account.state, outcome) {
            (State::Active | State::Pending, ResetOutcome::Throttled)
                if held.is_about_the_person() =>
            {
                RefusedReset::TooOften
            }
            (State::Disabled, ResetOutcome::Disabled) => RefusedReset::Disabled,
            _ => continue,
        };
        refused::tell(txn, app, account, why, now).await?;
    }
    Ok(())
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
    outcomes: &[(&account::Model, ResetOutcome)],
) -> Result<(), Error> {
    let with = |wanted: ResetOutcome| {
        let wanted = outcomes
            .iter()
            .filter(move |(_, outcome)| *outcome == wanted);
        wanted.map(|(account, _)| *account)
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
    let about = (outcomes.len() == 1).then_some(account.id);
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

fn decision(account_id: Option<Uuid>, outcome: ResetOutcome) -> Decision {
    Decision {
        account_id,
        outcome: outcome.as_str_name().to_owned(),
    }
}
