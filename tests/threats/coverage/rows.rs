//! The rows as they stand in their files.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The files of rows, without their ending, in the order of the table.
pub(super) const SECTIONS: [(&str, &str); 7] = [
    ("facts", "Facts about what this is built on"),
    ("requirements", "OWASP ASVS 5.0"),
    ("advisories", "Flaws that others had"),
    ("inputs", "Bad inputs"),
    ("reliability", "Promises while something goes wrong"),
    ("enumeration", "Finding out who has an account"),
    ("defaults", "Defaults"),
];

/// One file of rows.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) rows: Vec<Row>,
}

/// Something that may happen, and what would tell.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// Section and id.
    pub(super) id: String,
    /// In a few words.
    pub(super) what: String,
    #[serde(default)]
    tests: Vec<Named>,
    not: Option<String>,
}

/// What answers a row.
pub(super) enum Answer<'a> {
    /// The tests that fail if it comes true.
    Tests(&'a [Named]),
    /// Why it can't come true here, or where else it is looked for.
    Not(&'a str),
}

/// A test by its file, from the top of the repository, and its name: `tests/api/reset.rs: name`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Named {
    pub(super) file: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    row: Vec<Row>,
}

impl Section {
    pub(super) fn read(folder: &Path, file: &str, title: &'static str) -> Self {
        let path = folder.join(file).with_extension("toml");
        // Sections whose rows nobody has written down yet would pass unnoticed.
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {}", path.display()));
        let file: File =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for row in &file.row {
            row.check();
        }
        Self {
            title,
            rows: file.row,
        }
    }
}

impl Row {
    pub(super) fn answer(&self) -> Answer<'_> {
        match &self.not {
            Some(reason) => Answer::Not(reason),
            None => Answer::Tests(&self.tests),
        }
    }

    fn check(&self) {
        let Self { id, what, .. } = self;
        assert!(!id.is_empty() && !what.is_empty(), "{id}: {what}");
        assert!(
            self.tests.is_empty() != self.not.is_none(),
            "{id} needs either tests or the reason why there is none"
        );
        let one_sentence = |text: &String| text.len() > 10 && text.ends_with('.');
        assert!(
            self.not.as_ref().is_none_or(one_sentence),
            "{id}: a reason is a sentence"
        );
    }
}

impl TryFrom<String> for Named {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (file, name) = text
            .split_once(": ")
            .ok_or_else(|| format!("no file and name: {text}"))?;
        Ok(Self {
            file: file.to_owned(),
            name: name.to_owned(),
        })
    }
}
