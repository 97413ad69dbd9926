//! What every page has around its own content.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::{assets, theme, visit::Visit};
use crate::i18n::{self, Arg, Locale};

/// What pages read of their queries, and how long in bytes it can be to lead anywhere. Nothing else is kept in the links to
/// other languages, or whoever writes a long query would have it come back four times over.
const KEPT: [(&str, usize); 4] = [
    ("return_url", 2_048),
    ("userId", 128),
    ("code", 128),
    ("what", 128),
];

/// A page in another language.
pub(super) struct Language {
    pub(super) tag: &'static str,
    pub(super) name: &'static str,
    pub(super) link: String,
    pub(super) is_current: bool,
}

/// What the base template fills in.
pub(super) struct Frame {
    pub(super) locale: Locale,
    /// `data-page`, and the name of the page's script.
    pub(super) page: &'static str,
    pub(super) title: String,
    pub(super) app_name: String,
    pub(super) logo: Option<String>,
    pub(super) icon: String,
    pub(super) style: String,
    pub(super) theme: String,
    pub(super) script: Option<String>,
    pub(super) languages: Vec<Language>,
    strings: BTreeMap<&'static str, String>,
}

impl Frame {
    pub(super) fn new(visit: &Visit, page: &'static str, title: String) -> Self {
        Self {
            locale: visit.locale,
            page,
            title,
            app_name: visit.app.config.application.name.clone(),
            logo: theme::logo_address(&visit.app),
            icon: assets::address("icon", "svg").unwrap_or_default(),
            style: assets::address("style", "css").unwrap_or_default(),
            theme: theme::address(&visit.app),
            script: assets::address(page, "js"),
            languages: languages(visit, &visit.query),
            strings: BTreeMap::new(),
        }
    }

    /// Keeps these in the links to other languages: a form's answer has them in no query.
    pub(super) fn kept(mut self, visit: &Visit, query: &[(&str, &str)]) -> Self {
        let query: Vec<(String, String)> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.languages = languages(visit, &query);
        self
    }

    /// Gives the page's script a text; an argument's value may be `{name}`, for the script to fill in.
    pub(super) fn string(mut self, key: &'static str, args: &[Arg<'_>]) -> Self {
        self.strings.insert(key, i18n::text(self.locale, key, args));
        self
    }

    /// Gives the page's script what it says where a call fails and the server's own words do not do or did not come.
    pub(super) fn failures(self) -> Self {
        self.string("page-throttled", &[("wait", "{wait}".into())])
            .string("page-offline", &[])
            .string("page-slow", &[])
            .string("error-STORE_UNAVAILABLE", &[])
            .string("error-INTERNAL", &[])
    }

    /// Gives it what stands beside a password.
    pub(super) fn passwords(self) -> Self {
        self.string("page-show", &[])
            .string("page-hide", &[])
            .string("page-show-password", &[])
            .string("page-hide-password", &[])
            .string("page-caps-lock", &[])
    }

    /// Gives it what stands beside a new one.
    pub(super) fn new_passwords(self) -> Self {
        [
            "page-mismatch",
            "page-rule-met",
            "page-rule-unmet",
            "page-strength-none",
            "page-strength-weak",
            "page-strength-fair",
            "page-strength-strong",
            "page-strength-why-COMMON",
            "page-strength-why-EXAMPLE",
            "page-strength-why-IDENTIFIER",
            "page-strength-why-RUN",
            "page-strength-why-YEAR",
            "page-strength-why-SHORT",
            "page-strength-why-LONG",
        ]
        .into_iter()
        .fold(self.passwords(), |frame, key| frame.string(key, &[]))
    }

    /// A text of the page's language.
    pub(super) fn t(&self, key: &str) -> String {
        i18n::text(self.locale, key, &[])
    }

    /// The texts for the script, in a form that can't end its element.
    pub(super) fn strings(&self) -> String {
        serde_json::json!(self.strings)
            .to_string()
            .replace('<', "\\u003c")
    }
}

fn languages(visit: &Visit, query: &[(String, String)]) -> Vec<Language> {
    let named = [
        (Locale::Fr, "Français"),
        (Locale::En, "English"),
        (Locale::Nl, "Nederlands"),
        (Locale::De, "Deutsch"),
    ];
    let language = |(locale, name): (Locale, &'static str)| {
        let mut link = form_urlencoded::Serializer::new(String::new());
        link.extend_pairs(kept(query));
        link.append_pair("lang", locale.as_str());
        Language {
            tag: locale.as_str(),
            name,
            // Relative: a path that begins with two slashes would name another site.
            link: format!("?{}", link.finish()),
            is_current: locale == visit.locale,
        }
    };
    named.map(language).into()
}

/// Of two of a name the first, as pages read them.
fn kept(query: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    KEPT.iter().filter_map(|(name, longest)| {
        let (name, value) = query.iter().find(|(given, _)| given == name)?;
        let is_kept = !value.is_empty() && value.len() <= *longest;
        is_kept.then_some((name.as_str(), value.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_other_languages_keep_what_pages_read_and_nothing_long() {
        let long = "x".repeat(129);
        for (query, expected) in [
            ("userId=1&code=2", "userId=1&code=2"),
            (
                "what=usernames&return_url=/a",
                "return_url=/a&what=usernames",
            ),
            ("code=1&code=2", "code=1"),
            ("lang=de&x=1&usercode=2", ""),
            ("userId=&code=", ""),
            (&format!("userId=1&code={long}"), "userId=1"),
            (&format!("return_url={long}"), &format!("return_url={long}")),
            (&format!("return_url={}", long.repeat(16)), ""),
        ] {
            let query: Vec<_> = form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect();
            let kept: Vec<String> = kept(&query)
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!(kept.join("&"), expected);
        }
    }
}
