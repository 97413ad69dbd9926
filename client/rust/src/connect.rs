//! Connecting, and the clients over the one connection.

use std::time::Duration;

use guichet_proto::v1::account_service_client::AccountServiceClient;
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_proto::v1::event_service_client::EventServiceClient;
use guichet_proto::v1::import_service_client::ImportServiceClient;
use guichet_proto::v1::institution_service_client::InstitutionServiceClient;
use guichet_proto::v1::mail_service_client::MailServiceClient;
use guichet_proto::v1::reset_service_client::ResetServiceClient;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::{Authorized, TokenSource};

/// How long a call may take, unless the builder says otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// How often an idle connection is probed; under the minute after which many middleboxes forget it.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Guichet's services over one connection. Cloning is cheap and shares the connection.
#[derive(Clone, Debug)]
pub struct Guichet {
    channel: Channel,
    tokens: TokenSource,
}

impl Guichet {
    /// Connects without a token, with the default settings of [`Guichet::builder`].
    pub async fn connect(url: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(url).connect().await
    }

    /// Starts from the address of the server: `https` is TLS, `http` is plain text and sends
    /// tokens in the clear, so keep it to the machine itself or behind a proxy.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder {
            url: url.into(),
            tokens: TokenSource::none(),
            deadline: DEADLINE,
            authority: None,
        }
    }

    /// The same connection for another caller.
    #[must_use]
    pub fn with_tokens(&self, tokens: TokenSource) -> Self {
        Self {
            channel: self.channel.clone(),
            tokens,
        }
    }

    /// Accounts: creating, finding, changing, migrating.
    pub fn account(&self) -> AccountServiceClient<Authorized> {
        AccountServiceClient::new(self.authorized())
    }

    /// Password resets.
    pub fn reset(&self) -> ResetServiceClient<Authorized> {
        ResetServiceClient::new(self.authorized())
    }

    /// Sign-in, sessions and API keys.
    pub fn auth(&self) -> AuthServiceClient<Authorized> {
        AuthServiceClient::new(self.authorized())
    }

    /// Institutions, who acts for them, and how far their migration has come.
    pub fn institution(&self) -> InstitutionServiceClient<Authorized> {
        InstitutionServiceClient::new(self.authorized())
    }

    /// Imports from other systems, and taking them back.
    pub fn import(&self) -> ImportServiceClient<Authorized> {
        ImportServiceClient::new(self.authorized())
    }

    /// Mails: what became of them, and sending them again.
    pub fn mail(&self) -> MailServiceClient<Authorized> {
        MailServiceClient::new(self.authorized())
    }

    /// The journal: what happened, and what happens.
    pub fn event(&self) -> EventServiceClient<Authorized> {
        EventServiceClient::new(self.authorized())
    }

    /// The connection itself, for services that are not Guichet's own (health, reflection).
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn authorized(&self) -> Authorized {
        Authorized::new(self.channel.clone(), self.tokens.clone())
    }
}

/// Settings of a connection.
#[derive(Debug)]
pub struct Builder {
    url: String,
    tokens: TokenSource,
    deadline: Duration,
    authority: Option<Certificate>,
}

impl Builder {
    /// Who the calls are made for; nobody by default.
    #[must_use]
    pub fn tokens(mut self, tokens: TokenSource) -> Self {
        self.tokens = tokens;
        self
    }

    /// How long a call may take until its reply (of a stream: its first headers); 10 s by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Trusts a certificate authority (PEM) beside those of the operating system.
    #[must_use]
    pub fn trust(mut self, authority: Certificate) -> Self {
        self.authority = Some(authority);
        self
    }

    /// Connects now, so that a wrong address or certificate shows here.
    pub async fn connect(self) -> Result<Guichet, ConnectError> {
        let channel = self
            .endpoint()?
            .connect()
            .await
            .map_err(ConnectError::Transport)?;
        Ok(Guichet {
            channel,
            tokens: self.tokens,
        })
    }

    /// Connects at the first call, for programs that start before the server does.
    /// Must be called within a Tokio runtime.
    pub fn connect_lazy(self) -> Result<Guichet, ConnectError> {
        let channel = self.endpoint()?.connect_lazy();
        Ok(Guichet {
            channel,
            tokens: self.tokens,
        })
    }

    fn endpoint(&self) -> Result<Endpoint, ConnectError> {
        let endpoint = Endpoint::from_shared(self.url.clone())
            .map_err(ConnectError::Url)?
            .timeout(self.deadline)
            .connect_timeout(self.deadline)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_while_idle(true);

        match endpoint.uri().scheme_str() {
            Some("http") => Ok(endpoint),
            Some("https") => {
                let tls = ClientTlsConfig::new()
                    .with_native_roots()
                    .ca_certificates(self.authority.clone());
                endpoint.tls_config(tls).map_err(ConnectError::Tls)
            }
            _ => Err(ConnectError::Scheme),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not a URL.
    #[error("the address of Guichet is not a URL")]
    Url(#[source] tonic::transport::Error),
    /// The address begins with neither `http://` nor `https://`.
    #[error("the address of Guichet must begin with http:// or https://")]
    Scheme,
    /// The certificates of the operating system or the one given can't be used.
    #[error("TLS can't be set up")]
    Tls(#[source] tonic::transport::Error),
    /// The server can't be reached or is not trusted.
    #[error("Guichet can't be reached")]
    Transport(#[source] tonic::transport::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_is_not_http_is_refused_before_connecting() {
        for (url, scheme) in [
            ("ftp://localhost", true),
            ("localhost:8080", true),
            ("http://[", false),
        ] {
            let refused = Guichet::builder(url).connect_lazy().expect_err(url);

            assert_eq!(
                matches!(refused, ConnectError::Scheme),
                scheme,
                "{url}: {refused}"
            );
        }
    }
}
