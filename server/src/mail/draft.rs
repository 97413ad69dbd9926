//! A mail as paragraphs and links in the reader's language.
//!
//! The text and the HTML of a mail are both made from one [`Draft`], so that they can't tell
//! different things.

use super::letter::Brand;
use crate::{
    i18n::{self, Arg, Locale},
    text,
};

/// A mail in words, before it is text or HTML.
pub(super) struct Draft {
    pub(super) subject: String,
    pub(super) blocks: Vec<Block>,
    pub(super) facts: Facts,
}

/// A part of a mail between its first and its last line.
pub(super) enum Block {
    Paragraph(String),
    Link(Link),
}

/// A link, told by the paragraph before it.
pub(super) struct Link {
    pub(super) url: String,
    /// What the button says; plain text shows the address instead.
    pub(super) label: String,
    pub(super) weight: Weight,
}

/// How much a link stands out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// What the mail is about.
    Main,
    /// What few readers need.
    Aside,
}

/// The last lines of every mail: half of all calls for help are about a forgotten username.
pub(super) struct Facts {
    pub(super) intro: String,
    pub(super) lines: Vec<Fact>,
}

/// One line such as `Votre identifiant : jean.dupont`.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
}

/// Puts together a [`Draft`] from texts of the catalogue.
pub(super) struct Writer<'a> {
    pub(super) locale: Locale,
    pub(super) brand: &'a Brand,
    app: String,
    blocks: Vec<Block>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(locale: Locale, brand: &'a Brand) -> Self {
        Self {
            locale,
            brand,
            app: one_line(&brand.app_name),
            blocks: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, key: &str, args: &[Arg<'_>]) {
        self.blocks.push(Block::Paragraph(self.text(key, args)));
    }

    /// A paragraph in somebody else's words.
    pub(super) fn quote(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.blocks.push(Block::Paragraph(one_line(text)));
        }
    }

    pub(super) fn link(&mut self, url: &str, label: &str, weight: Weight) {
        self.blocks.push(Block::Link(Link {
            url: url.to_owned(),
            label: self.text(label, &[]),
            weight,
        }));
    }

    pub(super) fn facts<'u>(
        &self,
        intro: &str,
        usernames: impl IntoIterator<Item = &'u str>,
        email: &str,
    ) -> Facts {
        let fact = |label: &str, value: &str| Fact {
            label: self.text(label, &[]),
            value: one_line(value),
        };
        let mut lines: Vec<Fact> = usernames
            .into_iter()
            .map(|username| fact("mail-username-label", username))
            .collect();
        lines.push(fact("mail-email-label", email));

        Facts {
            intro: self.text(intro, &[]),
            lines,
        }
    }

    pub(super) fn finish(self, subject: String, facts: Facts) -> Draft {
        Draft {
            subject,
            blocks: self.blocks,
            facts,
        }
    }

    /// Every text may name the application, so that argument is always there.
    pub(super) fn text(&self, key: &str, args: &[Arg<'_>]) -> String {
        let app = [("app", self.app.as_str().into())];
        i18n::text(self.locale, key, &[&app, args].concat())
    }
}

/// Keeps a value from starting a line of its own or from turning the reading direction.
///
/// The API refuses such characters; this is the second wall, for values that came another way.
pub(super) fn one_line(value: &str) -> String {
    value.replace(text::breaks_a_line, "\u{fffd}")
}
