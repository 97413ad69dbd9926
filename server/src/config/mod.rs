//! The configuration: environment over file over default, checked whole before anything starts.
//!
//! Each file named like a section holds that section's rows of the table of settings and the struct they are read
//! into. A new setting is one row and one field there; loading, `guichet config` and the README follow from the row.

mod application;
mod config_file;
mod database;
mod error;
mod hashing;
mod lifetimes;
mod limits;
mod listen;
mod mail;
mod password;
mod reader;
mod runtime;
mod setting;
pub mod show;
mod source;
mod storage;
mod theme;
mod throttle;
mod tokens;
mod value;

use std::ffi::OsString;
use std::path::Path;

pub use application::Application;
pub use database::DatabaseUrl;
pub use error::{ConfigError, ConfigErrors};
pub use hashing::Hashing;
pub use lifetimes::Lifetimes;
pub use limits::Limits;
pub use listen::{ForwardedHeader, Listen, Proxies, PublicUrl, TlsFiles};
pub use mail::{Mail, MailUrl};
pub use password::{PasswordProfile, PasswordRules};
pub use reader::Entry;
pub use runtime::{ClockSource, LogFormat, Runtime};
pub use setting::{Secrecy, Section, Setting};
pub use source::Origin;
pub use storage::Storage;
pub use theme::{Color, NIGHT, Theme};
pub use throttle::Throttle;
pub use tokens::{TokenAlgorithm, Tokens};
pub use value::duration;

use reader::Reader;

/// The table of all settings.
pub static SECTIONS: [Section; 12] = [
    listen::SECTION,
    storage::SECTION,
    mail::SECTION,
    application::SECTION,
    theme::SECTION,
    hashing::SECTION,
    lifetimes::SECTION,
    tokens::SECTION,
    password::SECTION,
    throttle::SECTION,
    limits::SECTION,
    runtime::SECTION,
];

/// Everything that can be configured, parsed and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Guichet is reached.
    pub listen: Listen,
    /// Where data is kept.
    pub storage: Storage,
    /// How mails leave.
    pub mail: Mail,
    /// What people see.
    pub application: Application,
    /// How the pages look.
    pub theme: Theme,
    /// What a password hash costs.
    pub hashing: Hashing,
    /// How long tokens and mailed codes live.
    pub lifetimes: Lifetimes,
    /// How access tokens are signed.
    pub tokens: Tokens,
    /// Which passwords are accepted.
    pub password: PasswordRules,
    /// How guessing is slowed down.
    pub throttle: Throttle,
    /// How much callers may take.
    pub limits: Limits,
    /// Log and clock.
    pub runtime: Runtime,
}

/// A configuration with what is known about each of its values.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The parsed values.
    pub config: Config,
    /// Every setting in the table's order, as it may be shown.
    pub entries: Vec<Entry>,
}

/// Every row of the table.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

/// Loads the configuration from the file, if there is one, and this process's environment.
///
/// # Errors
/// Everything that is wrong, at once.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
pub fn load_from_process(file: Option<&Path>) -> Result<Loaded, ConfigErrors> {
    Config::load(file, std::env::vars_os())
}

impl Config {
    /// Loads the configuration from the file, if there is one, and an environment.
    ///
    /// # Errors
    /// Everything that is wrong, at once: unknown names, wrong values, values that do not go together.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Loaded, ConfigErrors> {
        let mut reader = Reader::new(source::collect(file, environment));
        let config = Self::read(&mut reader);
        let entries = reader.finish()?;

        Ok(Loaded { config, entries })
    }

    fn read(reader: &mut Reader) -> Self {
        let listen = Listen::read(reader);
        let storage = Storage::read(reader);

        Self {
            mail: Mail::read(reader, &storage.data_dir),
            application: Application::read(reader, &listen.public_url),
            theme: Theme::read(reader),
            hashing: Hashing::read(reader),
            lifetimes: Lifetimes::read(reader),
            tokens: Tokens::read(reader),
            password: PasswordRules::read(reader),
            throttle: Throttle::read(reader),
            limits: Limits::read(reader),
            runtime: Runtime::read(reader),
            listen,
            storage,
        }
    }

    /// What is allowed but not fit for real accounts, one sentence each, to be said at start.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();

        if !self.throttle.enabled {
            warnings
                .push("GUICHET_THROTTLE is off: passwords can be guessed without limit".to_owned());
        }
        if let ClockSource::OffsetFile(path) = &self.runtime.clock {
            let path = path.display();
            warnings.push(format!(
                "GUICHET_CLOCK: {path} moves the time, so that lifetimes mean nothing"
            ));
        }
        if let Some(warning) = self.storage.database.warning() {
            warnings.push(format!("GUICHET_DATABASE_URL {warning}"));
        }
        if self.lifetimes.reset > lifetimes::LONGEST_RESET {
            warnings.push(
                "GUICHET_RESET_TTL is over 24h, and NIST SP 800-63B-4 section 4.2.1.2 allows no more"
                    .to_owned(),
            );
        }
        if self.lifetimes.access > lifetimes::LONGEST_ACCESS {
            warnings.push(
                "GUICHET_ACCESS_TTL is over 1h: for as long, offline checks let in whose session has ended"
                    .to_owned(),
            );
        }
        let public_url = &self.listen.public_url;
        if !public_url.is_https() && !value::is_loopback(public_url.as_url()) {
            warnings.push(format!(
                "GUICHET_PUBLIC_URL is {public_url}: passwords travel in plain text"
            ));
        }

        warnings
    }
}

#[cfg(test)]
mod tests;
