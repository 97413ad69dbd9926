//! Table `signing_key`: the keys that sign access tokens, sealed under the master key.

use sea_orm::entity::prelude::*;

use zeroize::Zeroizing;

use crate::{
    clock::Timestamp,
    master_key::{MasterKey, OpenError, Purpose},
};

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    /// RFC 7638 thumbprint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// `ES256` or `EdDSA`.
    pub algorithm: String,
    /// PKCS#8, sealed.
    pub sealed_key: Vec<u8>,
    /// The public half as RFC 7517 JSON.
    pub jwk: String,
    /// When it was made and published.
    pub create_time: Timestamp,
    /// When it starts to sign.
    pub activate_time: Timestamp,
}

impl Model {
    /// The private half, which opens only under the master key that it was sealed under.
    pub fn private_key(&self, master_key: &MasterKey) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        master_key.open(Purpose::SigningKeys, &self.sealed_key, self.kid.as_bytes())
    }
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
