//! Mails on their way. `enqueue` writes a row in the transaction of its cause; the worker makes codes and the mail when
//! it is due, and tries until the mail server has taken it or refused it for good.

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    i18n::Locale,
    store::{account, institution, outbox},
};

pub mod deliver;
mod letter;

pub use letter::activation_link;

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
    },
    /// A notice to both.
    EmailChanged {
        /// Until now.
        old_email: String,
        /// From now on.
        new_email: String,
    },
}

impl Cause {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "RESET",
            Self::Usernames { .. } => "USERNAMES",
            Self::Activation => "ACTIVATION",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::ConfirmEmail { .. } => "CONFIRM_EMAIL",
            Self::EmailChangeRequested { .. } => "EMAIL_CHANGE_REQUESTED",
            Self::EmailChanged { .. } => "EMAIL_CHANGED",
        }
    }
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
    enqueue_to(db, app, cause, Some(account.id), recipient, locale).await
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
    let Some(id) = account.institution_id else {
        return Ok(app.locale);
    };
    let settings = institution::Entity::effective(db, &[id]).await?.remove(&id);
    let locale = settings.and_then(|settings| Locale::parse(&settings.locale?));
    Ok(locale.unwrap_or(app.locale))
}

/// Queues a mail to an address that several accounts may share.
pub async fn enqueue_to(
    db: &impl ConnectionTrait,
    app: &App,
    cause: Cause,
    account_id: Option<Uuid>,
    recipient: &str,
    locale: Locale,
) -> Result<(), Error> {
    let subject = serde_json::to_string(&cause).map_err(|cause| Error::Internal(cause.into()))?;
    let now = app.clock.now();
    outbox::ActiveModel {
        id: Set(app.clock.new_id()),
        kind: Set(cause.kind().to_owned()),
        subject: Set(subject),
        account_id: Set(account_id),
        recipient: Set(recipient.to_owned()),
        locale: Set(locale.as_str().to_owned()),
        state: Set(outbox::State::Queued),
        attempts: Set(0),
        due_time: Set(now),
        create_time: Set(now),
        finish_time: Set(None),
        answer: Set(String::new()),
    }
    .insert(db)
    .await?;
    Ok(())
}
