//! The configuration file: flat TOML whose keys are the variables in lower case without their prefix.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::source::{Origin, Written};

/// Reads all keys of the file. What cannot be understood becomes an error, and the rest is still read.
pub(super) fn read(path: &Path, errors: &mut Vec<ConfigError>) -> Vec<Written> {
    let origin = |line| Origin::ConfigFile {
        path: path.to_owned(),
        line,
    };
    let refuse = |line, problem| ConfigError::new("--config".to_owned(), origin(line), problem);

    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            errors.push(refuse(1, format!("the file cannot be read: {error}")));
            return Vec::new();
        }
    };
    let line_at = |offset: usize| {
        1 + text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
    };
    let table = match DeTable::parse(&text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let line = line_at(error.span().map_or(0, |span| span.start));
            let problem = error.message().replace('\n', ", ");
            errors.push(refuse(line, format!("the file is not TOML: {problem}")));
            return Vec::new();
        }
    };

    let mut written = Vec::new();
    for (key, value) in table {
        let origin = origin(line_at(key.span().start));
        let name = key.into_inner().into_owned();
        match value_as_text(value.get_ref()) {
            Ok(text) => written.push(Written { name, text, origin }),
            Err(problem) => errors.push(ConfigError::new(name, origin, problem)),
        }
    }

    written
}

/// Brings a TOML value to the form it would have in an environment variable.
fn value_as_text(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(integer) => Ok(integer.to_string()),
        DeValue::Boolean(true) => Ok("on".to_owned()),
        DeValue::Boolean(false) => Ok("off".to_owned()),
        DeValue::Array(items) => {
            let texts: Option<Vec<&str>> =
                items.iter().map(|item| item.get_ref().as_str()).collect();
            let texts = texts.ok_or("a list must hold strings only")?;
            if texts.iter().any(|text| text.contains(',')) {
                return Err("an item of a list must not contain a comma; write %2C in a URL");
            }
            Ok(texts.join(","))
        }
        DeValue::Table(_) => Err("settings stand at the top of the file, not in a table"),
        DeValue::Float(_) | DeValue::Datetime(_) => {
            Err("the value must be a string, a whole number, true, false or a list of strings")
        }
    }
}
