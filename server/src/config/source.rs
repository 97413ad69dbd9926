//! Where values come from: the environment and the configuration file, brought to one form.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::config_file;
use super::error::ConfigError;
use super::setting::{PREFIX, Setting, file_key};

/// Where an effective value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the configuration file.
    ConfigFile {
        /// The file given with `--config`.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The environment variable of that name.
    Environment,
    /// The file that a `…_FILE` variable or `…_file` key names.
    ValueFile(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(formatter, "default"),
            Self::ConfigFile { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Environment => write!(formatter, "environment"),
            Self::ValueFile(path) => write!(formatter, "content of {}", path.display()),
        }
    }
}

/// A value as somebody wrote it.
pub(super) struct Given {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The written values by variable name, and what could not be understood.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) given: BTreeMap<&'static str, Given>,
    pub(super) errors: Vec<ConfigError>,
}

/// Collects what is written in the file and, with precedence, in the environment.
pub(super) fn collect(
    file: Option<&Path>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Collected {
    let mut collected = Collected::default();

    if let Some(path) = file {
        let written = config_file::read(path, &mut collected.errors);
        collected.add_layer(written, Spelling::FileKey);
    }
    let written = read_environment(environment, &mut collected.errors);
    collected.add_layer(written, Spelling::Variable);

    collected
}

/// A name and value as written, before it is known whether there is such a setting.
pub(super) struct Written {
    /// The name as the person spelt it.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// How a layer spells the names of settings, so that an error uses the person's spelling.
#[derive(Clone, Copy)]
enum Spelling {
    Variable,
    FileKey,
}

impl Spelling {
    fn of(self, variable: &str) -> String {
        match self {
            Self::Variable => variable.to_owned(),
            Self::FileKey => file_key(variable),
        }
    }
}

impl Collected {
    /// Lays what is written over what is there already.
    fn add_layer(&mut self, written: Vec<Written>, spelling: Spelling) {
        let mut layer = BTreeMap::new();

        for written in written {
            let Some((setting, holds)) = find(&written.name, spelling) else {
                let nearest = spelling.of(nearest_name(&written.name));
                self.refuse(
                    written,
                    format!("there is no such setting; the nearest is {nearest}"),
                );
                continue;
            };
            // Compose files set a variable to nothing when they mean "not set".
            if written.text.is_empty() && setting.default.is_empty() {
                continue;
            }
            if layer.contains_key(setting.name) {
                let value = spelling.of(setting.name);
                let file = spelling.of(&setting.file_name());
                self.refuse(
                    written,
                    format!("{value} and {file} are both set; keep one of them"),
                );
                continue;
            }

            let given = match holds {
                Holds::Value => Given {
                    text: written.text,
                    origin: written.origin,
                },
                Holds::Path => match read_value_file(&written.text) {
                    Ok(given) => given,
                    Err(problem) => {
                        self.refuse(written, problem);
                        continue;
                    }
                },
            };
            layer.insert(setting.name, given);
        }

        self.given.append(&mut layer);
    }

    fn refuse(&mut self, written: Written, problem: String) {
        self.errors
            .push(ConfigError::new(written.name, written.origin, problem));
    }
}

/// What a variable of a setting holds.
enum Holds {
    Value,
    Path,
}

fn find(name: &str, spelling: Spelling) -> Option<(&'static Setting, Holds)> {
    super::settings().find_map(|setting| {
        if name == spelling.of(setting.name) {
            return Some((setting, Holds::Value));
        }

        let names_file = setting.takes_file() && name == spelling.of(&setting.file_name());
        names_file.then_some((setting, Holds::Path))
    })
}

fn read_value_file(path: &str) -> Result<Given, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the file {path} cannot be read: {error}"))?;

    Ok(Given {
        // Editors and `echo` end a file with a line feed that is no part of the value.
        text: text.trim_end_matches(['\r', '\n']).to_owned(),
        origin: Origin::ValueFile(PathBuf::from(path)),
    })
}

fn read_environment(
    environment: impl Iterator<Item = (OsString, OsString)>,
    errors: &mut Vec<ConfigError>,
) -> Vec<Written> {
    let mut written = Vec::new();

    for (name, value) in environment {
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with(PREFIX) {
            continue;
        }

        let origin = Origin::Environment;
        let Ok(text) = value.into_string() else {
            errors.push(ConfigError::new(name, origin, "the value is not UTF-8"));
            continue;
        };
        written.push(Written { name, text, origin });
    }

    written.sort_by(|left, right| left.name.cmp(&right.name));
    written
}

/// The setting whose variable or file key looks most like what was written.
fn nearest_name(written: &str) -> &'static str {
    super::settings()
        .map(|setting| setting.name)
        .min_by_key(|name| {
            edit_distance(name, written).min(edit_distance(&file_key(name), written))
        })
        .expect("the table of settings is not empty")
}

/// The number of letters to insert, delete or replace (Levenshtein).
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();

    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }

    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_counts_changed_letters() {
        for (left, right, distance) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("LISTEN", "LISTN", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edit_distance(left, right), distance, "{left} {right}");
        }
    }
}
