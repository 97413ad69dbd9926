//! The mail server that the configuration names, and a connection to it.

use std::error::Error as _;
use std::net::IpAddr;

use anyhow::{Context as _, bail, ensure};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;

use super::super::{SEND_LIMIT, SendError};
use super::lines::ByLine;

/// Where the server is, and how to talk to it.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    security: Security,
    hello: ClientId,
    credentials: Option<Credentials>,
}

enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls(TlsParameters),
    StartTls(TlsParameters),
    StartTlsIfOffered(TlsParameters),
    Plain,
}

impl Server {
    pub(super) fn from_url(url: &str) -> anyhow::Result<Self> {
        let url = url::Url::parse(url).context("the mail URL can't be read")?;
        let host = match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.to_string(),
            Some(url::Host::Ipv6(ip)) => ip.to_string(),
            Some(url::Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            _ => bail!("the mail URL names no host"),
        };
        let is_loopback = match host.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => host == "localhost",
        };

        let (security, default_port) = security(&url, &host, is_loopback)?;
        let credentials = credentials(&url)?;
        let is_secret_kept = match security {
            Security::Tls(_) | Security::StartTls(_) => true,
            Security::StartTlsIfOffered(_) | Security::Plain => is_loopback,
        };
        ensure!(
            credentials.is_none() || is_secret_kept,
            "the mail URL would send its password in clear: use smtps:// or tls=required"
        );

        Ok(Self {
            port: url.port().unwrap_or(default_port),
            hello: hello(&url)?,
            host,
            security,
            credentials,
        })
    }

    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        // A 5xx before the message is named is about us, not about the message: try again.
        let unreachable = |error: SmtpError| SendError::deferred(words(&error));

        let address = (self.host.as_str(), self.port);
        let hello = &self.hello;
        let connected = if let Security::Tls(tls) = &self.security {
            let (limit, tls) = (Some(SEND_LIMIT), Some(tls.clone()));
            AsyncSmtpConnection::connect_tokio1(address, limit, hello, tls, None).await
        } else {
            let stream = TcpStream::connect(address).await;
            let stream = ByLine::new(stream.map_err(SendError::deferred)?);
            AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello).await
        };
        let mut connection = connected.map_err(unreachable)?;
        let upgrade = match &self.security {
            Security::StartTls(tls) => Some(tls),
            Security::StartTlsIfOffered(tls) if connection.can_starttls() => Some(tls),
            _ => None,
        };
        if let Some(tls) = upgrade {
            let upgraded = connection.starttls(tls.clone(), hello).await;
            upgraded.map_err(unreachable)?;
        }
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            signed_in.map_err(|error| SendError::deferred(sign_in_words(&error)))?;
        }

        Ok(connection)
    }
}

/// Reads how the connection is protected, and the port that goes with it.
fn security(url: &url::Url, host: &str, is_loopback: bool) -> anyhow::Result<(Security, u16)> {
    let mut mode = None;
    for (key, value) in url.query_pairs() {
        ensure!(
            key == "tls",
            "the mail URL knows no other parameter than tls"
        );
        mode = Some(value);
    }
    let default = if is_loopback { "none" } else { "required" };
    let tls = || TlsParameters::new(host.to_owned()).context("can't prepare TLS for mail");

    match (url.scheme(), mode.as_deref()) {
        ("smtps", None) => Ok((Security::Tls(tls()?), 465)),
        ("smtps", Some(_)) => bail!("smtps:// is always TLS: drop the parameter tls"),
        (_, mode) => match mode.unwrap_or(default) {
            "required" => Ok((Security::StartTls(tls()?), 587)),
            "opportunistic" => Ok((Security::StartTlsIfOffered(tls()?), 587)),
            "none" => Ok((Security::Plain, 25)),
            _ => bail!("tls in the mail URL is none, opportunistic or required"),
        },
    }
}

fn credentials(url: &url::Url) -> anyhow::Result<Option<Credentials>> {
    let password = url.password().unwrap_or_default();
    if url.username().is_empty() && password.is_empty() {
        return Ok(None);
    }
    ensure!(
        !url.username().is_empty() && !password.is_empty(),
        "the mail URL must give both a user and a password, or neither"
    );

    Ok(Some(Credentials::new(
        percent_decoded(url.username())?,
        percent_decoded(password)?,
    )))
}

fn percent_decoded(text: &str) -> anyhow::Result<String> {
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .context("the user and password of the mail URL must be UTF-8")?;

    Ok(decoded.into_owned())
}

fn hello(url: &url::Url) -> anyhow::Result<ClientId> {
    let name = url.path().trim_matches('/');
    if name.is_empty() {
        return Ok(ClientId::default());
    }

    ensure!(
        name.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.'),
        "the path of the mail URL is the host name said in EHLO"
    );
    Ok(ClientId::Domain(name.to_owned()))
}

/// The server's own words after its code, or the cause of a failure without an answer.
pub(super) fn words(error: &SmtpError) -> String {
    match (error.status(), error.source()) {
        (Some(code), Some(words)) => format!("{code} {words}"),
        _ => error.to_string(),
    }
}

/// Leaves out the server's words: some servers repeat what they were sent.
fn sign_in_words(error: &SmtpError) -> String {
    match error.status() {
        Some(code) => format!("the mail server refused our user or password ({code})"),
        None => words(error),
    }
}
