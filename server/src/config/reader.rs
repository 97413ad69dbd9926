//! Turns what was written into typed values, and remembers what is wrong and where each value came from.

use std::fmt::Display;

use super::error::{ConfigError, ConfigErrors};
use super::setting::{Secrecy, Setting};
use super::source::{Collected, Given, Origin};

/// An effective setting as it may be shown.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The row of the table.
    pub setting: &'static Setting,
    /// The effective value, without secrets; empty when nothing is set.
    pub value: String,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Reads settings one after the other. A wrong value is noted and its default returned, so that one start finds all errors.
pub(super) struct Reader {
    collected: Collected,
    entries: Vec<Entry>,
}

impl Reader {
    pub(super) fn new(collected: Collected) -> Self {
        Self {
            collected,
            entries: Vec::new(),
        }
    }

    /// Reads a setting that has a fixed default.
    pub(super) fn read<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let default = setting(name).default;

        self.read_given(name, &parse, default)
            .unwrap_or_else(|| parse(default).expect("a test loads every default of the table"))
    }

    /// Reads a setting whose default follows from other settings or from the machine.
    pub(super) fn read_or<T: Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, String>,
        default: T,
    ) -> T {
        self.read_given(name, &parse, &default.to_string())
            .unwrap_or(default)
    }

    /// Reads a setting that may be left out.
    pub(super) fn read_optional<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read_given(name, &parse, "")
    }

    /// Notes that a value read before does not go together with another one.
    pub(super) fn refuse(&mut self, name: &str, problem: &str) {
        let entry = self.entries.iter().find(|entry| entry.setting.name == name);
        let origin = entry.map_or(Origin::Default, |entry| entry.origin.clone());

        self.note(setting(name), origin, problem);
    }

    /// Ends the reading: what to show, in the table's order, or everything that was wrong.
    pub(super) fn finish(mut self) -> Result<Vec<Entry>, ConfigErrors> {
        if !self.collected.errors.is_empty() {
            return Err(ConfigErrors(self.collected.errors));
        }

        self.entries.sort_by_key(|entry| {
            super::settings().position(|setting| setting.name == entry.setting.name)
        });
        Ok(self.entries)
    }

    /// Reads what was written, if anything right was; else shows the default.
    fn read_given<T>(
        &mut self,
        name: &str,
        parse: &impl Fn(&str) -> Result<T, String>,
        default: &str,
    ) -> Option<T> {
        let setting = setting(name);
        let Some(Given { text, origin }) = self.collected.given.remove(setting.name) else {
            self.show(setting, default, Origin::Default);
            return None;
        };

        match parse(&text) {
            Ok(value) => {
                self.show(setting, &text, origin);
                Some(value)
            }
            Err(problem) => {
                let value = match setting.secrecy {
                    Secrecy::Public => format!("{text:?}"),
                    Secrecy::Secret | Secrecy::UrlPassword => "the value".to_owned(),
                };
                self.show(setting, default, origin.clone());
                self.note(setting, origin, &format!("{value} {problem}"));
                None
            }
        }
    }

    fn show(&mut self, setting: &'static Setting, text: &str, origin: Origin) {
        let value = if text.is_empty() {
            String::new()
        } else {
            setting.redact(text)
        };

        self.entries.push(Entry {
            setting,
            value,
            origin,
        });
    }

    fn note(&mut self, setting: &Setting, origin: Origin, problem: &str) {
        let name = match origin {
            Origin::ConfigFile { .. } => setting.file_key(),
            Origin::Default | Origin::Environment | Origin::ValueFile(_) => setting.name.to_owned(),
        };
        let problem = format!(
            "{problem}; right would be, for example, {}",
            setting.example
        );

        let error = ConfigError::new(name, origin, problem);
        self.collected.errors.push(error);
    }
}

fn setting(name: &str) -> &'static Setting {
    super::settings()
        .find(|setting| setting.name == name)
        .expect("every start reads every setting, so a name without a row fails each test")
}
