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

/// What a probe is told once the database is there.
const STARTING: &str = "starting: the schema, the keys or the public port are not ready yet";

/// What a probe is told.
#[derive(Clone)]
pub struct Readiness {
    stage: Arc<RwLock<Stage>>,
    shutdown: Shutdown,
}

/// How far the start has come.
#[derive(Clone)]
enum Stage {
    /// Why the database can't be used yet.
    Awaited(String),
    /// It can. A rollout must not end the old replicas before this one serves, for which it may have to wait, or fail.
    Starting,
    Serving(Store),
}

impl Readiness {
    /// Before anything is open.
    pub fn new(shutdown: Shutdown) -> Self {
        let starting = Stage::Awaited("starting".to_owned());
        Self {
            stage: Arc::new(RwLock::new(starting)),
            shutdown,
        }
    }

    /// A line for each part that is not ready.
    pub async fn check(&self) -> Result<(), Vec<String>> {
        if self.shutdown.is_requested() {
            return Err(vec!["shutting down".to_owned()]);
        }
        let cause = match self.stage() {
            Stage::Serving(store) => store.ping().await.map_err(|cause| cause.to_string()),
            Stage::Starting => return Err(vec![STARTING.to_owned()]),
            Stage::Awaited(cause) => Err(cause),
        };
        cause.map_err(|cause| vec![format!("database: {cause}")])
    }

    /// From now on calls are answered, as long as the database answers.
    pub fn serve(&self, store: Store) {
        self.set(Stage::Serving(store));
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
                    self.set(Stage::Starting);
                    return Ok(Some(store));
                }
                Err(cause) if is_away(&cause) => {
                    // The driver's causes repeat each other.
                    let cause: Vec<String> =
                        cause.chain().take(2).map(ToString::to_string).collect();
                    let cause = cause.join(": ");
                    tracing::warn!("{cause}; trying again");
                    self.set(Stage::Awaited(cause));
                }
                Err(cause) => return Err(cause),
            }
            drop(tokio::time::timeout(PAUSE, self.shutdown.requested()).await);
        }
        Ok(None)
    }

    fn stage(&self) -> Stage {
        let stage = self.stage.read().unwrap_or_else(PoisonError::into_inner);
        stage.clone()
    }

    fn set(&self, stage: Stage) {
        *self.stage.write().unwrap_or_else(PoisonError::into_inner) = stage;
    }
}

fn is_away(cause: &anyhow::Error) -> bool {
    let database = cause.downcast_ref::<DbErr>();
    database.is_some_and(|cause| Fault::of(cause) == Fault::Away)
}
