//! The journal of a server, read out of its database.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use crate::{Place, Server};

/// How long the worker may take to write what it was told.
const LIMIT: Duration = Duration::from_secs(20);

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// UUIDv7.
    pub id: Uuid,
    /// Its type.
    pub kind: String,
    /// On whom.
    pub account_id: Option<Uuid>,
    /// Of which institution.
    pub institution_id: Option<Uuid>,
    /// By whom.
    pub actor_id: Option<Uuid>,
    /// From where.
    pub network: Option<String>,
    /// The rest.
    pub attributes: Value,
}

/// Every event so far, the oldest first.
pub async fn events(server: &Server) -> Vec<Event> {
    if !server.on_postgres() {
        return Place::of(server).events().await;
    }
    let copy = Place::file();
    let copied = server.cli(&["copy", "--to", copy.url()]);
    assert!(copied.status.success(), "{copied:?}");
    copy.events().await
}

/// Waits until there are events of this type, and returns them.
pub async fn of_kind(server: &Server, kind: &str) -> Vec<Event> {
    wait_for(server, |event| event.kind == kind).await
}

/// Waits until there are events like these, and returns them.
pub async fn wait_for(server: &Server, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let all = events(server).await;
        let found: Vec<Event> = all.iter().filter(|event| wanted(event)).cloned().collect();
        if !found.is_empty() {
            return found;
        }
        assert!(Instant::now() < deadline, "none of {all:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Tells what came since it was asked last.
#[derive(Default)]
pub struct Reader {
    seen: HashSet<Uuid>,
}

impl Reader {
    /// The events that it has not told yet.
    pub async fn news(&mut self, server: &Server) -> Vec<Event> {
        let mut all = events(server).await;
        all.retain(|event| self.seen.insert(event.id));
        all
    }
}
