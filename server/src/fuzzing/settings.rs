//! What operators write, and where callers want people to go.

use std::ffi::OsString;

use super::{product::PRODUCT, text};
use crate::config::{Config, Secrecy, settings};

/// Settings, `NAME=value` a line without the prefix: all that is wrong is told at once, and no secret with it.
pub fn setting(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let written: Vec<(String, &str)> = typed
        .lines()
        .filter_map(|line| line.split_once('='))
        // These name files of this machine.
        .filter(|(name, _)| !name.ends_with("_FILE"))
        .map(|(name, value)| (format!("GUICHET_{name}"), value))
        .collect();
    let environment = written
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let told = match Config::load(None, environment) {
        Ok(loaded) => {
            assert_eq!(loaded.entries.len(), settings().count());
            let shown = loaded.entries.iter().map(|entry| entry.value.clone());
            let warnings = loaded.config.warnings();
            shown.chain(warnings).collect::<Vec<_>>().join("\n")
        }
        Err(errors) => errors.to_string(),
    };
    let secret = settings().filter(|setting| setting.secrecy == Secrecy::Secret);
    for setting in secret {
        for (_, value) in written.iter().filter(|(name, _)| name == setting.name) {
            // A shorter one may stand there by chance.
            let is_telling = value.len() >= 32 && typed.matches(value).count() == 1;
            assert!(!is_telling || !told.contains(value), "{told}");
        }
    }
}

/// A return target: one that is listed, as it is listed, or none.
pub fn return_url(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let application = &PRODUCT.app.config.application;
    let Some(target) = application.return_target(typed) else {
        return;
    };
    assert!(application.return_urls.contains(target));
    let shown = target.as_str();
    assert!(typed.is_ascii() || !typed.contains(char::is_control));
    assert_eq!(application.return_target(shown), Some(target));
    // Browsers read some of these otherwise than we do.
    assert!(!typed.contains(['\\', '\t', '\n', '\r']), "{typed:?}");
}
