//! What every bad input must leave as it was.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use guichet_client::proto::{
    GetPasswordPolicyRequest, ListAccountsRequest, ListMessagesRequest, MessageState,
};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::server::POLL;
use crate::{Server, people};

/// Tables that may tell of a refused request: the journal and what slows guessing down.
const MAY_TELL: [&str; 3] = ["event", "event_seal", "throttle"];

/// How long a mail may take to leave.
const WAIT: Duration = Duration::from_secs(10);

/// Memory that a case may cost for good, in KiB.
const MEMORY: u64 = 16 * 1024;

/// A server as it was before something bad was sent to it.
pub struct Untouched<'a> {
    server: &'a Server,
    rows: BTreeMap<String, Vec<String>>,
    mails: usize,
    memory: u64,
}

impl<'a> Untouched<'a> {
    /// Looks at a server, once what was begun has ended.
    pub async fn before(server: &'a Server) -> Self {
        settle(server).await;
        Self {
            server,
            rows: rows(server).await,
            mails: server.mailbox().all().len(),
            memory: memory(server),
        }
    }

    /// Asserts that nothing moved: the next callers are served, no row has changed but those that may tell of it, no mail was
    /// queued or sent, nothing panicked, and the memory is given back. What was remembered as a secret is looked for in the
    /// log when the server is dropped.
    pub async fn assert(&self, what: &str) {
        self.assert_serves(what).await;
        settle(self.server).await;
        let rows = rows(self.server).await;
        for (table, before) in &self.rows {
            assert_eq!(&rows[table], before, "{what} changed {table}");
        }
        assert_eq!(self.server.mailbox().all().len(), self.mails, "{what}");
        let grown = memory(self.server).saturating_sub(self.memory);
        assert!(grown < MEMORY, "{what} took {grown} KiB");
        let log = self.server.log();
        for word in ["panicked", "\"ERROR\""] {
            assert!(!log.contains(word), "{what}: {log}");
        }
    }

    async fn assert_serves(&self, what: &str) {
        // Each a connection of its own.
        let anyone = self.server.anyone().await;
        let mut health = HealthClient::new(anyone.channel());
        let health = health.check(HealthCheckRequest::default()).await;
        assert!(health.is_ok(), "{what}: no health");
        let request = GetPasswordPolicyRequest::default();
        let policy = anyone.reset().get_password_policy(request).await;
        assert!(policy.is_ok(), "{what}: {policy:?}");
        let admin = self.server.admin().await;
        let request = ListAccountsRequest::default();
        let listed = admin.account().list_accounts(request).await;
        assert!(listed.is_ok(), "{what}: {listed:?}");
    }
}

/// Waits until every request for a reset is decided and every mail has left.
async fn settle(server: &Server) {
    people::reset_outcomes(server).await;
    let admin = server.admin().await;
    let request = ListMessagesRequest {
        state: MessageState::Queued.into(),
        ..ListMessagesRequest::default()
    };
    let deadline = Instant::now() + WAIT;
    loop {
        let queued = admin.mail().list_messages(request.clone()).await;
        let queued = queued.expect("a list").into_inner().messages;
        if queued.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still queued: {queued:?}");
        tokio::time::sleep(POLL).await;
    }
}

async fn rows(server: &Server) -> BTreeMap<String, Vec<String>> {
    let mut rows = server.rows().await;
    rows.retain(|table, _| !MAY_TELL.contains(&table.as_str()));
    rows
}

/// The process's resident memory, in KiB.
fn memory(server: &Server) -> u64 {
    crate::memory::kib(server.pid().expect("a running server"), "VmRSS")
}
