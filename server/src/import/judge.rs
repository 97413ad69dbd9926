//! The rule of imports: what becomes of a row.

use uuid::Uuid;

use super::{known::Known, row::Candidate, taken::Taken};
use crate::{
    account::search,
    clock::Timestamp,
    error::Violation,
    store::{
        account::{Model, State},
        account_origin, import,
        scope::Scope,
    },
};

/// What is to be done about a row.
pub enum Judgement {
    /// It is a new account.
    Create(Box<Model>),
    /// It is this account, which becomes that one.
    Update {
        /// As it is.
        before: Box<Model>,
        /// As it shall be.
        after: Box<Model>,
        /// Where it came from.
        origin: account_origin::Model,
    },
    /// It says what it said before.
    Unchanged(Uuid),
    /// Nothing, for these reasons.
    Refuse(Vec<Violation>),
}

/// Judges the rows of one import.
pub struct Judge<'a> {
    /// The import.
    pub job: &'a import::Model,
    /// What the caller reaches.
    pub scope: &'a Scope,
    /// What the database has.
    pub known: &'a Known,
    /// When the batch is written.
    pub now: Timestamp,
}

impl Judge<'_> {
    /// What becomes of a row. An accepted one takes what it has, so that the next ones can't.
    pub fn judge(&self, row: &Candidate, taken: &mut Taken, new_id: Uuid) -> Judgement {
        let origin = self.known.origins.get(&row.key);
        if !taken.take_key(row) || origin.is_some_and(|origin| origin.import_id == self.job.id) {
            return refuse(key_column(row), "DUPLICATE_ROW");
        }
        let institution_id = match self.institution(row) {
            Ok(id) => id,
            Err(fault) => return Judgement::Refuse(vec![fault]),
        };
        let judgement = match origin {
            Some(origin) => self.known_row(row, origin, institution_id, taken),
            None => self.new_row(row, institution_id, taken, new_id),
        };
        if !matches!(judgement, Judgement::Refuse(_)) {
            taken.take(row, institution_id);
        }
        judgement
    }

    fn institution(&self, row: &Candidate) -> Result<Option<Uuid>, Violation> {
        const COLUMN: &str = "institution_external_id";
        match &row.institution {
            Some(named) => match self.known.institutions.get(named) {
                Some(id) => Ok(Some(*id)),
                None => Err(Violation::new(COLUMN, "UNKNOWN_INSTITUTION")),
            },
            None if self.job.institution_id.is_some() || *self.scope == Scope::Everything => {
                Ok(self.job.institution_id)
            }
            None => Err(Violation::new(COLUMN, "REQUIRED")),
        }
    }

    fn new_row(
        &self,
        row: &Candidate,
        institution_id: Option<Uuid>,
        taken: &Taken,
        new_id: Uuid,
    ) -> Judgement {
        let mut faults = Vec::new();
        if self.has_username(row, taken) {
            faults.push(Violation::new("username", "USERNAME_TAKEN"));
        }
        if let Some(id) = &row.external_id
            && (self.known.external_ids.contains(id) || taken.has_external_id(id))
        {
            faults.push(Violation::new("external_id", "EXTERNAL_ID_TAKEN"));
        }
        if self.is_elsewhere(row, &[institution_id], taken) {
            faults.push(Violation::new("email", "EMAIL_ELSEWHERE"));
        }
        if !faults.is_empty() {
            return Judgement::Refuse(faults);
        }
        Judgement::Create(Box::new(Model {
            id: new_id,
            username: row.username.clone(),
            username_key: row.username_key.clone(),
            email: row.email.clone(),
            email_key: row.email_key.clone(),
            email_verified: false,
            display_name: row.display_name.clone(),
            name_key: search::name_key(&row.display_name),
            locale: row.locale.clone(),
            state: match row.imported_hash {
                Some(_) => State::Active,
                None => self.job.account_state,
            },
            prior_state: None,
            institution_id,
            external_id: row.external_id.clone(),
            roles: "[]".to_owned(),
            attributes: row.attributes.clone(),
            password_hash: row.password_hash.clone(),
            create_time: self.now,
            update_time: self.now,
            last_login_time: None,
            version: 1,
            devices_from_time: None,
        }))
    }

    /// A row that an earlier import had.
    fn known_row(
        &self,
        row: &Candidate,
        origin: &account_origin::Model,
        institution_id: Option<Uuid>,
        taken: &Taken,
    ) -> Judgement {
        // Out of scope it is somebody else's person, whoever named the source first.
        let Some(before) = self.known.accounts.get(&origin.account_id) else {
            return refuse(key_column(row), "EXTERNAL_ID_TAKEN");
        };
        if row.digest.is(&origin.row_digest) {
            return Judgement::Unchanged(before.id);
        }
        if is_touched(before, origin.account_version) {
            return refuse(key_column(row), "ACCOUNT_CHANGED");
        }
        let mut faults = Vec::new();
        if row.username_key != before.username_key && self.has_username(row, taken) {
            faults.push(Violation::new("username", "USERNAME_TAKEN"));
        }
        if self.is_elsewhere(row, &[institution_id, before.institution_id], taken) {
            faults.push(Violation::new("email", "EMAIL_ELSEWHERE"));
        }
        if self.would_take_over(row, before) {
            faults.push(Violation::new("email", "NOT_ALLOWED"));
        }
        if !faults.is_empty() {
            return Judgement::Refuse(faults);
        }
        Judgement::Update {
            after: Box::new(Model {
                username: row.username.clone(),
                username_key: row.username_key.clone(),
                email: row.email.clone(),
                email_key: row.email_key.clone(),
                display_name: row.display_name.clone(),
                name_key: search::name_key(&row.display_name),
                locale: row.locale.clone(),
                state: match row.imported_hash {
                    Some(_) => State::Active,
                    None => before.state,
                },
                institution_id,
                attributes: row.attributes.clone(),
                update_time: self.now,
                // A row without one does not take the old one away.
                password_hash: row
                    .password_hash
                    .clone()
                    .or_else(|| before.password_hash.clone()),
                ..before.clone()
            }),
            before: Box::new(before.clone()),
            origin: origin.clone(),
        }
    }

    /// Whether who acts for an institution would give an account that has a password, or whose person lost it to somebody
    /// else, another address, and be mailed links there: `RequestEmailChange` asks the new address, and tells the old one.
    fn would_take_over(&self, row: &Candidate, before: &Model) -> bool {
        let is_delegate = *self.scope != Scope::Everything;
        let is_somebodys = before.state == State::Active || before.email_verified;
        is_delegate && is_somebodys && row.email_key != before.email_key
    }

    fn has_username(&self, row: &Candidate, taken: &Taken) -> bool {
        let key = &row.username_key;
        self.known.usernames.contains(key) || taken.has_username(key)
    }

    /// Whether an account of another institution in scope has the address.
    fn is_elsewhere(&self, row: &Candidate, here: &[Option<Uuid>], taken: &Taken) -> bool {
        let Some(key) = &row.email_key else {
            return false;
        };
        if self.job.accept_emails_elsewhere {
            return false;
        }
        let known = self.known.emails.get(key).into_iter().flatten();
        known
            .chain(taken.institutions_of_email(key))
            .any(|institution| !here.contains(institution))
    }
}

/// Whether anybody has changed an account, or signed in to it, since an import made this version of it.
pub fn is_touched(account: &Model, version: i64) -> bool {
    account.version != version || account.last_login_time.is_some()
}

/// The column that a row is known by.
const fn key_column(row: &Candidate) -> &'static str {
    if row.external_id.is_some() {
        "external_id"
    } else {
        "username"
    }
}

fn refuse(column: &str, reason: &'static str) -> Judgement {
    Judgement::Refuse(vec![Violation::new(column, reason)])
}
