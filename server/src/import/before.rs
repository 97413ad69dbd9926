//! What an updated account was before, so that an import can be taken back.

use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    account::search,
    store::{
        account::{ActiveModel, Model, State},
        account_origin,
    },
};

/// The columns that an import changes, and the origin's.
#[derive(Serialize, Deserialize)]
pub struct Before {
    username: String,
    username_key: String,
    email: Option<String>,
    email_key: Option<String>,
    display_name: String,
    locale: Option<String>,
    state: String,
    institution_id: Option<Uuid>,
    attributes: String,
    password_hash: Option<String>,
    row_digest: String,
    import_id: Uuid,
}

impl Before {
    /// An account and its origin as they are.
    pub fn of(account: Model, origin: &account_origin::Model) -> Self {
        Self {
            username: account.username,
            username_key: account.username_key,
            email: account.email,
            email_key: account.email_key,
            display_name: account.display_name,
            locale: account.locale,
            state: sea_orm::ActiveEnum::to_value(&account.state),
            institution_id: account.institution_id,
            attributes: account.attributes,
            password_hash: account.password_hash,
            row_digest: hex::encode(&origin.row_digest),
            import_id: origin.import_id,
        }
    }

    /// The normalised username.
    pub fn username_key(&self) -> &str {
        &self.username_key
    }

    /// Where the account belonged.
    pub const fn institution_id(&self) -> Option<Uuid> {
        self.institution_id
    }

    /// As it is kept.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// As it was kept.
    pub fn from_json(text: &str) -> anyhow::Result<Self> {
        Ok(serde_json::from_str(text)?)
    }

    /// The changes that make the account what it was.
    pub fn of_account(&self) -> anyhow::Result<ActiveModel> {
        Ok(ActiveModel {
            username: Set(self.username.clone()),
            username_key: Set(self.username_key.clone()),
            email: Set(self.email.clone()),
            email_key: Set(self.email_key.clone()),
            display_name: Set(self.display_name.clone()),
            name_key: Set(search::name_key(&self.display_name)),
            locale: Set(self.locale.clone()),
            state: Set(<State as sea_orm::ActiveEnum>::try_from_value(&self.state)?),
            institution_id: Set(self.institution_id),
            attributes: Set(self.attributes.clone()),
            password_hash: Set(self.password_hash.clone()),
            ..Default::default()
        })
    }

    /// The changes that make the origin what it was, for an account that is now at `version`.
    pub fn of_origin(&self, version: i64) -> anyhow::Result<account_origin::ActiveModel> {
        Ok(account_origin::ActiveModel {
            account_version: Set(version),
            row_digest: Set(hex::decode(&self.row_digest)?),
            import_id: Set(self.import_id),
            ..Default::default()
        })
    }
}
