//! Whether this process can serve calls, as probes ask it on the operations port, and the wait for a database that is
//! not there yet.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use sea_orm::DbErr;

use crate::{
    config,
    store::{Store, fault::Fault},
    transport::shutdown::Shutdown,
};

/// Between two tries to reach a database that refuses connections. One that swallows them takes longer by itself.
const PAUSE: Duration = Duration::from_secs(1);

/// What a probe is told.
#[derive(Clone)]
pub struct Readiness {
    database: Arc<RwLock<Database>>,
    shutdown: Shutdown,
}

enum Database {
    /// Why it can't be used yet.
    Awaited(String),
    Open(Store),
}

impl Readiness {
    /// Before anything is open.
    pub fn new(shutdown: Shutdown) -> Self {
        let starting = Database::Awaited("starting".to_owned());
        Self {
            database: Arc::new(RwLock::new(starting)),
            shutdown,
        }
    }

    /// A line for each part that is not ready.
    pub async fn check(&self) -> Result<(), Vec<String>> {
        if self.shutdown.is_requested() {
            return Err(vec!["shutting down".to_owned()]);
        }
        let cause = match self.store() {
            Ok(store) => store.ping().await.map_err(|cause| cause.to_string()),
            Err(awaited) => Err(awaited),
        };
        cause.map_err(|cause| vec![format!("database: {cause}")])
    }

    /// Connects to the database, however long it takes to come. None if the end is asked for meanwhile.
    ///
    /// # Errors
    /// What waiting doesn't mend: a wrong password, a file that is no database.
    pub async fn await_database(&self, storage: &config::Storage) -> anyhow::Result<Option<Store>> {
        while !self.shutdown.is_requested() {
            let connected = tokio::select! {
                connected = Store::connect(storage) => connected,
                () = self.shutdown.requested() => break,
            };
            match connected {
                Ok(store) => {
                    self.set(Database::Open(store.clone()));
                    return Ok(Some(store));
                }
                Err(cause) if is_away(&cause) => {
                    // The driver's causes repeat each other.
                    let cause: Vec<String> =
                        cause.chain().take(2).map(ToString::to_string).collect();
                    let cause = cause.join(": ");
                    tracing::warn!("{cause}; trying again");
                    self.set(Database::Awaited(cause));
                }
                Err(cause) => return Err(cause),
            }
            drop(tokio::time::timeout(PAUSE, self.shutdown.requested()).await);
        }
        Ok(None)
    }

    fn store(&self) -> Result<Store, String> {
        match &*self.database.read().unwrap_or_else(PoisonError::into_inner) {
            Database::Awaited(cause) => Err(cause.clone()),
            Database::Open(store) => Ok(store.clone()),
        }
    }

    fn set(&self, database: Database) {
        *self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner) = database;
    }
}

fn is_away(cause: &anyhow::Error) -> bool {
    let database = cause.downcast_ref::<DbErr>();
    database.is_some_and(|cause| Fault::of(cause) == Fault::Away)
}
