//! Certificates that sign themselves, for servers that a test starts.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use rustls_pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A certificate and its key, as PEM files that are gone with it.
pub struct Certificate {
    folder: TempDir,
    made: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Certificate {
    /// Makes one for these names and IP addresses.
    pub fn of(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names);
        let certificate = Self {
            folder: tempfile::tempdir().expect("a temporary directory"),
            made: made.expect("names that fit a certificate"),
        };

        let write = |path, pem| std::fs::write(path, pem).expect("a writable directory");
        write(certificate.file(), certificate.pem());
        write(
            certificate.key_file(),
            certificate.made.signing_key.serialize_pem(),
        );
        certificate
    }

    /// The certificate's file; it is its own root.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The private key's file.
    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The certificate as PEM.
    pub fn pem(&self) -> String {
        self.made.cert.pem()
    }

    /// What a server is told to serve with it.
    pub(crate) fn settings(&self) -> [(String, String); 2] {
        [
            ("GUICHET_TLS_CERT", self.file()),
            ("GUICHET_TLS_KEY", self.key_file()),
        ]
        .map(|(name, file)| (name.to_owned(), file.to_string_lossy().into_owned()))
    }

    /// The server's side of TLS with this certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        let key = self.made.signing_key.serialize_der();
        let key = PrivateKeyDer::try_from(key).expect("a PKCS #8 key");
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .expect("versions of the provider")
            .with_no_client_auth()
            .with_single_cert(vec![self.made.cert.der().clone()], key)
            .expect("a key that fits");
        Arc::new(config).into()
    }

    /// A client's side of TLS that trusts this certificate alone; without ALPN, it speaks HTTP/1.1.
    pub fn connector(&self) -> TlsConnector {
        self.connector_for(&[])
    }

    /// The same for one of these protocols, as ALPN names them.
    pub fn connector_for(&self, protocols: &[&str]) -> TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(self.made.cert.der().clone())
            .expect("a readable certificate");
        let mut config = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .expect("versions of the provider")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
        config.alpn_protocols = protocols.collect();
        Arc::new(config).into()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
