//! What people see: the application they go back to, whom to ask, and the language.

use jiff::tz::TimeZone;
use url::Url;

use super::listen::PublicUrl;
use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

/// Longest return target looked at, in bytes.
const MAX_RETURN_URL: usize = 2_048;

pub(super) const SECTION: Section = Section {
    title: "Application",
    settings: &[
        Setting::new(
            "GUICHET_APP_NAME",
            "Guichet",
            "Name of the application that people sign in to, on pages and in mails",
        ),
        Setting::unset(
            "GUICHET_APP_URL",
            "the sign-in page, /Account/Login",
            "https://app.example.org/",
            "Address of the application, where people go after a reset",
        ),
        Setting::unset(
            "GUICHET_RETURN_URLS",
            "the application's address alone",
            "https://app.example.org/home,http://localhost:3000/",
            "Addresses that a caller may name as return_url, separated by commas; https, or http on the machine itself",
        ),
        Setting::unset(
            "GUICHET_INSTITUTION_NAME",
            "not named",
            "École Saint-Exemple",
            "Whom people ask whose old account is not migrated yet",
        ),
        Setting::unset(
            "GUICHET_INSTITUTION_CONTACT",
            "not shown",
            "support@ecole.example.org",
            "How to reach that institution: an address, a telephone number or a web page",
        ),
        Setting::new(
            "GUICHET_LOCALE",
            "fr",
            "Language where a person has named none: fr, en, nl or de",
        ),
        Setting::new(
            "GUICHET_TIME_ZONE",
            "UTC",
            "Whose clocks the times in mails and on pages go by, as the IANA names them; read from the system's tzdata",
        )
        .such_as("Europe/Paris"),
    ],
};

/// What people see.
#[derive(Clone, Debug)]
pub struct Application {
    /// Name of the application that people sign in to.
    pub name: String,
    /// Where people go after a reset.
    pub url: Url,
    /// Whether that is only the sign-in page, because no application is named.
    has_no_url: bool,
    /// What a caller may name as `return_url`, each once; the application's own address is the first.
    pub return_urls: Vec<Url>,
    /// Whom people ask whose account is not migrated; empty when nobody is named.
    pub institution_name: String,
    /// How to reach that institution; empty when not told.
    pub institution_contact: String,
    /// Language where a person has named none: `fr`, `en`, `nl` or `de`.
    pub locale: &'static str,
    /// Whose clocks the times in mails and on pages go by.
    pub time_zone: TimeZone,
}

impl Application {
    pub(super) fn read(reader: &mut Reader, public_url: &PublicUrl) -> Self {
        let sign_in_page = {
            let mut page = public_url.as_url().clone();
            page.set_path("/Account/Login");
            page
        };
        let url = reader.read_or("GUICHET_APP_URL", value::web_url, sign_in_page.clone());
        let listed = reader.read_optional("GUICHET_RETURN_URLS", value::return_urls);

        let mut return_urls = vec![url.clone()];
        for listed in listed.unwrap_or_default() {
            if !return_urls.contains(&listed) {
                return_urls.push(listed);
            }
        }

        Self {
            name: reader.read("GUICHET_APP_NAME", value::text),
            has_no_url: url == sign_in_page,
            url,
            return_urls,
            institution_name: read_text(reader, "GUICHET_INSTITUTION_NAME"),
            institution_contact: read_text(reader, "GUICHET_INSTITUTION_CONTACT"),
            locale: reader.read("GUICHET_LOCALE", locale),
            time_zone: reader.read("GUICHET_TIME_ZONE", time_zone),
        }
    }
}

impl Application {
    /// Whether no application is configured, so that people go back to where they sign in.
    pub fn is_sign_in_page(&self) -> bool {
        self.has_no_url
    }

    /// A return target exactly as listed, so that a page or a mail can lead nobody elsewhere.
    pub fn return_target(&self, typed: &str) -> Option<&Url> {
        // The parser drops tabs and line feeds and turns backslashes: only what it leaves alone is what was meant.
        let plain = typed.len() <= MAX_RETURN_URL
            && !typed
                .chars()
                .any(|character| character.is_control() || character == '\\');
        let url = plain.then(|| Url::parse(typed).ok()).flatten()?;
        self.return_urls.iter().find(|listed| **listed == url)
    }
}

fn read_text(reader: &mut Reader, name: &str) -> String {
    reader.read_optional(name, value::text).unwrap_or_default()
}

fn locale(text: &str) -> Result<&'static str, String> {
    value::one_of(
        text,
        &[("fr", "fr"), ("en", "en"), ("nl", "nl"), ("de", "de")],
    )
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        "is no time zone of the IANA's that this system has; Debian's package `tzdata` has them all".to_owned()
    })
}
