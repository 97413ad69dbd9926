//! Mails on their way. `enqueue` writes a row in the transaction of its cause; the worker makes codes and the mail when
//! it is due, and tries until the mail server has taken it or refused it for good.

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    account::email_address::EmailAddress,
    app::App,
    clock::Timestamp,
    error::Error,
    i18n::Locale,
    mail::letter::{RefusedReset, SecondFactorChange},
    store::{account, institution, outbox},
};

mod code;
pub mod deliver;
mod letter;
pub mod shown;

pub use code::{activation_link, link_to_reset};

/// People stop reading what comes often: whoever pesters or travels, or a client with a defect, must not fill a mailbox.
const AT_MOST_EVERY: Duration = Duration::from_hours(24);

/// Kind of the mails that `SendTestMessage` makes.
const TEST: &str = "TEST";

/// Why a mail is sent, and what it needs beside its account. It is kept in the database: no code, no link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Links for the accounts that may reset, and a word for those that are not migrated.
    Reset {
        /// Accounts that get a link.
        accounts: Vec<Uuid>,
        /// LEGACY accounts: their people are told to ask their institution.
        not_migrated: Vec<Uuid>,
        /// The normalised address that they share.
        email_key: String,
        /// Where the person goes afterwards.
        return_url: Option<String>,
    },
    /// The usernames of an address.
    Usernames {
        /// Accounts to name.
        accounts: Vec<Uuid>,
        /// The normalised address that they share.
        email_key: String,
    },
    /// The first link of a new or migrated account.
    Activation,
    /// A notice after the fact.
    PasswordChanged,
    /// A link to the new address.
    ConfirmEmail {
        /// That address.
        new_email: String,
    },
    /// A notice to the old address, with a link that stops the change.
    EmailChangeRequested {
        /// The new one, shown masked.
        new_email: String,
        /// Whether it was asked for with the account's password.
        #[serde(default)]
        by_person: bool,
    },
    /// A notice to both.
    EmailChanged {
        /// Until now.
        old_email: String,
        /// From now on.
        new_email: String,
    },
    /// A notice that a code was handed over.
    CodeIssued {
        /// When that code stops being good, in seconds since the Unix epoch.
        expire_time: i64,
    },
    /// A notice about what the person proves itself with beside the password.
    SecondFactorChanged {
        /// What happened.
        change: SecondFactorChange,
    },
    /// A notice that the account was opened from somewhere new.
    NewPlace {
        /// The device, as it names itself.
        device_name: String,
    },
    /// A notice that the account was opened after many wrong passwords, on a device that is not known.
    ManyFailures {
        /// The device, as it names itself.
        device_name: String,
        /// How many.
        failures: i64,
    },
    /// A notice that somebody who asked for a new password got nothing.
    ResetRefused {
        /// Why.
        why: RefusedReset,
    },
    /// A notice that a session was ended because its old token was used again.
    SessionStolen {
        /// The device that was signed in, as it names itself.
        device_name: String,
    },
    /// A notice that signing in takes another username.
    UsernameChanged {
        /// The one until now.
        before: String,
    },
    /// A notice to who acts for an institution that many of its accounts are guessed at.
    GuessedAt {
        /// The institution's name.
        institution: String,
        /// How many accounts.
        accounts: i64,
    },
    /// A test of the way out.
    Test,
}

impl Cause {
    /// The name of the kind, as it is stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Reset { .. } => outbox::RESET,
            Self::Usernames { .. } => "USERNAMES",
            Self::Activation => outbox::ACTIVATION,
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::ConfirmEmail { .. } => outbox::CONFIRM_EMAIL,
            Self::EmailChangeRequested { .. } => "EMAIL_CHANGE_REQUESTED",
            Self::EmailChanged { .. } => "EMAIL_CHANGED",
            Self::CodeIssued { .. } => "CODE_ISSUED",
            Self::SecondFactorChanged { .. } => "SECOND_FACTOR_CHANGED",
            Self::NewPlace { .. } => "NEW_PLACE",
            Self::ManyFailures { .. } => "MANY_FAILURES",
            Self::ResetRefused { .. } => "RESET_REFUSED",
            Self::SessionStolen { .. } => "SESSION_STOLEN",
            Self::UsernameChanged { .. } => "USERNAME_CHANGED",
            Self::GuessedAt { .. } => "GUESSED_AT",
            Self::Test => TEST,
        }
    }

    /// Whether it was asked for, and can be again. A notice tells of one moment, a test is over once it is answered.
    pub const fn can_be_repeated(&self) -> bool {
        match self {
            Self::Reset { .. }
            | Self::Usernames { .. }
            | Self::Activation
            | Self::ConfirmEmail { .. } => true,
            Self::PasswordChanged
            | Self::EmailChangeRequested { .. }
            | Self::EmailChanged { .. }
            | Self::CodeIssued { .. }
            | Self::SecondFactorChanged { .. }
            | Self::NewPlace { .. }
            | Self::ManyFailures { .. }
            | Self::ResetRefused { .. }
            | Self::SessionStolen { .. }
            | Self::UsernameChanged { .. }
            | Self::GuessedAt { .. }
            | Self::Test => false,
        }
    }
}

/// Where a mail goes, in which language, and what it is about.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The address.
    pub recipient: &'a str,
    /// Its language.
    pub locale: Locale,
    /// Whom it is about; none where several accounts share the address.
    pub account_id: Option<Uuid>,
    /// The request for a reset that it answers.
    pub request_id: Option<Uuid>,
}

/// Queues a mail about one account, in its person's language. Wake the worker after the commit.
pub async fn enqueue(
    db: &impl ConnectionTrait,
    app: &App,
    cause: Cause,
    account: &account::Model,
    recipient: &str,
) -> Result<(), Error> {
    let locale = locale(db, app, account, None).await?;
    let envelope = Envelope {
        recipient,
        locale,
        account_id: Some(account.id),
        request_id: None,
    };
    enqueue_to(db, app, &cause, envelope).await.map(drop)
}

/// The language of mails to a person: its own, else that of its request, its institution's, the configured one.
pub async fn locale(
    db: &impl ConnectionTrait,
    app: &App,
    account: &account::Model,
    asked: Option<&str>,
) -> Result<Locale, Error> {
    let own = [account.locale.as_deref(), asked].into_iter().flatten();
    if let Some(locale) = own.clone().find_map(Locale::parse) {
        return Ok(locale);
    }
    let settings = institution::Entity::holding(db, account.institution_id).await?;
    let locale = settings.locale.as_deref().and_then(Locale::parse);
    Ok(locale.unwrap_or(app.locale))
}

/// Queues a mail to an address that several accounts may share, or none has.
pub async fn enqueue_to(
    db: &impl ConnectionTrait,
    app: &App,
    cause: &Cause,
    envelope: Envelope<'_>,
) -> Result<outbox::Model, Error> {
    let subject = subject(cause)?;
    let now = app.clock.now();
    let row = outbox::ActiveModel {
        id: Set(app.clock.new_id()),
        kind: Set(cause.kind().to_owned()),
        subject: Set(subject),
        account_id: Set(envelope.account_id),
        recipient: Set(envelope.recipient.to_owned()),
        locale: Set(envelope.locale.as_str().to_owned()),
        state: Set(outbox::State::Queued),
        attempts: Set(0),
        due_time: Set(now),
        create_time: Set(now),
        finish_time: Set(None),
        answer: Set(String::new()),
        recipient_key: Set(EmailAddress::lookup_key(envelope.recipient)),
        request_id: Set(envelope.request_id),
        bounce_time: Set(None),
        bounce_reason: Set(None),
        unconfirmed: Set(0),
    };
    Ok(row.insert(db).await?)
}

/// Queues a notice, if the account has an address and was sent none like it today.
pub async fn enqueue_daily(
    db: &impl ConnectionTrait,
    app: &App,
    cause: Cause,
    account: &account::Model,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(email) = &account.email else {
        return Ok(());
    };
    if is_told_today(db, app, &cause, account.id, now).await? {
        return Ok(());
    }
    enqueue(db, app, cause, account, email).await
}

/// Whether a notice like this has been queued for an account today, and not by a clock that was ahead. Most are alike by
/// their kind; that too much was asked for must not keep from anybody that a link was guessed at.
pub async fn is_told_today(
    db: &impl ConnectionTrait,
    app: &App,
    cause: &Cause,
    account_id: Uuid,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut notices = outbox::Entity::find()
        .filter(outbox::Column::AccountId.eq(account_id))
        .filter(outbox::Column::Kind.eq(cause.kind()))
        .filter(outbox::Column::CreateTime.gt(now.minus(AT_MOST_EVERY)))
        // Another call may have queued it since this one began.
        .filter(outbox::Column::CreateTime.lte(app.clock.now()));
    if matches!(cause, Cause::ResetRefused { .. }) {
        notices = notices.filter(outbox::Column::Subject.eq(subject(cause)?));
    }
    Ok(notices.count(db).await? > 0)
}

/// A cause as it is stored.
fn subject(cause: &Cause) -> Result<String, Error> {
    serde_json::to_string(cause).map_err(|cause| Error::Internal(cause.into()))
}

/// Why a mail was queued.
pub fn cause(row: &outbox::Model) -> Result<Cause, Error> {
    serde_json::from_str(&row.subject).map_err(|cause| Error::Internal(cause.into()))
}
