//! Where data is kept: the data directory, the database and the key that seals secrets in it.

use std::path::PathBuf;

use secrecy::SecretString;

use super::database::DatabaseUrl;
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
            "`sqlite:` is guichet.db in the data directory, `sqlite:PATH` another file, `postgres://…` a server for many replicas; on another machine `sslmode` is `verify-full` unless it is given (see DATABASES.md)",
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
        Setting::unset(
            "GUICHET_MASTER_KEY_PREVIOUS",
            "there is none",
            "64 hexadecimal digits",
            "The key that GUICHET_MASTER_KEY takes the place of, while `guichet keys rotate-master` is ahead or has just been run",
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
    /// The key before it, which something may still be sealed under.
    pub previous_master_key: Option<SecretString>,
}

impl Storage {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let data_dir = reader.read("GUICHET_DATA_DIR", value::path);
        let database = reader.read("GUICHET_DATABASE_URL", |text| {
            DatabaseUrl::parse(text, &data_dir)
        });
        let mut key = |name| {
            let digits = reader.read_optional(name, value::hexadecimal_key);
            digits.map(SecretString::from)
        };
        let master_key = key("GUICHET_MASTER_KEY");
        let previous_master_key = key("GUICHET_MASTER_KEY_PREVIOUS");

        Self {
            data_dir,
            database,
            master_key,
            previous_master_key,
        }
    }
}
