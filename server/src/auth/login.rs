//! `Login`: username and password become a session.

use std::time::{Duration, Instant};

use guichet_proto::v1::{LoginRequest, LoginResponse, login_response::Outcome};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseTransaction,
    DbBackend, EntityTrait as _, QueryFilter as _, SelectExt as _,
};
use tokio::time::sleep_until;
use uuid::Uuid;

use super::{
    challenge::Challenge,
    lockout::{self, Approach, Charged},
    refresh_token::RefreshToken,
    session::{self, Arrival, Proof},
};
use crate::{
    account::username::Username,
    app::App,
    call::Call,
    error::{Error, Violation},
    password::{Password, stored::StoredHash},
    refusals::Refused,
    store::{
        account::{self, State},
        totp,
    },
    text,
};

const MAX_DEVICE_NAME: usize = 200;

/// Verifications of one sign-in: the second only if the account changed after the first.
const ROUNDS: usize = 2;

/// How long it takes to be told that one must wait: looking at somebody's counters takes some microseconds more or fewer
/// than at nobody's.
const REFUSAL_TAKES: Duration = Duration::from_millis(5);

/// Whose password was typed.
enum Verified {
    /// This account's; with a new hash if the stored one is weaker than what is configured.
    As(Box<account::Model>, Option<String>),
    /// Nobody's who may sign in; when that was looked at.
    Wrong { begun: Instant },
}

/// What became of a try.
enum Attempt {
    /// The password is right: the person is signed in, or is asked for a second factor.
    Opened(Outcome),
    /// The password is wrong; when that was looked at.
    Wrong { begun: Instant },
    /// What was verified is no longer so.
    Overtaken,
}

/// Signs in.
///
/// Unknown, wrong, disabled, not migrated and without password are one answer after the same work, one look-up and one
/// argon2 in the same queue, and after the same time, whatever system a hash came from.
pub async fn login(call: &Call<'_>, request: LoginRequest) -> Result<LoginResponse, Error> {
    check_shape(&request)?;
    let app = call.app;
    app.hasher.look_in(call.client)?;
    let approach = Approach::of(call, &request.username, &request.device_token);
    // Kept until the answer, and all waits count from here: or the answer to a second try, sent along with the first, would
    // tell how long the first was looked at.
    let _turn = approach.turn(call).await?;
    let turned = Instant::now();
    // Before the try is charged: a rush must not keep the database busy with sign-ins that find no room.
    let place = app.hasher.enter(call.client)?;
    let charged = match lockout::charge(call, &approach).await {
        Ok(charged) => charged,
        Err(refusal) => {
            drop(place);
            sleep_until((turned + REFUSAL_TAKES).into()).await;
            return Err(refusal);
        }
    };

    let password = Password::typed(&request.password);
    // A second round is for who signs in twice at once: one of the two renewed the hash that the other verified.
    for _ in 0..ROUNDS {
        match verify_and_open(call, &request, &password, (&approach, &charged)).await {
            Ok(Attempt::Wrong { begun }) => {
                // Whoever waits needs no room to compute in.
                drop(place);
                call.note(Refused::SignIn(key_of(&request.username)));
                lockout::count_failure(call).await?;
                let since = [turned, begun];
                app.hasher.as_slow_as_any(since, &password).await;
                return Err(Error::BadCredentials);
            }
            Ok(Attempt::Opened(outcome)) => {
                forgive(app, &charged).await;
                return Ok(LoginResponse {
                    outcome: Some(outcome),
                });
            }
            Ok(Attempt::Overtaken) => {}
            Err(error) => {
                // No room, or the database failed: nothing was learnt about the password.
                lockout::take_back(app, charged).await?;
                return Err(error);
            }
        }
    }
    Err(Error::BadCredentials)
}

/// The person is signed in, whatever becomes of this.
async fn forgive(app: &App, charged: &Charged) {
    if let Err(error) = lockout::forgive_network(&app.store, charged).await {
        tracing::warn!("a network's failures: {}", error.reason());
    }
}

async fn verify_and_open(
    call: &Call<'_>,
    request: &LoginRequest,
    password: &Password,
    tried: (&Approach<'_>, &Charged),
) -> Result<Attempt, Error> {
    match verify(call, &request.username, password).await? {
        Verified::As(account, renewed) => open(call, (*account, renewed), request, tried).await,
        Verified::Wrong { begun } => Ok(Attempt::Wrong { begun }),
    }
}

fn check_shape(request: &LoginRequest) -> Result<(), Error> {
    if request.username.contains(['@', '＠', '﹫']) {
        return Err(Error::EmailNotUsername);
    }
    let mut violations = Vec::new();
    if request.username.is_empty() {
        violations.push(Violation::new("username", "REQUIRED"));
    }
    if request.device_name.chars().count() > MAX_DEVICE_NAME {
        violations.push(Violation::with_limit(
            "device_name",
            "TOO_LONG",
            MAX_DEVICE_NAME,
        ));
    } else if request.device_name.contains(text::breaks_a_line) {
        violations.push(Violation::new("device_name", "FORBIDDEN_CHARACTER"));
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Error::InvalidFields(violations))
    }
}

/// What a username is looked up by; empty for what can be nobody's.
fn key_of(typed: &str) -> String {
    Username::lookup_key(typed).unwrap_or_default()
}

/// Whose password it is.
async fn verify(call: &Call<'_>, typed: &str, password: &Password) -> Result<Verified, Error> {
    let hasher = &call.app.hasher;
    let account = account::Entity::by_username_key(&key_of(typed))
        .one(&call.app.store.read)
        .await?;
    let known = account
        .filter(|account| account.state == State::Active)
        .and_then(|account| {
            let stored = StoredHash::parse(account.password_hash.as_deref()?).ok()?;
            Some((account, stored))
        });
    let Some((account, stored)) = known else {
        let verdict = hasher.verify_dummy(password, call.deadline).await?;
        let begun = verdict.begun;
        return Ok(Verified::Wrong { begun });
    };
    let verdict = hasher.verify(password, &stored, call.deadline).await?;
    if !verdict.matches {
        let begun = verdict.begun;
        return Ok(Verified::Wrong { begun });
    }
    // A renewal that finds no room waits for the next sign-in.
    let renewed = if verdict.needs_renewal {
        hasher.hash(password, call.deadline).await.ok()
    } else {
        None
    };
    Ok(Verified::As(Box::new(account), renewed))
}

/// Opens the session or asks for the second factor, unless what was verified no longer holds: a reset, a disable or a
/// renewal came in between.
async fn open(
    call: &Call<'_>,
    (account, renewed): (account::Model, Option<String>),
    request: &LoginRequest,
    (approach, charged): (&Approach<'_>, &Charged),
) -> Result<Attempt, Error> {
    let _turn = call.app.store.turn().await;
    let second_factor = totp::Entity::confirmed(account.id);
    let has_second_factor = second_factor.one(&call.app.store.read).await?.is_some();
    // With a second factor that comes later, when the session is opened.
    let before = if has_second_factor {
        None
    } else {
        Some(session::Before::look(call, &account, &request.device_token).await?)
    };
    let mut arrival = Arrival {
        device_name: request.device_name.clone(),
        device_token: approach.device_token(&request.device_token),
        failures: 0,
        replaces: replaced(call.app, request),
    };
    let txn = call.app.store.write().await?;
    let is_as_read = if before.is_some() {
        mark_signed_in(call, &txn, &account, renewed.clone(), Proof::Password).await?
    } else {
        renew(&txn, &account, renewed.clone()).await?
    };
    // PostgreSQL looks anew at the row that it waited for, not at what stands beside it: an app added meanwhile.
    if !is_as_read || (before.is_some() && second_factor_came(&txn, account.id).await?) {
        return Ok(Attempt::Overtaken);
    }
    arrival.failures = lockout::refund(&txn, charged).await?;
    let outcome = if let Some(before) = before {
        let signed_in = (&account, before);
        Outcome::Tokens(session::open(call, &txn, signed_in, arrival, Proof::Password).await?)
    } else {
        let kept = renewed.or_else(|| account.password_hash.clone());
        let challenge = Challenge::of(account.id, kept.as_deref(), arrival, call.now);
        Outcome::Challenge(challenge.to_proto(&call.app.master_key)?)
    };
    txn.commit().await?;
    Ok(Attempt::Opened(outcome))
}

/// Whether the account has a second factor by now, on a database where that is not known from the statement before.
async fn second_factor_came(txn: &DatabaseTransaction, account_id: Uuid) -> Result<bool, Error> {
    if txn.get_database_backend() == DbBackend::Sqlite {
        return Ok(false);
    }
    Ok(totp::Entity::confirmed(account_id).exists(txn).await?)
}

/// The session whose place the new one takes; none for a token that is not ours.
fn replaced(app: &App, request: &LoginRequest) -> Option<Uuid> {
    let token = RefreshToken::parse(&app.master_key, &request.replaced_refresh_token)?;
    Some(token.session_id)
}

/// Writes down that the person signed in, with a renewed hash if there is one; false if the account has changed since it
/// was read, or wants more than a password by now.
pub(super) async fn mark_signed_in(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
    renewed: Option<String>,
    proof: Proof,
) -> Result<bool, Error> {
    let mut signed_in = account::ActiveModel {
        last_login_time: Set(Some(call.now)),
        ..Default::default()
    };
    if let Some(hash) = renewed {
        signed_in.password_hash = Set(Some(hash));
    }
    let more = match proof {
        Proof::Password => Condition::all().add(totp::Entity::none_confirmed()),
        Proof::SecondFactor => Condition::all(),
    };
    update_as_read(txn, account, signed_in, more).await
}

/// Keeps the renewed hash, or the one there is; false likewise.
async fn renew(
    txn: &DatabaseTransaction,
    account: &account::Model,
    renewed: Option<String>,
) -> Result<bool, Error> {
    let kept = account::ActiveModel {
        password_hash: Set(renewed.or_else(|| account.password_hash.clone())),
        ..Default::default()
    };
    update_as_read(txn, account, kept, Condition::all()).await
}

async fn update_as_read(
    txn: &DatabaseTransaction,
    account: &account::Model,
    changes: account::ActiveModel,
    more: Condition,
) -> Result<bool, Error> {
    let update = account::Entity::update_many()
        .set(changes)
        .filter(account::Column::Id.eq(account.id))
        .filter(account::Column::State.eq(State::Active))
        .filter(account::Column::PasswordHash.eq(account.password_hash.as_deref()))
        .filter(more)
        .exec(txn)
        .await?;
    Ok(update.rows_affected == 1)
}
