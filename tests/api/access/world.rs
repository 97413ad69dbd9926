//! A server with people and keys, and calls by each of them.

use std::collections::BTreeMap;
use std::time::Duration;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, CreateAccountRequest, CreateApiKeyRequest, DisableAccountRequest, RevokeApiKeyRequest,
    RevokeSessionRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, raw};
use prost::Message as _;
use tonic::Status;
use tonic::transport::Channel;

use super::Access::{self, OwnerOrAdmin, OwnerOrReader};
use super::Caller::{
    self, AdminKey, AdminPerson, Disabled, ExpiredKey, ExpiredToken, Garbage, Nobody, OtherPerson,
    Owner, RevokedKey, ServiceKey, SignedOut,
};

/// A server, and what each caller calls with.
pub(super) struct World {
    server: Server,
    channel: Channel,
    owner_id: String,
    fixed: BTreeMap<Caller, String>,
}

impl World {
    pub(super) async fn new() -> Self {
        let server = Server::start().await;
        let owner_id = people::active(&server, "lea", "lea@ecole.example").await.id;
        people::active(&server, "leo", "leo@ecole.example").await;
        create_admin(&server, "ada").await;
        let (expired_key, _) = create_key(&server, "service", Some(60)).await;
        let expired_token = people::tokens(&server, "lea", GOOD_PASSWORD).await;
        server.advance(Duration::from_mins(11));

        let fixed = BTreeMap::from([
            (Garbage, "garbage".to_owned()),
            (ExpiredToken, expired_token.access_token),
            (ExpiredKey, expired_key),
            (SignedOut, signed_out(&server).await),
            (Disabled, stopped(&server).await),
            (RevokedKey, revoked_key(&server).await),
            (ServiceKey, create_key(&server, "service", None).await.0),
            (AdminKey, server.api_key().to_owned()),
        ]);
        let channel = server.anyone().await.channel();
        Self {
            server,
            channel,
            owner_id,
            fixed,
        }
    }

    /// Signed in anew for each call: one of the calls signs out.
    pub(super) async fn bearer(&self, caller: Caller) -> Option<String> {
        let username = match caller {
            Nobody => return None,
            Owner => "lea",
            OtherPerson => "leo",
            AdminPerson => "ada",
            fixed => return self.fixed.get(&fixed).cloned(),
        };
        let tokens = people::tokens(&self.server, username, GOOD_PASSWORD).await;
        Some(tokens.access_token)
    }

    /// The least that lets the caller's right decide; nearly always too little to do anything.
    pub(super) async fn message(&self, rpc: &str, access: Access) -> Vec<u8> {
        match (rpc, access) {
            ("UpdateAccount", _) => self.owner_id.encode_to_vec(),
            ("Refresh" | "Logout", _) => {
                let tokens = people::tokens(&self.server, "lea", GOOD_PASSWORD).await;
                tokens.refresh_token.into_bytes()
            }
            (_, OwnerOrAdmin | OwnerOrReader) => self.owner_id.clone().into_bytes(),
            _ => Vec::new(),
        }
    }

    /// Calls with a message that has at most its first field.
    pub(super) async fn call(
        &self,
        service: &str,
        rpc: &str,
        bearer: Option<&str>,
        field: Vec<u8>,
    ) -> Result<(), Status> {
        let message = field.encode_to_vec();
        raw::call(&self.channel, (service, rpc), bearer, message)
            .await
            .map(drop)
    }
}

async fn create_admin(server: &Server, username: &str) {
    let request = CreateAccountRequest {
        account: Some(Account {
            username: username.into(),
            roles: vec!["admin".into()],
            ..Account::default()
        }),
        credential: Some(Credential::Password(GOOD_PASSWORD.into())),
        ..CreateAccountRequest::default()
    };
    let created = server.admin().await.account().create_account(request).await;
    created.expect("an account");
}

/// A key and its id.
pub(super) async fn create_key(
    server: &Server,
    role: &str,
    seconds: Option<i64>,
) -> (String, String) {
    let request = CreateApiKeyRequest {
        name: "tests".into(),
        role: role.into(),
        ttl: seconds.map(|seconds| prost_types::Duration { seconds, nanos: 0 }),
    };
    let reply = server.admin().await.auth().create_api_key(request).await;
    let reply = reply.expect("a key").into_inner();
    server.remember(&reply.key);
    (reply.key, reply.api_key.expect("its description").id)
}

async fn revoked_key(server: &Server) -> String {
    let (key, api_key_id) = create_key(server, "admin", None).await;
    let request = RevokeApiKeyRequest { api_key_id };
    let revoked = server.admin().await.auth().revoke_api_key(request).await;
    revoked.expect("a revocation");
    key
}

async fn signed_out(server: &Server) -> String {
    let tokens = people::tokens(server, "lea", GOOD_PASSWORD).await;
    let request = RevokeSessionRequest {
        session_id: tokens.session_id,
    };
    let ended = server.admin().await.auth().revoke_session(request).await;
    ended.expect("an end");
    tokens.access_token
}

/// The token of an administrator who has been stopped.
async fn stopped(server: &Server) -> String {
    create_admin(server, "eve").await;
    let tokens = people::tokens(server, "eve", GOOD_PASSWORD).await;
    let account_id = tokens.account_id;
    let request = DisableAccountRequest { account_id };
    let admin = server.admin().await;
    let stopped = admin.account().disable_account(request).await;
    stopped.expect("a disabled account");
    tokens.access_token
}
