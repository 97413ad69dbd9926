//! What a seal is made of.

use std::{fmt, str::FromStr};

use aws_lc_rs::{constant_time, digest};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, QueryOrder as _};

use crate::{
    master_key::{MasterKey, Purpose},
    store::{event, event_seal},
};

/// The seal that a chain ends with: whoever wrote it down elsewhere can tell later whether the end was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The seal's number.
    pub number: i64,
    /// Its MAC.
    pub mac: Vec<u8>,
}

impl Head {
    /// The newest seal; none before the first.
    pub async fn newest(db: &impl ConnectionTrait) -> Result<Option<Self>, DbErr> {
        let newest = event_seal::Entity::find().order_by_desc(event_seal::Column::Number);
        Ok(newest.one(db).await?.as_ref().map(Self::from))
    }
}

impl From<&event_seal::Model> for Head {
    fn from(seal: &event_seal::Model) -> Self {
        Self {
            number: seal.number,
            mac: seal.mac.clone(),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.number, hex::encode(&self.mac))
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "a head is NUMBER:HEXADECIMAL, as `guichet audit verify` prints it".to_owned();
        let (number, mac) = text.split_once(':').ok_or_else(wrong)?;
        Ok(Self {
            number: number.parse().map_err(|_| wrong())?,
            mac: hex::decode(mac).map_err(|_| wrong())?,
        })
    }
}

/// The digest of events in the order of their ids. Each goes in with its length, as JSON: one spelling on every database.
pub(super) fn digest(events: &[event::Model]) -> Result<Vec<u8>, serde_json::Error> {
    let mut context = digest::Context::new(&digest::SHA256);
    for event in events {
        let written = serde_json::to_vec(&(
            event.id,
            &event.kind,
            event.time.0,
            event.account_id,
            event.institution_id,
            event.actor_id,
            &event.attributes,
            &event.network,
        ))?;
        context.update(&(written.len() as u64).to_be_bytes());
        context.update(&written);
    }
    Ok(context.finish().as_ref().to_vec())
}

/// The MAC of a seal behind the one before.
pub(super) fn mac(master_key: &MasterKey, seal: &event_seal::Model, before: &[u8]) -> Vec<u8> {
    let parts: [&[u8]; 5] = [
        before,
        &seal.number.to_be_bytes(),
        &seal.event_count.to_be_bytes(),
        &seal.seal_time.0.to_be_bytes(),
        &seal.digest,
    ];
    master_key.mac(Purpose::EventSeals, &parts).to_vec()
}

/// Whether a seal is what it was made as.
pub(super) fn is_genuine(master_key: &MasterKey, seal: &event_seal::Model, before: &[u8]) -> bool {
    let expected = mac(master_key, seal, before);
    constant_time::verify_slices_are_equal(&expected, &seal.mac).is_ok()
}
