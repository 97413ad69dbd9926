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
    let parts = numbers(seal);
    let parts = parts_of(&parts, seal, before);
    master_key.mac(Purpose::EventSeals, &parts).to_vec()
}

/// Under which of the master keys a seal is what it was made as, counted from the oldest; none if under none.
pub(super) fn key_of(
    master_key: &MasterKey,
    seal: &event_seal::Model,
    before: &[u8],
) -> Option<usize> {
    let parts = numbers(seal);
    let macs = master_key.macs(Purpose::EventSeals, &parts_of(&parts, seal, before));
    macs.iter()
        .position(|mac| constant_time::verify_slices_are_equal(mac, &seal.mac).is_ok())
}

fn numbers(seal: &event_seal::Model) -> [[u8; 8]; 3] {
    [seal.number, seal.event_count, seal.seal_time.0].map(i64::to_be_bytes)
}

fn parts_of<'a>(
    [number, event_count, seal_time]: &'a [[u8; 8]; 3],
    seal: &'a event_seal::Model,
    before: &'a [u8],
) -> [&'a [u8]; 5] {
    [before, number, event_count, seal_time, &seal.digest]
}
