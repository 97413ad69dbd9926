//! Which database to use, and how safe the way there is.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{setting, value};

/// What a PostgreSQL URL may hold after `?`, beside `options[…]`. The driver would pass over a misspelt one.
const PARAMETERS: [&str; 13] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// Which database to use.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A file on this machine. A relative path starts at the working directory.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the URL may hold a password.
    Postgres(SecretString),
}

impl DatabaseUrl {
    /// Reads a URL; `sqlite:` alone is the file in the data directory.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence about the URL. It holds no part of the URL, which may be a secret.
    pub fn parse(text: &str, data_dir: &Path) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix("sqlite:") {
            return sqlite_path(rest, data_dir).map(Self::Sqlite);
        }

        let mut url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err("begins with neither sqlite: nor postgres://".to_owned());
        }
        let route = Route::read(&url)?;
        if !route.names_database {
            return Err("names no database after the host".to_owned());
        }

        if let Some(default) = route.check()? {
            url.query_pairs_mut().append_pair("sslmode", default);
        }
        Ok(Self::Postgres(SecretString::from(String::from(url))))
    }

    /// The URL as it may be shown: without a password.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => setting::redact_url(url.expose_secret()),
        }
    }

    /// What is allowed but lets others on the network in; the end of a sentence about the URL.
    pub fn warning(&self) -> Option<&'static str> {
        let Self::Postgres(url) = self else {
            return None;
        };
        let url = Url::parse(url.expose_secret()).ok()?;
        Route::read(&url).ok()?.warning()
    }
}

fn sqlite_path(rest: &str, data_dir: &Path) -> Result<PathBuf, String> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() {
        return Ok(data_dir.join("guichet.db"));
    }
    if path.contains(":memory:") {
        return Err(
            "is a database in memory, of which every connection would see another".to_owned(),
        );
    }
    if path.contains('?') {
        return Err("holds options after `?`, which Guichet sets itself".to_owned());
    }

    value::path(path)
}

/// The way to a PostgreSQL server.
struct Route {
    leaves_this_machine: bool,
    mode: Option<Mode>,
    names_database: bool,
}

/// `sslmode`, in the order of what it keeps off.
#[derive(Clone, Copy)]
enum Mode {
    Disable,
    /// `allow` too, which the driver takes for `disable`.
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Route {
    fn read(url: &Url) -> Result<Self, String> {
        let mut hosts: Vec<String> = url
            .host_str()
            .into_iter()
            .filter(|host| !host.is_empty())
            .map(|host| percent_decode_str(host).decode_utf8_lossy().into_owned())
            .collect();
        let mut mode = None;
        let mut names_database = !url.path().trim_start_matches('/').is_empty();

        for (name, value) in url.query_pairs() {
            match &*name {
                "host" | "hostaddr" => hosts.push(value.into_owned()),
                "sslmode" => mode = Some(Mode::parse(&value)?),
                "dbname" => names_database = true,
                name if PARAMETERS.contains(&name) || name.starts_with("options[") => {}
                // Its name may be what follows an unescaped `?` in a password.
                _ => {
                    let known = PARAMETERS.join(", ");
                    return Err(format!("holds a parameter that is none of {known}"));
                }
            }
        }

        // As the driver does: a socket wins, else the last host.
        let is_socket = |host: &String| host.starts_with('/');
        let host = hosts
            .iter()
            .find(|host| is_socket(host))
            .or(hosts.last())
            .ok_or(
                "names no host; the directory of a socket is, for example, ?host=/run/postgresql",
            )?;
        Ok(Self {
            leaves_this_machine: !is_socket(host) && !is_loopback(host),
            mode,
            names_database,
        })
    }

    /// The `sslmode` to add. Who listens between two machines must not read password hashes because nobody thought of it.
    fn check(&self) -> Result<Option<&'static str>, String> {
        match self.mode {
            None if self.leaves_this_machine => Ok(Some("verify-full")),
            Some(Mode::Prefer) if self.leaves_this_machine => Err(
                "has an sslmode that falls back to plain text without a word; for another machine it is verify-full, \
                 verify-ca, require or disable"
                    .to_owned(),
            ),
            _ => Ok(None),
        }
    }

    fn warning(&self) -> Option<&'static str> {
        if !self.leaves_this_machine {
            return None;
        }
        match self.mode? {
            Mode::Disable | Mode::Prefer => Some(
                "has sslmode=disable: addresses and password hashes travel in plain text; verify-full is safe",
            ),
            Mode::Require => {
                Some("has sslmode=require: whoever answers is believed; verify-full is safe")
            }
            Mode::VerifyCa => Some(
                "has sslmode=verify-ca: every certificate of a trusted authority is believed, whatever its name; \
                 verify-full is safe",
            ),
            Mode::VerifyFull => None,
        }
    }
}

impl Mode {
    fn parse(text: &str) -> Result<Self, String> {
        let modes = [
            ("disable", Self::Disable),
            ("allow", Self::Prefer),
            ("prefer", Self::Prefer),
            ("require", Self::Require),
            ("verify-ca", Self::VerifyCa),
            ("verify-full", Self::VerifyFull),
        ];
        value::one_of(text, &modes).map_err(|problem| format!("has an sslmode that {problem}"))
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse().map_or_else(
        |_| host == "localhost" || host.ends_with(".localhost"),
        |address: IpAddr| address.is_loopback(),
    )
}

#[cfg(test)]
mod tests;
