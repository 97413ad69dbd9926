//! Guichet itself: the release binary at its default cost of a hash, with people in it.

use std::path::Path;
use std::time::{Duration, Instant};

use argon2::PasswordHasher as _;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{Account, CreateAccountRequest, Tokens};
use guichet_client::{Guichet, TokenSource};
use guichet_tests::Server;
use guichet_tests::people::GOOD_PASSWORD;

use crate::calls::{self, Person, Service, Session};
use crate::limits::{self, connect};

/// Enough that nobody comes near the number of sessions that one account may have.
const ACCOUNTS: usize = 256;

/// A running server and its callers.
pub(crate) struct Product {
    server: Server,
    connections: Vec<Guichet>,
    /// Of sessions that nobody has renewed yet.
    tokens: Vec<Tokens>,
}

impl Product {
    /// Starts it, fills it and signs everybody in.
    pub(crate) async fn start(binary: &Path) -> Self {
        let server = Server::builder()
            .binary(binary)
            .env("GUICHET_ARGON2", format!("m={},t=2,p=1", limits::M_KIB))
            .env("GUICHET_CLOCK", "system")
            .start()
            .await;
        create_accounts(&server).await;
        let mut product = Self {
            connections: connect(&server.url(), ACCOUNTS).await,
            server,
            tokens: Vec::new(),
        };
        for person in product.people(ACCOUNTS) {
            let tokens = calls::login(&person).await.expect("a sign-in");
            product.tokens.push(tokens);
        }
        product
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.server.pid().expect("a running server")
    }

    /// Callers without a name.
    pub(crate) fn anyone(&self, count: usize) -> Vec<Guichet> {
        self.connections.iter().take(count).cloned().collect()
    }

    /// People who sign in, more of them than there are accounts if need be.
    pub(crate) fn people(&self, count: usize) -> Vec<Person> {
        let people = self.connections.iter().cycle().take(count).enumerate();
        people
            .map(|(index, client)| Person::new(client.clone(), username(index % ACCOUNTS)))
            .collect()
    }

    /// Services that each ask about one access token, of people other than the first: those sign in so often in the load
    /// that their oldest sessions end.
    pub(crate) fn services(&self, count: usize) -> Vec<Service> {
        let key = TokenSource::bearer(self.server.api_key()).expect("a key");
        let tokens = self.tokens.iter().rev().take(count);
        self.connections
            .iter()
            .zip(tokens)
            .map(|(client, tokens)| {
                Service::new(&client.with_tokens(key.clone()), &tokens.access_token)
            })
            .collect()
    }

    /// People who stay signed in. Each session is given out once: its refresh token is a new one afterwards.
    pub(crate) fn sessions(&mut self, count: usize) -> Vec<Session> {
        let kept = self.tokens.len() - count;
        let tokens = self.tokens.split_off(kept);
        let clients = self.connections.iter();
        clients
            .zip(tokens)
            .map(|(client, tokens)| Session::new(client, tokens.refresh_token))
            .collect()
    }

    /// Stops it, starts it again on the same data, and tells how long its first answer took.
    pub(crate) async fn restart(&mut self) -> Duration {
        self.server.stop().await;
        let start = Instant::now();
        self.server.restart().await;
        start.elapsed()
    }

    /// Connects its callers anew: after a restart the old connections lead nowhere.
    pub(crate) async fn reconnect(&mut self, callers: usize) {
        self.connections = connect(&self.server.url(), callers).await;
    }
}

/// With a hash made here, once, so that filling takes no time.
async fn create_accounts(server: &Server) {
    let hash = limits::hasher()
        .hash_password(GOOD_PASSWORD.as_bytes())
        .expect("a hash")
        .to_string();
    let admin = server.admin().await;
    for index in 0..ACCOUNTS {
        let request = CreateAccountRequest {
            account: Some(Account {
                username: username(index),
                ..Account::default()
            }),
            credential: Some(Credential::PasswordHash(hash.clone())),
            ..CreateAccountRequest::default()
        };
        let created = admin.account().create_account(request).await;
        created.expect("an account");
    }
}

fn username(index: usize) -> String {
    format!("person.{index}")
}
