//! From a row of the outbox to the letter itself. Codes are made only for a letter that is about to leave.

use std::time::Duration;

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
};
use uuid::Uuid;

use super::{
    Cause,
    code::{Fresh, link, mint},
};
use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    mail::letter::{Letter, RefusedReset, ResetEntry, Warning},
    store::{
        account::{self, State},
        outbox,
        reset_code::Purpose,
    },
};

mod ask;

/// How long "this was not me" can be said: people are on holiday, and a thief reads the mails of an address that he has
/// brought under his control from then on, not those of before.
const NOT_ME: Duration = Duration::from_hours(7 * 24);

/// By how much the clocks of replicas may differ.
const TOLERANCE: Duration = Duration::from_secs(1);

/// Stands where a code was.
const WITHHELD: &str = "…";

/// What a letter is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purport {
    /// To leave at once: its codes are made.
    Mail,
    /// To see whether anybody still has a use for it.
    Trial,
    /// To be shown, whatever has become of its people since.
    Record,
}

/// Writes the letter of a row, or nothing if nobody has a use for it any more.
pub(super) async fn write(
    db: &impl ConnectionTrait,
    app: &App,
    row: &outbox::Model,
    cause: Cause,
    purport: Purport,
) -> Result<Option<Letter>, Error> {
    let desk = Desk {
        db,
        app,
        row,
        purport,
        now: app.clock.now(),
    };
    match cause {
        Cause::Reset {
            accounts,
            not_migrated,
            email_key,
            return_url,
        } => {
            let accounts = desk
                .still(&accounts, &email_key, &[State::Active, State::Pending])
                .await?;
            let not_migrated = desk
                .still(&not_migrated, &email_key, &[State::Legacy])
                .await?;
            desk.reset(accounts, &not_migrated, (&email_key, return_url))
                .await
        }
        Cause::Usernames {
            accounts,
            email_key,
        } => {
            let named = [State::Active, State::Pending, State::Legacy];
            Ok(desk.usernames(desk.still(&accounts, &email_key, &named).await?))
        }
        Cause::Test => Ok(Some(Letter::Test {
            email: row.recipient.clone(),
        })),
        cause => match desk.account().await? {
            Some(account) => desk.about(account, cause).await,
            None => Ok(None),
        },
    }
}

/// What writing one letter needs.
struct Desk<'a, C> {
    db: &'a C,
    app: &'a App,
    row: &'a outbox::Model,
    purport: Purport,
    now: Timestamp,
}

impl<C: ConnectionTrait> Desk<'_, C> {
    async fn reset(
        &self,
        accounts: Vec<account::Model>,
        not_migrated: &[account::Model],
        (email_key, return_url): (&str, Option<String>),
    ) -> Result<Option<Letter>, Error> {
        let email = self.row.recipient.clone();
        let lifetime = self.app.config.lifetimes.reset;
        let told_to_ask = self.whom_to_ask(&accounts, not_migrated, email_key).await?;
        let mut entries = Vec::new();
        for account in accounts {
            let code = self
                .code(
                    &account,
                    Purpose::Reset,
                    lifetime,
                    &email,
                    return_url.clone(),
                )
                .await?;
            entries.push(ResetEntry {
                link: self.link("ResetPassword", account.id, &code),
                revoke_link: self.link("RevokeReset", account.id, &code),
                username: account.username,
            });
        }

        Ok(match (entries.is_empty(), told_to_ask.is_empty()) {
            (true, true) => None,
            (true, false) => Some(Letter::AskInstitution {
                entries: told_to_ask,
                email,
            }),
            (false, _) => Some(Letter::Reset {
                entries,
                told_to_ask,
                lifetime,
                email,
            }),
        })
    }

    fn usernames(&self, accounts: Vec<account::Model>) -> Option<Letter> {
        let usernames: Vec<String> = accounts
            .into_iter()
            .map(|account| account.username)
            .collect();
        let email = self.row.recipient.clone();
        (!usernames.is_empty()).then_some(Letter::Usernames { usernames, email })
    }

    async fn about(&self, account: account::Model, cause: Cause) -> Result<Option<Letter>, Error> {
        let email = self.row.recipient.clone();
        let username = account.username.clone();
        Ok(match cause {
            Cause::Activation if self.is_record() || self.is_awaited(&account) => {
                let lifetime = self.app.config.lifetimes.activation;
                let code = self
                    .code(&account, Purpose::Activation, lifetime, &email, None)
                    .await?;
                let link = self.link("ResetPassword", account.id, &code);
                let revoke_link = self.link("RevokeReset", account.id, &code);
                Some(Letter::Activation {
                    username,
                    link,
                    revoke_link,
                    lifetime,
                    email,
                })
            }
            cause => match asked_about(&cause) {
                Some(about) => Some(self.warning(&account, about).await?),
                None => self.about_email(&account, cause).await?,
            },
        })
    }

    async fn warning(&self, account: &account::Model, about: Warning) -> Result<Letter, Error> {
        // Of an account that is stopped there is nothing to save, a username is for an administrator to give, and what is
        // told to an administrator is about others.
        let not_me_link = match about {
            Warning::ResetRefused(RefusedReset::Disabled)
            | Warning::UsernameChanged { .. }
            | Warning::GuessedAt { .. } => None,
            _ => Some(self.not_me_link(account).await?),
        };
        Ok(Letter::Warning {
            username: account.username.clone(),
            email: self.row.recipient.clone(),
            time: self.row.create_time.unix_seconds(),
            about,
            not_me_link,
        })
    }

    /// "This was not me": what its code does is read from this row when it is used.
    async fn not_me_link(&self, account: &account::Model) -> Result<String, Error> {
        let email = &self.row.recipient;
        let code = self.code(account, Purpose::NotMe, NOT_ME, email, None);
        Ok(self.link("RevokeReset", account.id, &code.await?))
    }

    async fn about_email(
        &self,
        account: &account::Model,
        cause: Cause,
    ) -> Result<Option<Letter>, Error> {
        let lifetime = self.app.config.lifetimes.reset;
        let username = account.username.clone();
        Ok(match cause {
            // Only the address asked for last can be confirmed.
            Cause::ConfirmEmail { .. } if !self.is_record() && self.has_successor().await? => None,
            Cause::ConfirmEmail { new_email } => {
                let code = self
                    .code(account, Purpose::EmailChange, lifetime, &new_email, None)
                    .await?;
                let link = self.link("ConfirmEmail", account.id, &code);
                Some(Letter::ConfirmEmail {
                    username,
                    link,
                    new_email,
                    lifetime,
                })
            }
            Cause::EmailChangeRequested {
                new_email,
                by_person,
            } => {
                let old_email = self.row.recipient.clone();
                let stop = Purpose::EmailChangeStop;
                let code = self.code(account, stop, lifetime, &old_email, None);
                let revoke_link = self.link("RevokeReset", account.id, &code.await?);
                Some(Letter::EmailChangeRequested {
                    username,
                    old_email,
                    new_email_masked: masked(&new_email),
                    revoke_link,
                    by_person,
                })
            }
            Cause::EmailChanged {
                old_email,
                new_email,
            } => {
                // Only who had the account before can have it back.
                let mut not_me_link = None;
                if self.row.recipient == old_email {
                    not_me_link = Some(self.not_me_link(account).await?);
                }
                Some(Letter::EmailChanged {
                    username,
                    old_email,
                    new_email,
                    not_me_link,
                })
            }
            // An activation that is no longer needed; the others are not about an address.
            _ => None,
        })
    }

    /// Whether the account is yet to be opened; what is about to leave must go to the address that it has by now.
    fn is_awaited(&self, account: &account::Model) -> bool {
        let follows = self.purport != Purport::Mail;
        let is_its_address = account.email.as_ref() == Some(&self.row.recipient);
        account.state == State::Pending && (follows || is_its_address)
    }

    fn is_record(&self) -> bool {
        self.purport == Purport::Record
    }

    async fn account(&self) -> Result<Option<account::Model>, Error> {
        let Some(id) = self.row.account_id else {
            return Ok(None);
        };
        let account = self.held().filter(account::Column::Id.eq(id));
        let account = account.one(self.db).await?;
        Ok(account.filter(|account| self.is_record() || account.state != State::Deleted))
    }

    /// Accounts, which stay as they are until the codes made for them are committed: whoever stops one kills its codes after
    /// that, or has stopped it before. Of two that wait for each other, the database has one begun again.
    fn held(&self) -> Select<account::Entity> {
        match self.purport {
            Purport::Mail => account::Entity::find().lock_shared(),
            Purport::Trial | Purport::Record => account::Entity::find(),
        }
    }

    /// Whether a later mail with the same purpose was queued for the account, and not by a clock that was ahead.
    async fn has_successor(&self) -> Result<bool, Error> {
        let later = outbox::Entity::find()
            .filter(outbox::Column::AccountId.eq(self.row.account_id))
            .filter(outbox::Column::Kind.eq(self.row.kind.as_str()))
            .filter(outbox::Column::Id.gt(self.row.id))
            .filter(outbox::Column::CreateTime.lte(self.now.plus(TOLERANCE)));
        Ok(later.count(self.db).await? > 0)
    }

    /// The accounts among `ids` that are still in one of `states` and still have this address.
    async fn still(
        &self,
        ids: &[Uuid],
        email_key: &str,
        states: &[State],
    ) -> Result<Vec<account::Model>, Error> {
        let found = self.held().order_by_asc(account::Column::UsernameKey);
        let found = found.filter(account::Column::Id.is_in(ids.iter().copied()));
        let accounts = found.all(self.db).await?;
        let is_still = |account: &account::Model| {
            account.email_key.as_deref() == Some(email_key) && states.contains(&account.state)
        };
        Ok(accounts
            .into_iter()
            .filter(|account| self.is_record() || is_still(account))
            .collect())
    }

    async fn code(
        &self,
        account: &account::Model,
        purpose: Purpose,
        lifetime: Duration,
        email: &str,
        return_url: Option<String>,
    ) -> Result<String, Error> {
        if self.purport != Purport::Mail {
            return Ok(WITHHELD.to_owned());
        }
        let fresh = Fresh {
            account_id: account.id,
            message_id: self.row.id,
            purpose,
            email,
            return_url,
        };
        mint(self.db, self.app, fresh, self.now, lifetime).await
    }

    fn link(&self, page: &str, account_id: Uuid, code: &str) -> String {
        link(self.app, page, account_id, code)
    }
}

/// What a notice asks the person about; none if it is another mail.
fn asked_about(cause: &Cause) -> Option<Warning> {
    Some(match cause.clone() {
        Cause::PasswordChanged => Warning::PasswordChanged,
        Cause::CodeIssued { expire_time } => Warning::CodeIssued { expire_time },
        Cause::SecondFactorChanged { change } => Warning::SecondFactor(change),
        Cause::NewPlace { device_name } => Warning::NewPlace { device_name },
        Cause::ManyFailures {
            device_name,
            failures,
        } => Warning::ManyFailures {
            device_name,
            failures,
        },
        Cause::ResetRefused { why } => Warning::ResetRefused(why),
        Cause::SessionStolen { device_name } => Warning::SessionStolen { device_name },
        Cause::UsernameChanged { before } => Warning::UsernameChanged { before },
        Cause::GuessedAt {
            institution,
            accounts,
        } => Warning::GuessedAt {
            institution,
            accounts,
        },
        _ => return None,
    })
}

/// `l…@ecole.be`: enough to recognise one's own address, too little to learn another's.
fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    format!("{}…@{domain}", local.chars().next().unwrap_or('…'))
}
