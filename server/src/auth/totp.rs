//! `BeginTotpEnrollment`, `ConfirmTotpEnrollment`, `RemoveTotp`: codes from an authenticator app (RFC 6238).

use std::time::Duration;

use guichet_proto::v1::{
    BeginTotpEnrollmentRequest, BeginTotpEnrollmentResponse, ConfirmTotpEnrollmentRequest,
    ConfirmTotpEnrollmentResponse, RemoveTotpRequest, RemoveTotpResponse,
};
use sea_orm::EntityTrait as _;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::{own_account, recovery_codes, second_factor};
use crate::{
    account::{current_password, row},
    app::App,
    call::Call,
    caller::Caller,
    error::Error,
    mail::letter::SecondFactorChange,
    master_key::Purpose,
    secret,
    store::{account, recovery_code, session, totp},
};

/// RFC 4226, section 4: at least 128 bits, 160 recommended.
const SECRET_BYTES: usize = 20;

/// What every app can: others ignore what else an address asks for.
const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;

/// How long a secret that was begun can be confirmed: a few minutes are enough for reading it into an app.
const BEGUN_LASTS: Duration = Duration::from_hours(1);

/// Steps by which a telephone's clock may be off either way (RFC 6238, section 5.2).
const SKEW_STEPS: u16 = 1;

/// Makes a secret that nothing asks for yet.
pub async fn begin_totp_enrollment(
    call: &Call<'_>,
    request: BeginTotpEnrollmentRequest,
) -> Result<BeginTotpEnrollmentResponse, Error> {
    let account = own_account(call, &request.current_password).await?;
    let secret = Zeroizing::new(secret::random::<SECRET_BYTES>());
    let app = call.app;
    let sealed = app.master_key.seal(
        Purpose::TotpSecrets,
        secret.as_slice(),
        account.id.as_bytes(),
    );

    let txn = app.store.write().await?;
    current_password::lock(&txn, &account).await?;
    if !totp::Entity::begin(&txn, account.id, sealed, call.now).await? {
        return Err(Error::State);
    }
    txn.commit().await?;
    let totp = named(app, &account, secret.as_slice());
    let uri = totp
        .to_url()
        .map_err(|cause| Error::Internal(anyhow::anyhow!(cause)))?;
    Ok(BeginTotpEnrollmentResponse {
        secret: totp.secret().to_base32(),
        uri,
    })
}

/// Puts the secret to use: the person has it.
pub async fn confirm_totp_enrollment(
    call: &Call<'_>,
    request: ConfirmTotpEnrollmentRequest,
) -> Result<ConfirmTotpEnrollmentResponse, Error> {
    let Caller::Person {
        account_id,
        session_id,
        ..
    } = call.caller
    else {
        return Err(Error::Forbidden);
    };
    if request.totp_code.is_empty() {
        return Err(Error::field("totp_code", "REQUIRED"));
    }
    let store = &call.app.store;
    let begun = totp::Entity::find_by_id(account_id)
        .one(&store.read)
        .await?;
    let begun = begun
        .filter(|begun| begun.confirm_time.is_none())
        .ok_or(Error::State)?;
    let looked_at = row::find(&store.read, account_id).await?;
    second_factor::charge(call, &looked_at).await?;
    let step = step_of(call, &begun, &request.totp_code)?.ok_or(Error::WrongCode)?;

    let (codes, hashes) = recovery_codes::fresh(call.app, account_id);
    let txn = store.write().await?;
    let account = row::lock(&txn, account_id).await?;
    // Another password since the first look: whoever set it may have ended this session, too.
    if account.password_hash != looked_at.password_hash {
        return Err(Error::State);
    }
    if !is_of_present_password(call, &begun, &account) {
        return Err(Error::State);
    }
    if !totp::Entity::confirm(&txn, &begun, step, call.now).await? {
        return Err(Error::State);
    }
    recovery_code::Entity::replace(&txn, account_id, hashes, call.now).await?;
    session::Entity::revoke_all(&txn, account_id, Some(session_id), "totp.added", call.now).await?;
    second_factor::forgive(call, &txn, account_id).await?;
    second_factor::tell(call, &txn, &account, SecondFactorChange::Added).await?;
    txn.commit().await?;
    call.app.wake.send_replace(());
    Ok(ConfirmTotpEnrollmentResponse {
        recovery_codes: codes,
    })
}

/// Whether a secret was begun lately, and with the password that the account has: who knew the one before may have kept the
/// secret, and this takes no password. One of a clock that was ahead would be of the present password for ever.
fn is_of_present_password(call: &Call<'_>, begun: &totp::Model, account: &account::Model) -> bool {
    let lately = call.now.minus(BEGUN_LASTS)..=call.now.plus(BEGUN_LASTS);
    let password_from = account
        .devices_from_time
        .filter(|from| *from <= call.app.clock.now());
    lately.contains(&begun.create_time) && Some(begun.create_time) >= password_from
}

/// Makes the password enough again.
pub async fn remove_totp(
    call: &Call<'_>,
    request: RemoveTotpRequest,
) -> Result<RemoveTotpResponse, Error> {
    let id = call.named_account("account_id", &request.account_id)?;
    let own = call.caller.account_id() == Some(id);
    let verified = if own {
        Some(own_account(call, &request.current_password).await?)
    } else {
        None
    };

    let txn = call.app.store.write().await?;
    let account = match &verified {
        Some(verified) => current_password::lock(&txn, verified).await?,
        None => row::lock_in_scope(&txn, call, id).await?,
    };
    if !totp::Entity::remove(&txn, id).await? {
        return Err(Error::State);
    }
    recovery_code::Entity::remove(&txn, id).await?;
    second_factor::forgive(call, &txn, id).await?;
    second_factor::tell(call, &txn, &account, SecondFactorChange::Removed).await?;
    txn.commit().await?;
    call.app.wake.send_replace(());
    Ok(RemoveTotpResponse {})
}

/// The step whose code was typed, if it is one of those around now.
pub(super) fn step_of(
    call: &Call<'_>,
    row: &totp::Model,
    typed: &str,
) -> Result<Option<i64>, Error> {
    let secret = call
        .app
        .master_key
        .open(
            Purpose::TotpSecrets,
            &row.sealed_secret,
            row.account_id.as_bytes(),
        )
        .map_err(|cause| Error::Internal(cause.into()))?;
    let code: String = typed
        .chars()
        .filter(|typed| !typed.is_whitespace())
        .collect();
    let now = u64::try_from(call.now.unix_seconds()).unwrap_or_default();
    let step = builder(&secret).build_noncompliant().check(&code, now);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// With the names that an app shows.
fn named(app: &App, account: &account::Model, secret: &[u8]) -> Totp {
    // A colon ends the issuer's name in the address.
    let without_colon = |name: &str| name.replace(':', " ");
    builder(secret)
        .with_issuer(Some(without_colon(&app.config.application.name)))
        .with_account_name(without_colon(&account.username))
        .build_noncompliant()
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW_STEPS)
        .with_step_duration(STEP_SECONDS)
        .with_secret(secret.to_vec())
}
