//! The settings for people and programs: `guichet config` and the page `SETTINGS.md`.

use serde_json::{Value, json};

use super::{Entry, Loaded, SECTIONS, Setting};

/// Columns are padded no further than this, so that one long value does not push all meanings aside.
const WIDEST_PADDING: usize = 40;

/// Every setting with effective value, origin and meaning, under its section's heading.
pub fn table(loaded: &Loaded) -> String {
    let width = |column: fn(&Entry) -> String| {
        let lengths = loaded
            .entries
            .iter()
            .map(|entry| column(entry).chars().count());
        lengths.max().unwrap_or_default().min(WIDEST_PADDING)
    };
    let names = width(|entry| entry.setting.name.to_owned());
    let values = width(shown_value);
    let origins = width(|entry| entry.origin.to_string());

    let mut lines = Vec::new();
    for (title, entries) in by_section(loaded) {
        lines.push(title.to_owned());
        lines.extend(entries.map(|entry| {
            let Setting { name, meaning, .. } = entry.setting;
            let value = shown_value(entry);
            let origin = entry.origin.to_string();
            format!("  {name:names$}  {value:values$}  {origin:origins$}  {meaning}")
        }));
        lines.push(String::new());
    }

    lines.join("\n")
}

/// The same as a JSON array of objects; `value` is null where nothing is set.
pub fn json(loaded: &Loaded) -> Value {
    let objects = by_section(loaded).flat_map(|(title, entries)| {
        entries.map(move |entry| {
            json!({
                "section": title,
                "name": entry.setting.name,
                "file_key": entry.setting.file_key(),
                "value": (!entry.value.is_empty()).then_some(&entry.value),
                "origin": entry.origin.to_string(),
                "default": default_in_words(entry.setting),
                "meaning": entry.setting.meaning,
            })
        })
    });

    objects.collect()
}

/// The page `SETTINGS.md`: one table a section, independent of any loaded configuration.
pub fn markdown() -> String {
    let opening = "# Settings\n\n\
        Environment over file (`--config guichet.toml`) over default; an unknown name is an error at start.\n\
        `guichet config` shows the values in force and where each comes from.\n\
        This page is written by `guichet config --markdown`.";
    let sections = SECTIONS.iter().map(|section| {
        let rows = section.settings.iter().map(|setting| {
            let Setting {
                name,
                default,
                default_in_words,
                meaning,
                ..
            } = setting;
            let or_file = if setting.takes_file() {
                " or `…_FILE`"
            } else {
                ""
            };
            let default = if default.is_empty() {
                (*default_in_words).to_owned()
            } else {
                format!("`{default}`")
            };
            format!("| `{name}`{or_file} | {default} | {meaning} |\n")
        });
        let rows: String = rows.collect();

        format!(
            "## {}\n\n| Variable | Default | Meaning |\n|---|---|---|\n{rows}",
            section.title
        )
    });

    let sections: Vec<_> = sections.collect();
    format!("{opening}\n\n{}", sections.join("\n"))
}

fn by_section(
    loaded: &Loaded,
) -> impl Iterator<Item = (&'static str, impl Iterator<Item = &Entry>)> {
    SECTIONS.iter().map(|section| {
        let entries = section.settings.iter().filter_map(|setting| {
            loaded
                .entries
                .iter()
                .find(|entry| entry.setting.name == setting.name)
        });
        (section.title, entries)
    })
}

fn shown_value(entry: &Entry) -> String {
    if entry.value.is_empty() {
        return format!("({})", entry.setting.default_in_words);
    }

    entry.value.clone()
}

fn default_in_words(setting: &Setting) -> &'static str {
    if setting.default.is_empty() {
        setting.default_in_words
    } else {
        setting.default
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::config::{Config, settings};

    fn load(variables: &[(&str, &str)]) -> Loaded {
        let environment = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));

        Config::load(None, environment).unwrap()
    }

    #[test]
    fn secrets_are_never_shown() {
        let key = "0f".repeat(32);
        let loaded = load(&[
            ("GUICHET_MASTER_KEY", &key),
            ("GUICHET_DATABASE_URL", "postgres://me:hunter2@db/guichet"),
            ("GUICHET_MAIL_URL", "smtps://me:hunter2@mx.example.org"),
        ]);

        for text in [
            table(&loaded),
            json(&loaded).to_string(),
            format!("{loaded:?}"),
        ] {
            assert!(!text.contains("hunter2"), "{text}");
            assert!(!text.contains(&key), "{text}");
        }
    }

    #[test]
    fn the_page_of_settings_is_the_one_that_the_command_writes() {
        assert_eq!(include_str!("../../SETTINGS.md"), markdown());
    }

    #[test]
    fn every_setting_is_shown_in_the_tables_order() {
        let loaded = load(&[("GUICHET_LOCALE", "en")]);
        let (table, markdown) = (table(&loaded), markdown());
        let json = json(&loaded);

        let names = |text: &str, mark: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix(mark));
            lines
                .map(|line| line.split([' ', '`']).next().unwrap().to_owned())
                .collect()
        };
        let all: Vec<&str> = settings().map(|setting| setting.name).collect();
        assert_eq!(names(&table, "  "), all);
        assert_eq!(names(&markdown, "| `"), all);

        let objects = json.as_array().unwrap();
        assert_eq!(objects.len(), all.len());
        let locale = objects
            .iter()
            .find(|object| object["name"] == "GUICHET_LOCALE")
            .unwrap();
        assert_eq!(locale["value"], "en");
        assert_eq!(locale["origin"], "environment");
        assert_eq!(locale["default"], "fr");
    }
}
