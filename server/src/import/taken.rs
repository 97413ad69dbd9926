//! What rows have taken, though the database does not show it: those before in the same batch, and in a dry run all before.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::Arc,
};

use uuid::Uuid;

use super::row::Candidate;

/// What the batches before have taken.
///
/// Only hashes are kept, so that a million rows need some tens of MiB.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    hasher: RandomState,
    keys: HashSet<u64>,
    usernames: HashSet<u64>,
    external_ids: HashSet<u64>,
    emails: HashMap<u64, Option<Uuid>>,
}

/// What a batch and those before it have taken.
#[derive(Debug)]
pub struct Taken {
    before: Arc<Memory>,
    /// By the hasher of `before`.
    own: Memory,
}

impl Memory {
    /// Adds what a batch has taken.
    pub fn absorb(&mut self, batch: Self) {
        self.keys.extend(batch.keys);
        self.usernames.extend(batch.usernames);
        self.external_ids.extend(batch.external_ids);
        for (email, institution_id) in batch.emails {
            self.emails.entry(email).or_insert(institution_id);
        }
    }
}

impl Taken {
    /// Nothing yet, behind the batches before.
    pub fn behind(before: Arc<Memory>) -> Self {
        let own = Memory {
            hasher: before.hasher.clone(),
            ..Memory::default()
        };
        Self { before, own }
    }

    /// What the batch has taken.
    pub fn into_own(self) -> Memory {
        self.own
    }

    /// Takes a row's key. False if an earlier row has it.
    pub fn take_key(&mut self, row: &Candidate) -> bool {
        let key = self.hash(&row.key);
        !self.before.keys.contains(&key) && self.own.keys.insert(key)
    }

    /// Whether a row before has the username.
    pub fn has_username(&self, key: &str) -> bool {
        let username = self.hash(key);
        self.memories()
            .any(|memory| memory.usernames.contains(&username))
    }

    /// Whether a row before has the external id.
    pub fn has_external_id(&self, id: &str) -> bool {
        let id = self.hash(id);
        self.memories()
            .any(|memory| memory.external_ids.contains(&id))
    }

    /// The institutions of rows before that have the address.
    pub fn institutions_of_email(&self, key: &str) -> impl Iterator<Item = &Option<Uuid>> {
        let email = self.hash(key);
        self.memories()
            .filter_map(move |memory| memory.emails.get(&email))
    }

    /// Takes what an accepted row has.
    pub fn take(&mut self, row: &Candidate, institution_id: Option<Uuid>) {
        let username = self.hash(&row.username_key);
        self.own.usernames.insert(username);
        if let Some(id) = &row.external_id {
            let id = self.hash(id);
            self.own.external_ids.insert(id);
        }
        if let Some(key) = &row.email_key {
            let email = self.hash(key);
            self.own.emails.entry(email).or_insert(institution_id);
        }
    }

    fn memories(&self) -> impl Iterator<Item = &Memory> {
        [&self.own, &*self.before].into_iter()
    }

    fn hash(&self, text: &str) -> u64 {
        self.before.hasher.hash_one(text)
    }
}
