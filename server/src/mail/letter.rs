//! The closed set of mails that the product sends, as data.
//!
//! Links in letters are secrets: whoever holds one may choose the password. Letters are therefore
//! built at the moment of sending, never stored, and print nothing but their kind.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// In whose name mails are written, and where they lead.
#[derive(Clone, Debug)]
pub struct Brand {
    /// Name of the application that people know, such as `Creos`.
    pub app_name: String,
    /// Address of that application.
    pub app_url: String,
    /// Public address of this server, without a slash at its end.
    pub public_url: String,
    /// Whose clocks the times in mails go by.
    pub time_zone: TimeZone,
}

impl Brand {
    /// Address of the page that asks for a new password.
    pub fn forgot_url(&self) -> String {
        format!("{}/Account/ForgotPassword", self.public_url)
    }
}

/// One account of a [`Letter::Reset`], with its two links.
pub struct ResetEntry {
    /// The account's username.
    pub username: String,
    /// Where the new password is chosen.
    pub link: String,
    /// "This was not me": makes the link unusable.
    pub revoke_link: String,
}

/// One account that its institution has not migrated yet, and that can't be reset therefore.
pub struct LegacyEntry {
    /// The account's username.
    pub username: String,
    /// Name of the institution that can migrate it, where one is known.
    pub institution: Option<String>,
    /// How to reach it.
    pub contact: Option<String>,
    /// What it has to say to who is stuck, by language.
    pub help: BTreeMap<String, String>,
}

/// What happened to a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondFactorChange {
    /// Signing in asks for it from now on.
    Added,
    /// The password is enough again.
    Removed,
    /// The recovery codes were replaced.
    CodesReplaced,
    /// A recovery code stood in for it.
    CodeUsed,
}

/// Why somebody who asked for a new password got nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusedReset {
    /// The account is stopped.
    Disabled,
    /// It was asked for again and again.
    TooOften,
    /// A link or a code was given with wrong answers until it died.
    LinkKilled,
}

/// What a [`Letter::Warning`] is about.
pub enum Warning {
    /// The password was changed.
    PasswordChanged,
    /// A code for a new password is handed over by voice or on paper.
    CodeIssued {
        /// When it stops being good, in seconds since the Unix epoch.
        expire_time: i64,
    },
    /// What the person proves itself with beside the password.
    SecondFactor(SecondFactorChange),
    /// The account was opened from somewhere new.
    NewPlace {
        /// The device, as it names itself; may be empty.
        device_name: String,
    },
    /// The account was opened after many wrong passwords.
    ManyFailures {
        /// The device, as it names itself; may be empty.
        device_name: String,
        /// How many.
        failures: i64,
    },
    /// Somebody asked for a new password and got nothing.
    ResetRefused(RefusedReset),
    /// A token that had been renewed was used again, and its session ended.
    SessionStolen {
        /// The device that was signed in, as it names itself; may be empty.
        device_name: String,
    },
    /// Signing in takes another username.
    UsernameChanged {
        /// The one until now.
        before: String,
    },
    /// Many accounts of an institution that the person acts for are guessed at.
    GuessedAt {
        /// The institution's name.
        institution: String,
        /// How many accounts.
        accounts: i64,
    },
}

impl Warning {
    const fn kind(&self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::CodeIssued { .. } => "code_issued",
            Self::SecondFactor(_) => "second_factor_changed",
            Self::NewPlace { .. } => "new_place",
            Self::ManyFailures { .. } => "many_failures",
            Self::ResetRefused(_) => "reset_refused",
            Self::SessionStolen { .. } => "session_stolen",
            Self::UsernameChanged { .. } => "username_changed",
            Self::GuessedAt { .. } => "guessed_at",
        }
    }
}

/// A mail before it is put into words.
pub enum Letter {
    /// Links to choose a new password: one mail for all accounts at the address.
    Reset {
        /// The accounts that can be reset, at least one.
        entries: Vec<ResetEntry>,
        /// The accounts at the same address that must be migrated first.
        told_to_ask: Vec<LegacyEntry>,
        /// How long the links work.
        lifetime: Duration,
        /// Address of the accounts, and of the mail.
        email: String,
    },
    /// Only accounts that must be migrated first are at this address: whom to ask, and how.
    AskInstitution {
        /// The accounts, at least one.
        entries: Vec<LegacyEntry>,
        /// Address of the accounts, and of the mail.
        email: String,
    },
    /// A reminder of the usernames at an address.
    Usernames {
        /// The usernames, at least one.
        usernames: Vec<String>,
        /// Address of the accounts, and of the mail.
        email: String,
    },
    /// A link to choose the first password of a new or migrated account.
    Activation {
        /// The account's username.
        username: String,
        /// Where the password is chosen.
        link: String,
        /// "This was not me": makes the link unusable.
        revoke_link: String,
        /// How long the link works.
        lifetime: Duration,
        /// Address of the account, and of the mail.
        email: String,
    },
    /// A link that proves that a new address belongs to the person; sent to that address.
    ConfirmEmail {
        /// The account's username.
        username: String,
        /// Where the address is confirmed.
        link: String,
        /// The address to confirm.
        new_email: String,
        /// How long the link works.
        lifetime: Duration,
    },
    /// Notice to the present address that another was asked for.
    EmailChangeRequested {
        /// The account's username.
        username: String,
        /// The present address.
        old_email: String,
        /// The new address, masked: it may belong to someone else.
        new_email_masked: String,
        /// "This was not me": stops the change.
        revoke_link: String,
        /// Whether it was the person who asked, or somebody with its password.
        by_person: bool,
    },
    /// Notice of a changed address; sent to both.
    EmailChanged {
        /// The account's username.
        username: String,
        /// The address until now.
        old_email: String,
        /// The address from now on.
        new_email: String,
        /// "This was not me": brings the address until now back. Only to that one.
        not_me_link: Option<String>,
    },
    /// Notice of something that the person should know who did it.
    Warning {
        /// The account's username.
        username: String,
        /// Address of the account, and of the mail.
        email: String,
        /// When it happened, in seconds since the Unix epoch.
        time: i64,
        /// What happened.
        about: Warning,
        /// "This was not me": does what helps, where anything does.
        not_me_link: Option<String>,
    },
    /// A test of the way out: about nobody.
    Test {
        /// Address of the mail.
        email: String,
    },
}

impl Letter {
    /// The name of the kind, for logs and for `MailService`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "reset",
            Self::AskInstitution { .. } => "ask_institution",
            Self::Usernames { .. } => "usernames",
            Self::Activation { .. } => "activation",
            Self::ConfirmEmail { .. } => "confirm_email",
            Self::EmailChangeRequested { .. } => "email_change_requested",
            Self::EmailChanged { .. } => "email_changed",
            Self::Warning { about, .. } => about.kind(),
            Self::Test { .. } => "test",
        }
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({})", self.kind())
    }
}
