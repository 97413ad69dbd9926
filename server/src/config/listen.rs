//! Where Guichet is reached: sockets, TLS and the public URL.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use url::Url;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

pub(super) const SECTION: Section = Section {
    title: "Addresses",
    settings: &[
        Setting::new(
            "GUICHET_LISTEN",
            "127.0.0.1:8080",
            "Address and port of gRPC, grpc-web and the pages; port 0 takes a free one",
        ),
        Setting::new(
            "GUICHET_OPS_LISTEN",
            "127.0.0.1:9090",
            "Address and port of /livez, /readyz and /metrics; port 0 takes a free one",
        ),
        Setting::new(
            "GUICHET_PUBLIC_URL",
            "http://localhost:8080",
            "Address under which people and programs reach Guichet: base of every link in a mail, and `iss` of access tokens",
        ),
        Setting::unset(
            "GUICHET_CORS_ORIGINS",
            "none beyond the public URL",
            "https://app.example.org,https://admin.example.org",
            "Origins whose pages may call Guichet from a browser, separated by commas",
        ),
        Setting::unset(
            "GUICHET_TLS_CERT",
            "plain text",
            "/etc/guichet/tls.crt",
            "PEM file with the certificate chain; needs GUICHET_TLS_KEY",
        ),
        Setting::unset(
            "GUICHET_TLS_KEY",
            "plain text",
            "/etc/guichet/tls.key",
            "PEM file with the certificate's private key; needs GUICHET_TLS_CERT",
        ),
        Setting::unset(
            "GUICHET_TRUSTED_PROXIES",
            "none: the other end of the connection is the client",
            "10.0.0.7,192.168.0.0/16,::1",
            "Addresses or networks of proxies in front of Guichet, separated by commas, whose GUICHET_FORWARDED_HEADER says where a client is",
        ),
        Setting::new(
            "GUICHET_FORWARDED_HEADER",
            "x-forwarded-for",
            "The header that they add to: x-forwarded-for, or forwarded (RFC 7239); the other one counts for nothing",
        ),
        Setting::new(
            "GUICHET_PROXY_PROTOCOL",
            "off",
            "Whether each connection from GUICHET_TRUSTED_PROXIES begins with a PROXY header (version 1 or 2) that says whose it is; on for proxies that pass TCP or TLS on as it is; who else connects sends none",
        ),
        Setting::new(
            "GUICHET_REFLECTION",
            "on",
            "Whether gRPC reflection describes the services (the protos are public); on or off",
        ),
    ],
};

/// Where Guichet is reached.
#[derive(Clone, Debug)]
pub struct Listen {
    /// gRPC, grpc-web and the pages; port 0 takes a free one.
    pub address: SocketAddr,
    /// `/livez`, `/readyz` and `/metrics`; port 0 takes a free one.
    pub ops_address: SocketAddr,
    /// The address that people and programs use.
    pub public_url: PublicUrl,
    /// Origins (RFC 6454) allowed by CORS, each once; the public URL's own is the first.
    pub cors_origins: Vec<String>,
    /// The certificate to serve with; plain text where there is none.
    pub tls: Option<TlsFiles>,
    /// Who may say where a client is.
    pub proxies: Proxies,
    /// Whether gRPC reflection is served.
    pub reflection: bool,
}

/// Proxies in front of Guichet, and how they say where a client is.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Their addresses; nobody else is believed.
    pub trusted: Vec<IpNet>,
    /// What they add to.
    pub header: ForwardedHeader,
    /// Whether they begin each connection with a PROXY header.
    pub introduce: bool,
}

impl Proxies {
    /// Those that begin a connection with a PROXY header.
    pub fn introducers(&self) -> Vec<IpNet> {
        if self.introduce {
            self.trusted.clone()
        } else {
            Vec::new()
        }
    }
}

/// A header that proxies add to, the nearest one last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): `for=` and more.
    Forwarded,
}

/// PEM files of a certificate chain and its private key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The address under which people and programs reach Guichet. It prints without a slash at its
/// end, so that `format!("{public_url}/Account/Login")` is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl Listen {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let public_url = reader.read("GUICHET_PUBLIC_URL", PublicUrl::parse);
        let listed = reader.read_optional("GUICHET_CORS_ORIGINS", value::origins);

        let mut cors_origins = vec![public_url.origin()];
        for origin in listed.unwrap_or_default() {
            if !cors_origins.contains(&origin) {
                cors_origins.push(origin);
            }
        }

        Self {
            address: reader.read("GUICHET_LISTEN", value::socket_address),
            ops_address: reader.read("GUICHET_OPS_LISTEN", value::socket_address),
            public_url,
            cors_origins,
            tls: read_tls(reader),
            proxies: read_proxies(reader),
            reflection: reader.read("GUICHET_REFLECTION", value::switch),
        }
    }
}

impl PublicUrl {
    /// Takes an `http` or `https` address that is nothing but scheme, host and maybe port.
    pub fn parse(text: &str) -> Result<Self, String> {
        value::bare_web_url(text).map(Self)
    }

    /// The parsed address; its path is `/`.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The origin (RFC 6454) that browsers send for pages of Guichet.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether people reach Guichet over TLS, its own or a proxy's.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn read_proxies(reader: &mut Reader) -> Proxies {
    let proxies = read_trusted(reader);
    if proxies.introduce && proxies.trusted.is_empty() {
        let problem =
            "nobody is trusted to send a PROXY header; name them with GUICHET_TRUSTED_PROXIES";
        reader.refuse("GUICHET_PROXY_PROTOCOL", problem);
    }
    proxies
}

fn read_trusted(reader: &mut Reader) -> Proxies {
    let headers = [
        ("x-forwarded-for", ForwardedHeader::XForwardedFor),
        ("forwarded", ForwardedHeader::Forwarded),
    ];
    Proxies {
        trusted: reader
            .read_optional("GUICHET_TRUSTED_PROXIES", value::networks)
            .unwrap_or_default(),
        header: reader.read("GUICHET_FORWARDED_HEADER", |text| {
            value::one_of(text, &headers)
        }),
        introduce: reader.read("GUICHET_PROXY_PROTOCOL", value::switch),
    }
}

fn read_tls(reader: &mut Reader) -> Option<TlsFiles> {
    let certificate = reader.read_optional("GUICHET_TLS_CERT", value::path);
    let key = reader.read_optional("GUICHET_TLS_KEY", value::path);

    match (certificate, key) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
        (None, None) => None,
        (Some(_), None) => {
            reader.refuse("GUICHET_TLS_KEY", "a certificate needs its private key");
            None
        }
        (None, Some(_)) => {
            reader.refuse("GUICHET_TLS_CERT", "a private key needs its certificate");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_prints_without_slash_at_its_end() {
        for (text, printed) in [
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://id.ecole.be/", "https://id.ecole.be"),
            ("https://id.ecole.be:443/", "https://id.ecole.be"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), printed);
            assert_eq!(url.origin(), printed);
        }
    }
}
