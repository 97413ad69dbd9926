//! Where data is kept: the data directory, the database and the key that seals secrets in it.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use url::Url;

use super::reader::Reader;
use super::setting::{Secrecy, Section, Setting};
use super::value;

pub(super) const SECTION: Section = Section {
    title: "Storage",
    settings: &[
        Setting::new(
            "GUICHET_DATA_DIR",
            "guichet-data",
            "Directory of the SQLite database, the master key and mails kept as files; made with mode 0700",
        ),
        Setting::new(
            "GUICHET_DATABASE_URL",
            "sqlite:",
            "`sqlite:` is guichet.db in the data directory, `sqlite:PATH` another file, `postgres://…` a server for many replicas",
        )
        .such_as("postgres://guichet@db.example.org/guichet")
        .with(Secrecy::UrlPassword),
        Setting::unset(
            "GUICHET_MASTER_KEY",
            "master.key in the data directory",
            "the output of `openssl rand -hex 32`",
            "64 hexadecimal digits that seal the secrets in the database; made at first start; replicas share one",
        )
        .with(Secrecy::Secret),
    ],
};

/// Where data is kept.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Directory of everything that is not in a database server.
    pub data_dir: PathBuf,
    /// The database.
    pub database: DatabaseUrl,
    /// 64 hexadecimal digits; without them the key is a file in the data directory.
    pub master_key: Option<SecretString>,
}

/// Which database to use.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A file on this machine. A relative path starts at the working directory.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the URL may hold a password.
    Postgres(SecretString),
}

impl Storage {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let data_dir = reader.read("GUICHET_DATA_DIR", value::path);
        let database = reader.read("GUICHET_DATABASE_URL", |text| database_url(text, &data_dir));
        let master_key = reader.read_optional("GUICHET_MASTER_KEY", value::hexadecimal_key);

        Self {
            data_dir,
            database,
            master_key: master_key.map(SecretString::from),
        }
    }
}

fn database_url(text: &str, data_dir: &Path) -> Result<DatabaseUrl, String> {
    if let Some(rest) = text.strip_prefix("sqlite:") {
        return sqlite_path(rest, data_dir).map(DatabaseUrl::Sqlite);
    }

    let url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err("begins with neither sqlite: nor postgres://".to_owned());
    }
    if url.path().trim_start_matches('/').is_empty() {
        return Err("names no database after the host".to_owned());
    }

    Ok(DatabaseUrl::Postgres(SecretString::from(text)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

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
            let parsed = match database_url(text, Path::new("data")) {
                Ok(DatabaseUrl::Sqlite(path)) => Some(path),
                Ok(DatabaseUrl::Postgres(_)) | Err(_) => None,
            };
            assert_eq!(parsed, path.map(PathBuf::from), "{text}");
        }
    }

    #[test]
    fn postgres_url_names_a_database() {
        for (text, right) in [
            ("postgres://me:secret@db/guichet", true),
            ("postgresql:///guichet?host=/run/postgresql", true),
            ("postgres://db", false),
            ("postgres://db/", false),
            ("mysql://db/guichet", false),
            ("guichet", false),
        ] {
            let parsed = match database_url(text, Path::new("data")) {
                Ok(DatabaseUrl::Postgres(url)) => Some(url.expose_secret().to_owned()),
                Ok(DatabaseUrl::Sqlite(_)) | Err(_) => None,
            };
            assert_eq!(parsed.as_deref(), right.then_some(text), "{text}");
        }
    }
}
