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
mod tests {
    use super::*;

    fn postgres(text: &str) -> Result<String, String> {
        match DatabaseUrl::parse(text, Path::new("data"))? {
            DatabaseUrl::Postgres(url) => Ok(url.expose_secret().to_owned()),
            DatabaseUrl::Sqlite(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn sqlite_url_names_a_file() {
        for (text, path) in [
            ("sqlite:", Some("data/guichet.db")),
            ("sqlite://", Some("data/guichet.db")),
            ("sqlite:other.db", Some("other.db")),
            ("sqlite://other.db", Some("other.db")),
            ("sqlite:/var/lib/g.db", Some("/var/lib/g.db")),
            ("sqlite:///var/lib/g.db", Some("/var/lib/g.db")),
            ("sqlite::memory:", None),
            ("sqlite:g.db?mode=ro", None),
        ] {
            let parsed = match DatabaseUrl::parse(text, Path::new("data")) {
                Ok(DatabaseUrl::Sqlite(path)) => Some(path),
                Ok(DatabaseUrl::Postgres(_)) | Err(_) => None,
            };
            assert_eq!(parsed, path.map(PathBuf::from), "{text}");
        }
    }

    #[test]
    fn postgres_url_names_a_host_and_a_database() {
        for (text, right) in [
            ("postgres://me:secret@localhost/guichet", true),
            ("postgresql:///guichet?host=/run/postgresql", true),
            ("postgres://%2Frun%2Fpostgresql/guichet", true),
            ("postgres://localhost?dbname=guichet", true),
            ("postgres:///guichet", false),
            ("postgres://localhost", false),
            ("postgres://localhost/", false),
            ("postgres://localhost/guichet?sslmod=verify-full", false),
            ("postgres://localhost/guichet?sslmode=on", false),
            ("mysql://db/guichet", false),
            ("guichet", false),
        ] {
            let parsed = postgres(text).ok();
            assert_eq!(parsed.as_deref(), right.then_some(text), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_a_word_of_the_url() {
        for text in [
            "postgres://me:hunter2?hunter2@db/guichet",
            "postgres://me:hunter2@db/guichet?sslmode=hunter2",
            "postgres://me:hunter2@db/guichet?hunter2=hunter2",
            "postgres://me:hunter2@db:hunter2/guichet",
            "hunter2://me:hunter2@db/guichet",
            "hunter2",
        ] {
            let problem = postgres(text).expect_err(text);
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn another_machine_is_reached_over_tls_that_proves_its_name() {
        for (text, added) in [
            ("postgres://db/g", "?sslmode=verify-full"),
            ("postgres://10.0.0.1/g?port=1", "&sslmode=verify-full"),
            ("postgres://[2001:db8::1]/g", "?sslmode=verify-full"),
            ("postgres://localhost/g?host=db", "&sslmode=verify-full"),
            ("postgres:///g?hostaddr=10.0.0.1", "&sslmode=verify-full"),
            ("postgres://db/g?sslmode=require", ""),
            ("postgres://db/g?sslmode=disable", ""),
            ("postgres://localhost/g", ""),
            ("postgres://127.0.0.1/g?sslmode=prefer", ""),
            ("postgres://[::1]/g", ""),
            ("postgres://db/g?host=/run/postgresql", ""),
        ] {
            assert_eq!(postgres(text), Ok(format!("{text}{added}")));
        }
        for silent in ["allow", "prefer"] {
            let refused = postgres(&format!("postgres://db/g?sslmode={silent}"));
            assert!(refused.expect_err(silent).contains("plain text"));
        }
    }

    #[test]
    fn a_way_that_others_can_read_or_turn_is_warned_of() {
        for (text, warning) in [
            ("postgres://db/g", None),
            ("postgres://db/g?sslmode=disable", Some("plain text")),
            ("postgres://db/g?sslmode=require", Some("whoever answers")),
            (
                "postgres://db/g?sslmode=verify-ca",
                Some("whatever its name"),
            ),
            ("postgres://localhost/g?sslmode=disable", None),
            ("postgres:///g?host=/run/postgresql", None),
            ("sqlite:", None),
        ] {
            let url = DatabaseUrl::parse(text, Path::new("data")).expect(text);
            let told = url.warning().unwrap_or_default();
            assert_eq!(told.is_empty(), warning.is_none(), "{text}: {told}");
            assert!(told.contains(warning.unwrap_or_default()), "{text}: {told}");
        }
    }
}
