//! "This was not me", in answer to a notice: does what helps against what the notice tells of.

use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait as _};

use crate::{
    account::{email_address::EmailAddress, former_passwords, row, state::Transition},
    auth::lockout,
    call::Call,
    error::Error,
    event,
    mail::letter::SecondFactorChange,
    outbox::{self, Cause, Envelope},
    store::{
        account::{self, State},
        outbox as mails, recovery_code,
        reset_code::{self, Purpose},
        session, totp,
    },
};

/// What helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Links and codes for a new password die: nobody can know the one that there is.
    Links,
    /// Likewise, and somebody may know the password: it dies, sessions end, and a link for a new one is mailed.
    Password,
    /// Likewise, and the authenticator app is a stranger's.
    Factor,
    /// As with the password, and the address is a stranger's: this one is the account's again.
    Address(String),
}

impl Remedy {
    const fn name(&self) -> &'static str {
        match self {
            Self::Links => "links",
            Self::Password => "password",
            Self::Factor => "second_factor",
            Self::Address(_) => "address",
        }
    }

    /// What a code of a notice is for, or one that stops a change of the address; none for any other.
    pub(super) async fn of(
        db: &impl sea_orm::ConnectionTrait,
        code: &reset_code::Model,
    ) -> Result<Option<(Self, Option<mails::Model>)>, Error> {
        if !matches!(code.purpose, Purpose::NotMe | Purpose::EmailChangeStop) {
            return Ok(None);
        }
        let notice = mails::Entity::find_by_id(code.message_id).one(db).await?;
        let remedy = match notice.as_ref().map(outbox::cause).transpose()? {
            Some(Cause::EmailChanged { old_email, .. }) => Self::Address(old_email),
            Some(Cause::SecondFactorChanged {
                change: SecondFactorChange::Added,
            }) => Self::Factor,
            Some(Cause::EmailChangeRequested {
                by_person: false, ..
            }) => return Ok(None),
            Some(Cause::CodeIssued { .. } | Cause::ResetRefused { .. }) => Self::Links,
            _ => Self::Password,
        };
        Ok(Some((remedy, notice)))
    }
}

/// Uses the code of a notice. False if another call did.
pub(super) async fn carry_out(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    code: &reset_code::Model,
    (remedy, notice): (Remedy, Option<mails::Model>),
) -> Result<bool, Error> {
    // The account first, as with all that changes its codes: in another order, two calls could wait for each other.
    let account = match row::lock(txn, code.account_id).await {
        Err(Error::NotFound) => return Ok(false),
        locked => locked?,
    };
    if !reset_code::Entity::consume(txn, code.id, call.now).await? {
        return Ok(false);
    }
    reset_code::Entity::revoke_all(txn, account.id, call.now).await?;
    let about = serde_json::json!({
        "notice": notice.as_ref().map(|notice| notice.kind.as_str()),
        "remedy": remedy.name(),
    });
    event::append(txn, call, "account.not_me", &account, None, about).await?;
    if remedy == Remedy::Links {
        return Ok(true);
    }

    kill_answers(call, txn, code, &remedy).await?;
    session::Entity::revoke_all(txn, account.id, None, "not_me", call.now).await?;
    remove_factor(txn, &account, &remedy, notice.as_ref()).await?;
    let account = take_back(call, txn, account, (code, &remedy)).await?;
    lockout::forget(txn, call.app, &account.username_key).await?;
    former_passwords::forgive(txn, call.app, account.id).await?;
    mail_link(call, txn, &account, code).await?;
    Ok(true)
}

/// A thief's own notices must not undo what is done here, and the person can still do what only another notice does.
async fn kill_answers(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    code: &reset_code::Model,
    remedy: &Remedy,
) -> Result<(), Error> {
    let (id, now) = (code.account_id, call.now);
    if let Remedy::Address(email) = remedy {
        // Whoever has had the account first has the last word: a thief who changes the address twice gets a notice too.
        mails::Entity::withdraw_elsewhere(txn, id, email, now).await?;
        reset_code::Entity::revoke_not_me_after(txn, id, code.message_id, now).await?;
    } else if let Some(email) = &code.email {
        let app_added = Cause::SecondFactorChanged {
            change: SecondFactorChange::Added,
        };
        let spared = (email.as_str(), app_added.kind());
        reset_code::Entity::revoke_not_me(txn, id, spared, now).await?;
    }
    Ok(())
}

/// Ends the password, and brings the address back.
async fn take_back(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    before: account::Model,
    (code, remedy): (&reset_code::Model, &Remedy),
) -> Result<account::Model, Error> {
    let without_password = |state| {
        Transition::Distrust
            .next(state, None, false)
            .unwrap_or(state)
    };
    let mut changes = account::ActiveModel {
        password_hash: Set(None),
        state: Set(without_password(before.state)),
        prior_state: Set(before.prior_state.map(without_password)),
        devices_from_time: Set(Some(call.app.clock.now())),
        ..Default::default()
    };
    // Whoever answers a notice has read it there.
    if code.email.is_some() && code.email == before.email {
        changes.email_verified = Set(true);
    }
    if let Remedy::Address(email) = remedy
        && let Ok(address) = EmailAddress::parse(email)
    {
        changes.email = Set(Some(email.clone()));
        changes.email_key = Set(Some(address.key().to_owned()));
        changes.email_verified = Set(true);
        let about = serde_json::json!({});
        event::append(txn, call, "email.changed", &before, None, about).await?;
    }
    row::save(txn, &before, changes, call.now).await
}

/// Removes the app that the notice told of, not one that came later; and one that came after the address was a stranger's.
async fn remove_factor(
    txn: &DatabaseTransaction,
    account: &account::Model,
    remedy: &Remedy,
    notice: Option<&mails::Model>,
) -> Result<(), Error> {
    let told = notice.map(|notice| notice.create_time);
    let app = totp::Entity::confirmed(account.id).one(txn).await?;
    let is_strange = app.is_some_and(|app| match remedy {
        Remedy::Factor => app.confirm_time <= told,
        Remedy::Address(_) => app.confirm_time >= told,
        Remedy::Links | Remedy::Password => false,
    });
    if is_strange {
        totp::Entity::remove(txn, account.id).await?;
        recovery_code::Entity::remove(txn, account.id).await?;
    }
    Ok(())
}

/// Mails a link for a new password, to the address that the account has, if it is the one that the notice went to.
async fn mail_link(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
    code: &reset_code::Model,
) -> Result<(), Error> {
    let (Some(email), Some(email_key)) = (&account.email, &account.email_key) else {
        return Ok(());
    };
    let is_same = code.email.as_deref() == Some(email);
    if !is_same || !matches!(account.state, State::Pending | State::Active) {
        return Ok(());
    }
    let cause = Cause::Reset {
        accounts: vec![account.id],
        not_migrated: Vec::new(),
        email_key: email_key.clone(),
        return_url: None,
    };
    let envelope = Envelope {
        recipient: email,
        locale: outbox::locale(txn, call.app, account, None).await?,
        account_id: Some(account.id),
        request_id: None,
    };
    outbox::enqueue_to(txn, call.app, &cause, envelope)
        .await
        .map(drop)
}
