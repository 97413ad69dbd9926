//! Repetitions of a call under one request id get the first reply (AIP-155).

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use prost::Message;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use crate::{
    call::{Call, parse_id},
    clock::Timestamp,
    error::Error,
    master_key::{Digest, Purpose},
    store::first_reply::{ActiveModel, Column, Entity},
};

/// How long a repetition is recognised.
const MEMORY: Duration = Duration::from_hours(24);

/// A caller's request id, and what was asked under it.
pub struct RequestId {
    caller: String,
    id: Uuid,
    request_hash: Digest,
}

impl RequestId {
    /// The id of a request that is to be carried out once; none if it has none. `asked` is the request without its
    /// `map`, which is encoded in any order.
    pub fn read(
        call: &Call<'_>,
        request_id: &str,
        asked: &impl Message,
        map: &HashMap<String, String>,
    ) -> Result<Option<Self>, Error> {
        if request_id.is_empty() {
            return Ok(None);
        }
        let id = parse_id("request_id", request_id)?;

        Ok(Some(Self {
            caller: call
                .caller
                .actor_id()
                .map(|id| id.to_string())
                .unwrap_or_default(),
            id,
            request_hash: request_hash(call, asked, map),
        }))
    }

    /// What the first call under this id was answered.
    pub async fn first_reply<R: Message + Default>(
        &self,
        db: &impl ConnectionTrait,
        now: Timestamp,
    ) -> Result<Option<R>, Error> {
        let row = Entity::find_by_id((self.caller.clone(), self.id))
            .one(db)
            .await?;
        let Some(row) = row.filter(|row| now < row.expire_time) else {
            return Ok(None);
        };
        if !self.request_hash.is(&row.request_hash) {
            return Err(Error::field("request_id", "NOT_ALLOWED"));
        }
        R::decode(row.reply.as_slice())
            .map(Some)
            .map_err(|cause| Error::Internal(cause.into()))
    }

    /// Keeps the reply in the transaction that it tells of. `about` is the account or institution that was made.
    pub async fn keep(
        &self,
        txn: &impl ConnectionTrait,
        reply: &impl Message,
        about: Uuid,
        now: Timestamp,
    ) -> Result<(), Error> {
        // One that has expired is in the way until the worker sweeps it.
        Entity::delete_many()
            .filter(Column::Caller.eq(&self.caller))
            .filter(Column::RequestId.eq(self.id))
            .filter(Column::ExpireTime.lte(now))
            .exec(txn)
            .await?;
        let row = ActiveModel {
            caller: Set(self.caller.clone()),
            request_id: Set(self.id),
            request_hash: Set(self.request_hash.to_vec()),
            reply: Set(reply.encode_to_vec()),
            account_id: Set(about),
            expire_time: Set(now.plus(MEMORY)),
        };
        Entity::insert(row).exec_without_returning(txn).await?;
        Ok(())
    }
}

/// Keyed, because the request may hold a password.
fn request_hash(call: &Call<'_>, asked: &impl Message, map: &HashMap<String, String>) -> Digest {
    let sorted: BTreeMap<&String, &String> = map.iter().collect();
    let encoded = asked.encode_to_vec();

    let mut parts = vec![encoded.as_slice()];
    for (key, value) in sorted {
        parts.extend([key.as_bytes(), value.as_bytes()]);
    }
    call.app
        .master_key
        .digest(Purpose::RepeatedRequests, &parts)
}
