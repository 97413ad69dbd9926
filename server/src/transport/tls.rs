//! Certificate and key, reloaded when their files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::aws_lc_rs;
use rustls::version::{TLS12, TLS13};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// The server's side of TLS: 1.2 and 1.3 only, with HTTP/2 preferred over HTTP/1.1.
#[derive(Clone)]
pub struct ServerTls {
    files: Arc<Files>,
    current: Arc<RwLock<TlsAcceptor>>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// Why the certificate and key cannot be used. Each message holds its cause, which is no `source`: it would be told twice.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file cannot be read, or is not PEM.
    #[error("the TLS certificate {path} cannot be read: {cause}")]
    Certificate {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        cause: pem::Error,
    },
    /// The certificate file holds no certificate.
    #[error("the TLS certificate {path} holds no CERTIFICATE section")]
    NoCertificate {
        /// The configured file.
        path: PathBuf,
    },
    /// The key file cannot be read, or holds no private key.
    #[error("the TLS key {path} cannot be read: {cause}")]
    Key {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        cause: pem::Error,
    },
    /// The key is of an unknown kind or belongs to another certificate.
    #[error("the TLS certificate and key cannot be used together: {0}")]
    Pair(rustls::Error),
}

impl ServerTls {
    /// Loads a chain of certificates, the server's own first, and its private key from PEM files.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let acceptor = files.load()?;

        Ok(Self {
            files: Arc::new(files),
            current: Arc::new(RwLock::new(acceptor)),
        })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Looks at the files at every `interval` and loads them again when they have changed; a broken pair
    /// is reported and the old one kept. Never ends, and without TLS only waits.
    pub(super) async fn follow_files(tls: Option<Self>, interval: Duration) {
        let Some(tls) = tls else {
            return std::future::pending().await;
        };
        let mut loaded = tls.files.modified();

        loop {
            tokio::time::sleep(interval).await;

            let modified = tls.files.modified();
            if modified == loaded {
                continue;
            }

            loaded = modified;
            tls.reload();
        }
    }

    fn reload(&self) {
        match self.files.load() {
            Ok(acceptor) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
                tracing::info!("the TLS certificate was reloaded");
            }
            Err(error) => {
                tracing::warn!(%error, "the TLS certificate was not reloaded");
            }
        }
    }
}

impl Files {
    fn load(&self) -> Result<TlsAcceptor, TlsError> {
        let chain = self.chain()?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|cause| TlsError::Key {
            path: self.key.clone(),
            cause,
        })?;

        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(TlsError::Pair)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let unreadable = |cause| TlsError::Certificate {
            path: self.certificate.clone(),
            cause,
        };
        let chain: Vec<_> = CertificateDer::pem_file_iter(&self.certificate)
            .map_err(unreadable)?
            .collect::<Result<_, _>>()
            .map_err(unreadable)?;

        if chain.is_empty() {
            return Err(TlsError::NoCertificate {
                path: self.certificate.clone(),
            });
        }

        Ok(chain)
    }

    /// When each file last changed; `None` while it cannot be seen.
    fn modified(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|path| path.metadata().and_then(|file| file.modified()).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::testing::Certificate;

    fn load(folder: &Path) -> Result<ServerTls, TlsError> {
        ServerTls::load(&folder.join("cert.pem"), &folder.join("key.pem"))
    }

    #[test]
    fn each_broken_file_has_its_own_error() {
        let other = Certificate::new();
        let other_key = std::fs::read(other.folder.path().join("key.pem")).unwrap();
        let cases: [(&str, Option<&[u8]>, &str); 6] = [
            ("cert.pem", None, "cert.pem cannot be read"),
            ("cert.pem", Some(b"no PEM"), "holds no CERTIFICATE section"),
            ("cert.pem", Some(&other_key), "holds no CERTIFICATE section"),
            ("key.pem", None, "key.pem cannot be read"),
            ("key.pem", Some(b"no PEM"), "key.pem cannot be read"),
            ("key.pem", Some(&other_key), "cannot be used together"),
        ];

        for (file, content, expected) in cases {
            let pair = Certificate::new();
            let path = pair.folder.path().join(file);
            match content {
                Some(content) => std::fs::write(path, content).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }

            let error = load(pair.folder.path()).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn only_a_working_pair_replaces_the_loaded_one() {
        let pair = Certificate::new();
        let tls = pair.load();
        let current = |tls: &ServerTls| Arc::as_ptr(tls.acceptor().config());
        let before = current(&tls);

        std::fs::write(pair.folder.path().join("cert.pem"), "broken").unwrap();
        tls.reload();
        assert_eq!(current(&tls), before);

        Certificate::new().replace(&pair);
        tls.reload();
        assert_ne!(current(&tls), before);
    }
}
