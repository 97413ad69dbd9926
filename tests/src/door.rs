//! Signing in from other places: this machine has more addresses than one.

use std::net::IpAddr;

use guichet_client::Reason;
use guichet_client::error;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::{LoginRequest, Tokens};
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use crate::Server;

/// A way in, from one address.
#[derive(Clone)]
pub struct Door {
    client: AuthServiceClient<Channel>,
}

impl Door {
    /// The way in from one of this machine's own addresses, `127.…`.
    pub async fn from(server: &Server, address: [u8; 4]) -> Self {
        let endpoint = Endpoint::from_shared(server.url()).expect("an address");
        let endpoint = endpoint.local_address(Some(IpAddr::from(address)));
        let channel = endpoint.connect().await.expect("a connection");
        Self {
            client: AuthServiceClient::new(channel),
        }
    }

    /// Signs in with a device that has this token; an empty one is a new device.
    pub async fn enter_with(
        &self,
        username: &str,
        password: &str,
        device_token: &str,
    ) -> Result<Tokens, Status> {
        let request = LoginRequest {
            username: username.into(),
            password: password.into(),
            device_token: device_token.into(),
            ..LoginRequest::default()
        };
        let reply = self.client.clone().login(request).await?.into_inner();
        match reply.outcome {
            Some(Outcome::Tokens(tokens)) => Ok(tokens),
            _ => panic!("no tokens"),
        }
    }

    /// Signs in with a new device.
    pub async fn enter(&self, username: &str, password: &str) -> Result<Tokens, Status> {
        self.enter_with(username, password, "").await
    }

    /// Why a try is refused.
    pub async fn refusal(&self, username: &str, password: &str, device_token: &str) -> Status {
        let refused = self.enter_with(username, password, device_token).await;
        refused.expect_err("a refusal")
    }
}

/// Whether it was refused because there were too many; then it must say how long to wait.
pub fn is_throttled(status: &Status) -> bool {
    let throttled = error::reason(status) == Some(Reason::Throttled);
    let wait = error::retry_after(status);
    assert_eq!(throttled, wait.is_some(), "{status:?}");
    throttled
}
