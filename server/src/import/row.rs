//! One row of an import, read: values that an account may hold, or everything that is wrong with them.

use guichet_proto::v1::ImportRow;
use uuid::Uuid;

use crate::{
    account::fields::Fields,
    app::App,
    call::Call,
    error::{Error, Violation},
    master_key::{Digest, Purpose},
    password::stored::ImportedHash,
};

const PASSWORD_HASH: &str = "password_hash";

/// A row whose values are right; whether there is room for them is another question.
#[derive(Clone)]
pub struct Candidate {
    /// What the row is known by in its source.
    pub key: String,
    /// Keyed digest of all that it says.
    pub digest: Digest,
    /// As typed.
    pub username: String,
    /// Normalised.
    pub username_key: String,
    /// As typed.
    pub email: Option<String>,
    /// Normalised.
    pub email_key: Option<String>,
    /// Shown to people.
    pub display_name: String,
    /// Language of mails.
    pub locale: Option<String>,
    /// Id in the source.
    pub external_id: Option<String>,
    /// External id of the institution.
    pub institution: Option<String>,
    /// The password hash as it came.
    pub imported_hash: Option<ImportedHash>,
    /// The form in which it is stored, once somebody has made it.
    pub password_hash: Option<String>,
    /// JSON object.
    pub attributes: String,
}

impl Candidate {
    /// Reads a row that a caller has sent, as [`Candidate::read`] does. A password hash may only come from who may choose
    /// passwords, by the rule of `CreateAccount`: nobody chooses another person's but a system that moves them (OWASP ASVS
    /// 5.0, 6.4.6).
    ///
    /// # Errors
    /// `INVALID_FIELDS`, each field named as its column.
    pub fn given(
        call: &Call<'_>,
        row: &ImportRow,
        institution_id: Option<Uuid>,
    ) -> Result<Self, Error> {
        let read = Self::read(call.app, row, institution_id);
        if row.password_hash.is_empty() || call.caller.has_role("admin") {
            return read;
        }
        let mut faults = match read {
            Ok(_) => Vec::new(),
            Err(Error::InvalidFields(faults)) => faults,
            Err(error) => return Err(error),
        };
        // What else is wrong with the hash is of no use to who may send none.
        faults.retain(|fault| fault.field != PASSWORD_HASH);
        faults.push(Violation::new(PASSWORD_HASH, "NOT_ALLOWED"));
        Err(Error::InvalidFields(faults))
    }

    /// Reads a row. One that names no institution means `institution_id`.
    ///
    /// # Errors
    /// `INVALID_FIELDS`, each field named as its column.
    pub fn read(app: &App, row: &ImportRow, institution_id: Option<Uuid>) -> Result<Self, Error> {
        let mut fields = Fields::default();
        let username = fields.username("username", &row.username);
        let email = match row.email.as_str() {
            "" => None,
            typed => fields.email("email", typed),
        };
        let external_id = fields.external_id("external_id", &row.external_id);
        let institution =
            fields.external_id("institution_external_id", &row.institution_external_id);
        let attributes = fields.attributes("attributes", &row.attributes);
        let imported_hash = match row.password_hash.as_str() {
            "" => None,
            hash => fields.password_hash(PASSWORD_HASH, hash),
        };
        let display_name = fields.display_name("display_name", &row.display_name);
        let locale = fields.locale("locale", &row.locale);
        fields.finish()?;
        // It is there, or its absence was just refused.
        let username_key = username
            .map(|username| username.key().to_owned())
            .unwrap_or_default();

        Ok(Self {
            key: match &external_id {
                Some(id) => format!("id:{id}"),
                None => format!("username:{username_key}"),
            },
            digest: digest(app, row, institution_id, &attributes),
            username: row.username.clone(),
            username_key,
            email_key: email.as_ref().map(|email| email.key().to_owned()),
            email: email.map(|email| email.as_str().to_owned()),
            display_name,
            locale,
            external_id,
            institution,
            imported_hash,
            password_hash: None,
            attributes,
        })
    }
}

/// What makes two rows say the same, their numbers aside.
fn digest(app: &App, row: &ImportRow, institution_id: Option<Uuid>, attributes: &str) -> Digest {
    let implied = institution_id.filter(|_| row.institution_external_id.is_empty());
    let implied = implied.map(|id| id.to_string()).unwrap_or_default();
    let parts = [
        "import row",
        &implied,
        &row.username,
        &row.email,
        &row.display_name,
        &row.external_id,
        &row.institution_external_id,
        &row.locale,
        &row.password_hash,
        attributes,
    ];
    let parts = parts.map(str::as_bytes);
    app.master_key.digest(Purpose::RepeatedRequests, &parts)
}
