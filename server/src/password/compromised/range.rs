//! Asks a configured address whether a password has been published, in the way of Have I Been Pwned's range API:
//! `GET {url}/{first 5 hexadecimal digits of its SHA-1}` answers with the other 35 digits of every one that it knows.
//!
//! So the other side learns 20 bits of a hash and nothing about whose it is. Whatever goes wrong there, the password is
//! taken: people must be able to go on.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use aws_lc_rs::digest;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore, crypto::aws_lc_rs as tls_provider, pki_types::ServerName,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::password::Password;

/// From the first packet to the last. A person waits.
const LIMIT: Duration = Duration::from_secs(2);

/// A range has about 1,000 lines of 40 bytes, as many again as padding.
const LONGEST_ANSWER: usize = 512 * 1024;

/// Questions at the same time: whoever asks slowly must not be asked without end.
const AT_ONCE: usize = 16;

/// Hexadecimal digits that are told.
const PREFIX: usize = 5;

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The password has been published.
    Known,
    /// Not that anybody knows there.
    Unknown,
    /// There was no answer, or none that can be read.
    Failed,
}

/// Whom to ask.
pub struct Range {
    url: Url,
    tls: Option<TlsConnector>,
    places: Semaphore,
}

impl Range {
    /// For an `http` or `https` address. Whom the system trusts is trusted.
    ///
    /// # Errors
    /// When the system trusts nobody.
    pub fn new(url: Url) -> anyhow::Result<Self> {
        let tls = (url.scheme() == "https").then(trusting_the_system);
        Ok(Self {
            url,
            tls: tls.transpose()?,
            places: Semaphore::new(AT_ONCE),
        })
    }

    /// Asks about one password.
    pub async fn ask(&self, password: &Password) -> Answer {
        let Ok(_place) = self.places.try_acquire() else {
            tracing::warn!("{}: too many questions wait for an answer", self.url);
            return Answer::Failed;
        };
        let begun = Instant::now();
        let (prefix, rest) = split(password);
        let asked = timeout(LIMIT, self.fetch(&prefix)).await;
        let answer = asked.map_err(|_| anyhow::anyhow!("no answer within {LIMIT:?}"));
        // Neither the prefix nor anything of the answer: beside the line about the call it would say whose it is.
        match answer.and_then(|answer| find(&answer?, &rest)) {
            Ok(true) => Answer::Known,
            Ok(false) => Answer::Unknown,
            Err(cause) => {
                let ms = begun.elapsed().as_millis();
                tracing::warn!(ms, "{}: {cause:#}; the password is taken unasked", self.url);
                Answer::Failed
            }
        }
    }

    async fn fetch(&self, prefix: &str) -> anyhow::Result<Bytes> {
        let host = self.url.host().context("no host")?;
        let port = self.url.port_or_known_default().context("no port")?;
        let stream = match host {
            Host::Domain(name) => TcpStream::connect((name, port)).await,
            Host::Ipv4(address) => TcpStream::connect((address, port)).await,
            Host::Ipv6(address) => TcpStream::connect((address, port)).await,
        };
        let stream = stream.context("can't connect")?;
        match &self.tls {
            None => self.get(prefix, stream).await,
            Some(tls) => {
                let name = match host {
                    Host::Domain(name) => ServerName::try_from(name.to_owned())?,
                    Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
                    Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
                };
                let stream = tls.connect(name, stream).await.context("no TLS")?;
                self.get(prefix, stream).await
            }
        }
    }

    /// One question on a connection of its own: passwords are set seldom.
    async fn get(
        &self,
        prefix: &str,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> anyhow::Result<Bytes> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async {
            let response = sender.send_request(self.request(prefix)?).await?;
            read(response).await
        };
        let connection = async {
            // Its error is the exchange's as well.
            let _ = connection.await;
            std::future::pending().await
        };
        tokio::select! {
            answer = exchange => answer,
            never = connection => never,
        }
    }

    fn request(&self, prefix: &str) -> anyhow::Result<Request<Empty<Bytes>>> {
        let path = self.url.path().trim_end_matches('/');
        let host = &self.url[url::Position::BeforeHost..url::Position::AfterPort];
        Ok(Request::get(format!("{path}/{prefix}"))
            .header(header::HOST, HeaderValue::try_from(host)?)
            .header(header::USER_AGENT, "guichet")
            .header(header::ACCEPT, "text/plain")
            // Then the length of the answer does not tell the range either.
            .header("add-padding", "true")
            .body(Empty::new())?)
    }
}

fn trusting_the_system() -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        bail!("the system has no certificate of an authority, so nobody can be trusted");
    }
    let config = ClientConfig::builder_with_provider(tls_provider::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn read(response: http::Response<Incoming>) -> anyhow::Result<Bytes> {
    if response.status() != StatusCode::OK {
        bail!("answered with {}", response.status());
    }
    let body = Limited::new(response.into_body(), LONGEST_ANSWER);
    let body = body.collect().await;
    Ok(body
        .map_err(|cause| anyhow::anyhow!("the answer: {cause}"))?
        .to_bytes())
}

/// The digits that are told and those that are not, in upper case.
fn split(password: &Password) -> (String, Zeroizing<String>) {
    let text = password.normalised().as_bytes();
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text);
    let digits = Zeroizing::new(hex::encode_upper(hash));
    let (prefix, rest) = digits.split_at(PREFIX);
    (prefix.to_owned(), Zeroizing::new(rest.to_owned()))
}

/// Whether the digits stand in an answer with a count that is not padding's, which is 0.
fn find(answer: &[u8], wanted: &str) -> anyhow::Result<bool> {
    let mut found = false;
    for line in answer.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        // What is no list at all must not pass for one without the password.
        let line = std::str::from_utf8(line).ok();
        let (digits, count) = line
            .and_then(|line| line.split_once(':'))
            .filter(|(digits, _)| is_rest(digits))
            .context("the answer is no list of hashes")?;
        let count: u64 = count.parse().context("the answer has no counts")?;
        found |= count > 0 && digits.eq_ignore_ascii_case(wanted);
    }
    Ok(found)
}

fn is_rest(digits: &str) -> bool {
    digits.len() == 40 - PREFIX && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_the_hash_is_told() {
        // SHA-1 of "password", as the published lists have it.
        let (prefix, rest) = split(&Password::typed("password"));

        assert_eq!(prefix, "5BAA6");
        assert_eq!(&*rest, "1E4C9B93F3F0682250B6CF8331B7EE68FD8");
    }

    #[test]
    fn an_answer_is_read_strictly_and_padding_is_no_password() {
        const REST: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
        const OTHER: &str = "0018A45C4D1DEF81644B54AB7F969B88D65";
        let holds = |answer: &str| find(answer.as_bytes(), REST).ok();

        assert_eq!(holds(&format!("{OTHER}:3\r\n{REST}:52256179")), Some(true));
        assert_eq!(holds(&format!("{}:1\n", REST.to_lowercase())), Some(true));
        assert_eq!(holds(&format!("{REST}:0\r\n{OTHER}:3\r\n")), Some(false));
        assert_eq!(holds(""), Some(false));
        for none in [
            "<html>not here</html>",
            REST,
            &format!("{REST}:"),
            &format!("{REST}:-1"),
            &format!("5BAA6{REST}:3"),
            &format!("{REST}:3\n\0"),
        ] {
            assert_eq!(holds(none), None, "{none:?}");
        }
        assert!(find(b"\xff\xfe", REST).is_err());
    }
}
