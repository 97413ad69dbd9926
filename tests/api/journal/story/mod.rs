//! A story in which every RPC that changes anything is called once.

#![expect(
    clippy::needless_update,
    reason = "one macro writes requests of one field and of many"
)]

use std::time::{Duration, Instant};

use guichet_client::Guichet;
use guichet_client::proto::{Account, AccountState};
use guichet_tests::Server;
use guichet_tests::journal::{Event, Reader};
use prost_types::FieldMask;

/// How long the worker may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Each call, and what came into the journal with it.
type Told = Vec<(&'static str, Vec<Event>)>;

/// What has been told so far.
struct Story {
    server: Server,
    admin: Guichet,
    reader: Reader,
    told: Told,
}

/// Calls `$rpc` with the rest of the request's default, and has its events told under the name.
macro_rules! call {
    ($story:expr, $as:expr, $service:ident, $method:ident, $rpc:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        let request = proto::$rpc { $($field $(: $value)?,)* ..proto::$rpc::default() };
        $story.forget().await;
        let reply = $as.$service().$method(request).await;
        let reply = reply.expect(stringify!($method)).into_inner();
        let name = stringify!($rpc).strip_suffix("Request").expect("a request");
        $story.listen(name).await;
        reply
    }};
}

mod administration;
mod mails;
mod person;

/// The whole story.
pub(super) async fn told() -> Told {
    let server = Server::start().await;
    let admin = server.admin().await;
    let mut story = Story {
        server,
        admin,
        reader: Reader::default(),
        told: Vec::new(),
    };
    let school = story.institution().await;
    story.account(&school).await;
    story.migration().await;
    story.api_key().await;
    story.own_account(&school).await;
    story.second_factor().await;
    let ana = story.resets().await;
    story.mails(ana).await;
    story.import().await;
    story.told
}

impl Story {
    /// What came without being listened to.
    async fn forget(&mut self) {
        self.reader.news(&self.server).await;
    }

    async fn listen(&mut self, rpc: &'static str) {
        let news = self.reader.news(&self.server).await;
        self.told.push((rpc, news));
    }

    /// For what the worker tells.
    async fn listen_for(&mut self, rpc: &'static str, kind: &str) {
        let deadline = Instant::now() + LIMIT;
        let mut news = Vec::new();
        while !news.iter().any(|event: &Event| event.kind == kind) {
            assert!(Instant::now() < deadline, "{rpc}: {news:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
            news.extend(self.reader.news(&self.server).await);
        }
        self.told.push((rpc, news));
    }
}

fn mask(path: &str) -> FieldMask {
    FieldMask {
        paths: vec![path.to_owned()],
    }
}

fn of_school(username: &str, school: &str, state: AccountState) -> Account {
    Account {
        username: username.into(),
        email: format!("{username}@ecole.example"),
        institution_id: school.into(),
        state: state.into(),
        ..Account::default()
    }
}
