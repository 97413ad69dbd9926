//! The keys that sign access tokens. They live in the database, sealed; every replica reads them again every few
//! seconds, so a rotation needs no word between replicas.
//!
//! A new key is published before it signs, so that whoever caches the key set knows it by then. It verifies until the
//! last token it can have signed has expired.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context as _, anyhow, ensure};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use guichet_proto::v1::{GetSigningKeysRequest, GetSigningKeysResponse};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, PaginatorTrait as _, QueryOrder as _,
};

use crate::{
    call::Call,
    clock::{Clock, Timestamp},
    config::{TokenAlgorithm, Tokens},
    error::Error,
    event::{self, Subject},
    master_key::{MasterKey, Purpose},
    store::{Store, retired_key, signing_key},
};

/// How much longer than the access token's lifetime an old key verifies: clocks differ.
const LEEWAY: Duration = Duration::from_mins(5);

/// How often servers read the keys again: they also learn from it which master key is in force.
pub const RELOAD: Duration = Duration::from_secs(5);

/// One key, ready for use.
pub struct Key {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// The only algorithm it may be used with.
    pub algorithm: Algorithm,
    /// Signs.
    pub encoding: EncodingKey,
    /// Verifies.
    pub decoding: DecodingKey,
    jwk: Jwk,
    activate_time: Timestamp,
}

/// The keys in force.
pub struct KeyRing {
    keys: RwLock<Arc<[Arc<Key>]>>,
    algorithm: TokenAlgorithm,
    publish_ahead: Duration,
    rotation: Duration,
    /// How long a key verifies after its successor began to sign.
    keep: Duration,
}

impl KeyRing {
    /// Reads the keys, and makes the first one.
    pub async fn open(
        store: &Store,
        master_key: &MasterKey,
        clock: &Clock,
        tokens: &Tokens,
        access_ttl: Duration,
    ) -> anyhow::Result<Self> {
        let ring = Self {
            keys: RwLock::default(),
            algorithm: tokens.algorithm,
            publish_ahead: tokens.key_publish_ahead,
            rotation: tokens.key_rotation,
            keep: access_ttl + LEEWAY,
        };
        ring.reload(store, master_key).await?;
        if ring.snapshot().is_empty() {
            ring.make(store, master_key, clock, Duration::ZERO).await?;
        }
        Ok(ring)
    }

    /// Reads the keys again.
    pub async fn reload(&self, store: &Store, master_key: &MasterKey) -> anyhow::Result<()> {
        let keys = read(store, master_key).await?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Publishes the next key; it signs once everybody can know it. Returns its id and that moment.
    pub async fn rotate(
        &self,
        store: &Store,
        master_key: &MasterKey,
        clock: &Clock,
    ) -> anyhow::Result<(String, Timestamp)> {
        self.make(store, master_key, clock, self.publish_ahead)
            .await
    }

    /// Whether the newest key has been signing for as long as a key may.
    pub fn is_rotation_due(&self, now: Timestamp) -> bool {
        self.snapshot()
            .last()
            .is_some_and(|newest| newest.activate_time.plus(self.rotation) <= now)
    }

    /// The key that signs at `now`.
    pub fn signing(&self, now: Timestamp) -> Option<Arc<Key>> {
        let keys = self.snapshot();
        let active = keys.iter().rev().find(|key| key.activate_time <= now);
        // A clock that stepped back must not leave the product without a key.
        active.or(keys.first()).cloned()
    }

    /// The key named by a token, if it still verifies at `now`.
    pub fn verifying(&self, kid: &str, now: Timestamp) -> Option<Arc<Key>> {
        let keys = self.snapshot();
        let mut published = self.published(&keys, now);
        published.find(|key| key.kid == kid).cloned()
    }

    /// The public halves as an RFC 7517 document.
    pub fn jwks(&self, now: Timestamp) -> String {
        let keys = self.snapshot();
        let keys: Vec<&Jwk> = self.published(&keys, now).map(|key| &key.jwk).collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// Those of `keys` that verify at `now`: each until its successor has been signing for long enough.
    fn published<'k>(
        &self,
        keys: &'k [Arc<Key>],
        now: Timestamp,
    ) -> impl Iterator<Item = &'k Arc<Key>> {
        let keep = self.keep;
        keys.iter().enumerate().filter_map(move |(index, key)| {
            let next = keys.get(index + 1);
            let is_over = next.is_some_and(|next| next.activate_time.plus(keep) <= now);
            (!is_over).then_some(key)
        })
    }

    fn snapshot(&self) -> Arc<[Arc<Key>]> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys)
    }

    async fn make(
        &self,
        store: &Store,
        master_key: &MasterKey,
        clock: &Clock,
        ahead: Duration,
    ) -> anyhow::Result<(String, Timestamp)> {
        let (algorithm, private) = generate(self.algorithm)?;
        let jwk = public_half(algorithm, &private)?;
        let kid = jwk.common.key_id.clone().context("a key without id")?;
        let now = clock.now();
        let activate_time = now.plus(ahead);

        let txn = store.write().await?;
        signing_key::ActiveModel {
            kid: Set(kid.clone()),
            algorithm: Set(name(algorithm).to_owned()),
            sealed_key: Set(master_key.seal(Purpose::SigningKeys, &private, kid.as_bytes())),
            jwk: Set(serde_json::to_string(&jwk)?),
            create_time: Set(now),
            activate_time: Set(activate_time),
        }
        .insert(&txn)
        .await?;
        event::append(
            &txn,
            clock,
            "signing_key.created",
            Subject::default(),
            None,
            serde_json::json!({ "kid": kid }),
        )
        .await?;
        txn.commit().await?;

        self.reload(store, master_key).await?;
        Ok((kid, activate_time))
    }
}

/// Fails where a server could not use the keys that there are. Makes none, nor a master key.
pub async fn check(store: &Store, master_key: Option<&MasterKey>) -> anyhow::Result<()> {
    if let Some(master_key) = master_key {
        return read(store, master_key).await.map(drop);
    }
    let made = signing_key::Entity::find().count(&store.read).await?;
    ensure!(
        made == 0,
        "there is no master key, and the database was made under one: put `master.key` back into the data directory, or \
         give it in GUICHET_MASTER_KEY"
    );
    Ok(())
}

/// The keys, in the order in which they begin to sign.
async fn read(store: &Store, master_key: &MasterKey) -> anyhow::Result<Arc<[Arc<Key>]>> {
    retired_key::teach(&store.read, master_key).await?;
    let rows = signing_key::Entity::find()
        .order_by_asc(signing_key::Column::ActivateTime)
        .order_by_asc(signing_key::Column::Kid)
        .all(&store.read)
        .await?;
    rows.into_iter()
        .map(|row| Ok(Arc::new(unseal(row, master_key)?)))
        .collect()
}

const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDSA => "EdDSA",
        _ => "ES256",
    }
}

fn generate(algorithm: TokenAlgorithm) -> anyhow::Result<(Algorithm, zeroize::Zeroizing<Vec<u8>>)> {
    let random = SystemRandom::new();
    let (algorithm, document) = match algorithm {
        TokenAlgorithm::Es256 => (
            Algorithm::ES256,
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
        ),
        // Only this form lets jsonwebtoken find the public half.
        TokenAlgorithm::EdDsa => (Algorithm::EdDSA, Ed25519KeyPair::generate_pkcs8v1(&random)),
    };
    let document = document.map_err(|_| anyhow!("can't make a signing key"))?;
    Ok((algorithm, document.as_ref().to_vec().into()))
}

fn encoding_key(algorithm: Algorithm, private: &[u8]) -> EncodingKey {
    match algorithm {
        Algorithm::EdDSA => EncodingKey::from_ed_der(private),
        _ => EncodingKey::from_ec_der(private),
    }
}

fn public_half(algorithm: Algorithm, private: &[u8]) -> anyhow::Result<Jwk> {
    let mut jwk = Jwk::from_encoding_key(&encoding_key(algorithm, private), algorithm)?;
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256)?);
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok(jwk)
}

fn unseal(row: signing_key::Model, master_key: &MasterKey) -> anyhow::Result<Key> {
    let private = row.private_key(master_key).map_err(|_| {
        anyhow!("a signing key does not open: the database was made under another master key")
    })?;
    let algorithm = if row.algorithm == "EdDSA" {
        Algorithm::EdDSA
    } else {
        Algorithm::ES256
    };
    let jwk: Jwk = serde_json::from_str(&row.jwk)?;
    Ok(Key {
        encoding: encoding_key(algorithm, &private),
        decoding: DecodingKey::from_jwk(&jwk)?,
        kid: row.kid,
        algorithm,
        jwk,
        activate_time: row.activate_time,
    })
}

/// Returns the keys that verify access tokens.
pub async fn get_signing_keys(
    call: &Call<'_>,
    _request: GetSigningKeysRequest,
) -> Result<GetSigningKeysResponse, Error> {
    Ok(GetSigningKeysResponse {
        jwks: call.app.keys.jwks(call.now),
    })
}
