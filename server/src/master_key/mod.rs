//! The one key from which all others follow. It never touches the database; what lies there is sealed under it.
//!
//! It can be replaced while people work. Every server is first given the new key and the previous one; then
//! `guichet keys rotate-master` seals anew what is sealed, in one transaction that also says that from now on the new key
//! is in force. Servers look every few seconds, and until they have seen it they write under the previous key, which the
//! others still read. So they may be given their keys one after the other, and nobody is signed out:
//!
//! | Purpose | What becomes of it |
//! |---|---|
//! | `SigningKeys`, `TotpSecrets`, `RetiredKeys` | sealed anew; both keys open them until that is finished |
//! | `PageTokens`, `Challenges`, `Devices` | both keys open them as long as both are given; then a device is a new one |
//! | `RefreshTokens`, `Forms` | the old tag counts; what follows is made under the key in force |
//! | `ShortCodes`, `RecoveryCodes`, `RepeatedRequests` | what is stored was made once and can't be made anew: the old MAC counts |
//! | `EventSeals` | each seal is checked under its own key, which may only get newer along the chain |
//! | `ThrottleKeys` | counters begin anew, at most a day's worth of failures: what was typed is not known any more |
//!
//! Where an old MAC counts for longer than servers have the old key, its derived key lies in `retired_key`, sealed under the
//! new master key. Of the purposes that seal nothing is kept: whoever gets the new key can't open an old backup with it.

mod digest;
mod file;
mod key;
mod retired;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use anyhow::{Context, ensure};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

pub use self::digest::Digest;
use self::key::{Derived, Key};
use self::retired::Retired;
use crate::config::Storage;

/// The master key, and the one that it replaces while that is given too. `Debug` prints nothing of them.
pub struct MasterKey {
    newest: Key,
    previous: Option<Key>,
    /// Whether the database is still sealed under the previous one.
    is_pending: AtomicBool,
    /// What is left of earlier ones, the oldest first.
    retired: RwLock<Vec<Retired>>,
}

/// What a derived key is for. Keys of different purposes have nothing in common (NIST SP 800-108).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Private keys of access tokens, sealed in the database.
    SigningKeys,
    /// Page tokens, which callers must not read or forge.
    PageTokens,
    /// Refresh tokens: the tag that proves them ours, and the secret of each one's successor.
    RefreshTokens,
    /// Names of throttle buckets, which must not tell what was typed.
    ThrottleKeys,
    /// Digests of requests that may hold a password, kept to recognise a repetition.
    RepeatedRequests,
    /// Tokens that prove a form to come from a page of ours.
    Forms,
    /// Codes that are short enough to be typed, which a plain hash would not hide.
    ShortCodes,
    /// What authenticator apps share with the server, sealed in the database.
    TotpSecrets,
    /// Codes that stand in for a lost second factor.
    RecoveryCodes,
    /// Tokens that say whose password was right, until the second factor is.
    Challenges,
    /// Seals over the journal.
    EventSeals,
    /// What is left of master keys that were replaced, sealed in the database.
    RetiredKeys,
    /// Tokens by which the devices that a person has signed in on are known again.
    Devices,
}

/// The sealed bytes are damaged, or were sealed under another key, for another purpose or with other associated data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed data cannot be opened: it is damaged or was sealed under another key")]
pub struct OpenError;

impl MasterKey {
    /// Takes the configured key, else the one in the data directory, which is made at the first start; and the previous one,
    /// if it is configured.
    ///
    /// # Errors
    /// When the file can't be read or made, holds no key, or may be read by other users; when both keys are the same.
    pub fn load_or_create(storage: &Storage) -> anyhow::Result<Self> {
        let newest = match &storage.master_key {
            Some(digits) => Key::from_hex(digits.expose_secret()).context("GUICHET_MASTER_KEY")?,
            None => file::load_or_create(&storage.data_dir)?,
        };
        let previous = storage.previous_master_key.as_ref();
        let previous = previous
            .map(|digits| Key::from_hex(digits.expose_secret()))
            .transpose()
            .context("GUICHET_MASTER_KEY_PREVIOUS")?;
        let is_same = previous
            .as_ref()
            .is_some_and(|previous| previous.id() == newest.id());
        ensure!(
            !is_same,
            "GUICHET_MASTER_KEY_PREVIOUS is the master key itself; it takes the one that was in force before"
        );

        Ok(Self {
            newest,
            previous,
            is_pending: AtomicBool::new(false),
            retired: RwLock::default(),
        })
    }

    /// The same keys, if there are any already.
    ///
    /// # Errors
    /// As [`MasterKey::load_or_create`].
    pub fn find(storage: &Storage) -> anyhow::Result<Option<Self>> {
        if storage.master_key.is_none() && !file::exists(&storage.data_dir) {
            return Ok(None);
        }
        Self::load_or_create(storage).map(Some)
    }

    /// A public fingerprint of the newest key, of 16 hexadecimal digits.
    pub fn id(&self) -> String {
        self.newest.id()
    }

    /// That of the previous one, if there is one.
    pub fn previous_id(&self) -> Option<String> {
        self.previous.as_ref().map(Key::id)
    }

    /// That of the one under which new things are sealed.
    pub fn id_in_force(&self) -> String {
        self.in_force().id()
    }

    /// Whether the database is still sealed under the previous key.
    pub fn is_pending(&self) -> bool {
        self.is_pending.load(Ordering::Acquire)
    }

    /// Learns from the database which key is in force and what is left of earlier ones: an id and what
    /// [`MasterKey::retire_previous`] made, the oldest first.
    ///
    /// # Errors
    /// When something does not open.
    pub fn learn<'a>(
        &self,
        is_pending: bool,
        retired: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), OpenError> {
        let open = |(id, sealed): (&str, &[u8])| {
            let keys = self.open(Purpose::RetiredKeys, sealed, id.as_bytes())?;
            Retired::read(id, &keys).ok_or(OpenError)
        };
        let retired = retired.map(open).collect::<Result<_, _>>()?;
        *self.retired.write().unwrap_or_else(PoisonError::into_inner) = retired;
        self.is_pending.store(is_pending, Ordering::Release);
        Ok(())
    }

    /// What stays of the previous key when the newest takes its place, sealed under the newest.
    pub fn retire_previous(&self) -> Option<Vec<u8>> {
        let previous = self.previous.as_ref()?;
        let keys = Retired::of(previous).write();
        let id = previous.id();
        Some(self.newest.seal(Purpose::RetiredKeys, &keys, id.as_bytes()))
    }

    /// What is sealed under the previous key, sealed under the newest; none for what already is.
    ///
    /// # Errors
    /// When neither opens it.
    pub fn seal_anew(
        &self,
        purpose: Purpose,
        sealed: &[u8],
        associated_data: &[u8],
    ) -> Result<Option<Vec<u8>>, OpenError> {
        if self.newest.open(purpose, sealed, associated_data).is_ok() {
            return Ok(None);
        }
        let plain = self.open(purpose, sealed, associated_data)?;
        Ok(Some(self.newest.seal(purpose, &plain, associated_data)))
    }

    /// Encrypts and authenticates (AES-256-GCM) under the key in force. Who opens it must name the same associated data,
    /// which is not kept.
    pub fn seal(&self, purpose: Purpose, plaintext: &[u8], associated_data: &[u8]) -> Vec<u8> {
        self.in_force().seal(purpose, plaintext, associated_data)
    }

    /// Opens what [`MasterKey::seal`] sealed under either key with the same purpose and associated data.
    pub fn open(
        &self,
        purpose: Purpose,
        sealed: &[u8],
        associated_data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let opened = self.newest.open(purpose, sealed, associated_data);
        match &self.previous {
            Some(previous) => opened.or_else(|_| previous.open(purpose, sealed, associated_data)),
            None => opened,
        }
    }

    /// A keyed hash (HMAC-SHA-256) under the key in force. Each part goes in with its length, so that `["ab", "c"]` and
    /// `["a", "bc"]` differ.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        self.in_force().mac(purpose, parts)
    }

    /// Such a hash of something that is recognised by it later.
    pub fn digest(&self, purpose: Purpose, parts: &[&[u8]]) -> Digest {
        Digest::of(self, purpose, parts)
    }

    /// The same under every key that may have been in force, the oldest first.
    pub fn macs(&self, purpose: Purpose, parts: &[&[u8]]) -> Vec<[u8; 32]> {
        let keys = self.derived(purpose);
        keys.iter()
            .map(|derived| key::mac(derived, parts))
            .collect()
    }

    /// Whether a MAC was made of these parts, under whatever key was in force then. Its beginning is enough, if whoever asks
    /// keeps no more of it.
    pub fn is_mac(&self, purpose: Purpose, parts: &[&[u8]], mac: &[u8]) -> bool {
        let macs = self.macs(purpose, parts);
        let is_it = |made: &[u8; 32]| {
            let beginning = made.get(..mac.len()).unwrap_or_default();
            bool::from(beginning.ct_eq(mac))
        };
        !mac.is_empty() && macs.iter().any(is_it)
    }

    fn in_force(&self) -> &Key {
        match &self.previous {
            Some(previous) if self.is_pending() => previous,
            _ => &self.newest,
        }
    }

    /// The oldest first.
    fn derived(&self, purpose: Purpose) -> Vec<Derived> {
        let retired = self.retired.read().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<Derived> = retired
            .iter()
            .filter_map(|retired| retired.key(purpose))
            .collect();
        if let Some(previous) = &self.previous {
            let id = previous.id();
            if !retired.iter().any(|retired| retired.is(&id)) {
                keys.push(previous.derive(purpose));
            }
        }
        keys.push(self.newest.derive(purpose));
        keys
    }
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::SigningKeys => b"guichet/v1/signing-keys",
            Self::PageTokens => b"guichet/v1/page-tokens",
            Self::RefreshTokens => b"guichet/v1/refresh-tokens",
            Self::ThrottleKeys => b"guichet/v1/throttle-keys",
            Self::RepeatedRequests => b"guichet/v1/repeated-requests",
            Self::Forms => b"guichet/v1/forms",
            Self::ShortCodes => b"guichet/v1/short-codes",
            Self::TotpSecrets => b"guichet/v1/totp-secrets",
            Self::RecoveryCodes => b"guichet/v1/recovery-codes",
            Self::Challenges => b"guichet/v1/challenges",
            Self::EventSeals => b"guichet/v1/event-seals",
            Self::RetiredKeys => b"guichet/v1/retired-keys",
            Self::Devices => b"guichet/v1/devices",
        }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::path::PathBuf;

    use super::key::KEY_LEN;
    use crate::config::DatabaseUrl;

    fn storage(newest: &str, previous: Option<&str>) -> Storage {
        let digits = |byte: &str| byte.repeat(KEY_LEN).into();
        Storage {
            data_dir: "nowhere".into(),
            database: DatabaseUrl::Sqlite(PathBuf::new()),
            master_key: Some(digits(newest)),
            previous_master_key: previous.map(digits),
        }
    }

    fn keys(newest: &str, previous: Option<&str>) -> MasterKey {
        MasterKey::load_or_create(&storage(newest, previous)).unwrap()
    }

    #[test]
    fn configured_key_leaves_the_data_directory_alone() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage {
            data_dir: directory.path().to_owned(),
            ..storage("01", None)
        };

        assert_eq!(
            MasterKey::load_or_create(&storage).unwrap().id(),
            keys("01", None).id()
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_key_does_not_replace_itself() {
        let same = MasterKey::load_or_create(&storage("01", Some("01")));
        assert!(same.is_err());
    }

    /// What each server writes at each moment is read by each other one.
    #[test]
    fn servers_that_know_both_keys_understand_each_other() {
        let ahead = keys("02", Some("01"));
        let behind = keys("02", Some("01"));
        behind.learn(true, [].into_iter()).unwrap();
        let sealed = ahead.retire_previous().unwrap();
        let id = ahead.previous_id().unwrap();
        ahead.learn(false, [(&*id, &*sealed)].into_iter()).unwrap();

        for (writer, reader) in [(&ahead, &behind), (&behind, &ahead)] {
            let sealed = writer.seal(Purpose::TotpSecrets, b"text", b"lea");
            let opened = reader.open(Purpose::TotpSecrets, &sealed, b"lea").unwrap();
            assert_eq!(opened.as_slice(), b"text");
            let mac = writer.mac(Purpose::RefreshTokens, &[b"a"]);
            assert!(reader.is_mac(Purpose::RefreshTokens, &[b"a"], &mac[..16]));
            assert!(!reader.is_mac(Purpose::RefreshTokens, &[b"b"], &mac[..16]));
            assert!(!reader.is_mac(Purpose::Forms, &[b"a"], &mac));
        }
        assert_ne!(ahead.id_in_force(), behind.id_in_force());
        let old = keys("01", None).seal(Purpose::TotpSecrets, b"text", b"");
        let anew = ahead
            .seal_anew(Purpose::TotpSecrets, &old, b"")
            .unwrap()
            .unwrap();
        assert!(
            keys("02", None)
                .open(Purpose::TotpSecrets, &anew, b"")
                .is_ok()
        );
        assert_eq!(ahead.seal_anew(Purpose::TotpSecrets, &anew, b""), Ok(None));
    }

    #[test]
    fn what_is_left_of_an_old_key_proves_its_macs_and_opens_nothing() {
        let both = keys("02", Some("01"));
        let (id, sealed) = (both.previous_id().unwrap(), both.retire_previous().unwrap());
        let old = keys("01", None);
        let after = keys("02", None);
        after.learn(false, [(&*id, &*sealed)].into_iter()).unwrap();

        for purpose in retired::KEPT {
            let mac = old.mac(purpose, &[b"a"]);
            assert!(after.is_mac(purpose, &[b"a"], &mac), "{purpose:?}");
            assert_eq!(after.macs(purpose, &[b"a"]).len(), 2);
        }
        let throttled = old.mac(Purpose::ThrottleKeys, &[b"a"]);
        assert!(!after.is_mac(Purpose::ThrottleKeys, &[b"a"], &throttled));
        let secret = old.seal(Purpose::TotpSecrets, b"text", b"");
        assert_eq!(
            after.open(Purpose::TotpSecrets, &secret, b""),
            Err(OpenError)
        );
        let stranger = keys("03", None).learn(false, [(&*id, &*sealed)].into_iter());
        assert_eq!(stranger, Err(OpenError));
    }

    #[test]
    fn debug_prints_nothing_of_the_keys() {
        assert_eq!(format!("{:?}", keys("02", Some("01"))), "MasterKey(hidden)");
    }
}
