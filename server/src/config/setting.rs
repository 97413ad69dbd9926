//! One row of the table of settings: what loading, `guichet config` and the README know about a key.

use url::Url;

/// The prefix of every environment variable that Guichet reads.
pub(super) const PREFIX: &str = "GUICHET_";

const HIDDEN: &str = "(hidden)";

/// A group of settings under one heading, read into one struct.
#[derive(Debug)]
pub struct Section {
    /// Heading in `guichet config` and in the README.
    pub title: &'static str,
    /// The rows, in the order in which they are shown.
    pub settings: &'static [Setting],
}

/// A key that can be set by environment or file.
#[derive(Debug)]
pub struct Setting {
    /// The environment variable, for example `GUICHET_LISTEN`.
    pub name: &'static str,
    /// The default as one would write it; empty when nothing is set or when the default is computed.
    pub default: &'static str,
    /// How the default comes about, in words, where [`Setting::default`] is empty.
    pub default_in_words: &'static str,
    /// One line: what it is for, and its unit.
    pub meaning: &'static str,
    /// What a right value looks like, for the error about a wrong one.
    pub example: &'static str,
    /// How much of the value may be shown.
    pub secrecy: Secrecy,
}

/// How much of a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// All of it.
    Public,
    /// Nothing of it.
    Secret,
    /// All but the password, which a URL carries before its host or in its query.
    UrlPassword,
}

impl Setting {
    /// A public setting whose default is also its example.
    pub(super) const fn new(
        name: &'static str,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            default,
            default_in_words: "",
            meaning,
            example: default,
            secrecy: Secrecy::Public,
        }
    }

    /// A public setting without a fixed default: `words` say what holds when it is not set.
    pub(super) const fn unset(
        name: &'static str,
        words: &'static str,
        example: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            default_in_words: words,
            example,
            ..Self::new(name, "", meaning)
        }
    }

    /// The same setting, of which only so much is shown.
    pub(super) const fn with(self, secrecy: Secrecy) -> Self {
        Self { secrecy, ..self }
    }

    /// The same setting with another example than its default.
    pub(super) const fn such_as(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The key in the configuration file, for example `listen`.
    pub fn file_key(&self) -> String {
        file_key(self.name)
    }

    /// The variable with the path of a file that holds the value, where [`Setting::takes_file`].
    pub(super) fn file_name(&self) -> String {
        format!("{}_FILE", self.name)
    }

    /// Whether the value may also come from a file named by a variable `…_FILE`.
    pub fn takes_file(&self) -> bool {
        self.secrecy != Secrecy::Public
    }

    /// The value as it may be printed.
    pub(super) fn redact(&self, text: &str) -> String {
        match self.secrecy {
            Secrecy::Public => text.to_owned(),
            Secrecy::Secret => HIDDEN.to_owned(),
            Secrecy::UrlPassword => redact_url(text),
        }
    }
}

/// The configuration file's spelling of a variable's name.
pub(super) fn file_key(variable: &str) -> String {
    let name = variable.strip_prefix(PREFIX).unwrap_or(variable);

    name.to_ascii_lowercase()
}

/// The URL without the password that it may carry before its host or in its query.
pub(super) fn redact_url(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return HIDDEN.to_owned();
    };

    // A key may stand there itself instead of its file's name.
    let names_password = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("pass") || name == "sslkey"
    };
    let in_query = url.query_pairs().any(|(name, _)| names_password(&name));
    if url.password().is_none() && !in_query {
        // As it was written: the parser would turn `file:mail` into `file:///mail`.
        return text.to_owned();
    }

    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return HIDDEN.to_owned();
    }
    if in_query {
        let pairs: Vec<_> = url
            .query_pairs()
            .map(|(name, value)| {
                let shown = if names_password(&name) {
                    "***"
                } else {
                    &*value
                };
                (name.to_string(), shown.to_owned())
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }

    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_shown_without_its_password() {
        let setting = Setting::new("GUICHET_X", "", "").with(Secrecy::UrlPassword);

        for (text, shown) in [
            ("sqlite:", "sqlite:"),
            ("file:mail", "file:mail"),
            ("postgres://db/guichet", "postgres://db/guichet"),
            ("postgres://me:hunter2@db/g", "postgres://me:***@db/g"),
            (
                "postgres://db/g?password=hunter2&a=1",
                "postgres://db/g?password=***&a=1",
            ),
            ("smtp://:hunter2@mx", "smtp://:***@mx"),
            ("::hunter2", "(hidden)"),
        ] {
            assert_eq!(setting.redact(text), shown);
        }
    }

    #[test]
    fn secret_is_not_shown_at_all() {
        let setting = Setting::new("GUICHET_X", "", "").with(Secrecy::Secret);

        assert_eq!(setting.redact("00ff"), "(hidden)");
    }
}
