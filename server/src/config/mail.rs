//! How mails leave.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::reader::Reader;
use super::setting::{Secrecy, Section, Setting};
use super::value;

/// What a client should wait at least (RFC 5321, section 4.5.3.2.6): longer is of no use.
const LONGEST_CONFIRMATION: Duration = Duration::from_mins(10);

pub(super) const SECTION: Section = Section {
    title: "Mail",
    settings: &[
        Setting::new(
            "GUICHET_MAIL_URL",
            "file:",
            "`file:` keeps mails in mail/ of the data directory, `file:PATH` in another directory; `smtp://…` and `smtps://…` send them, to a server whose certificate this system trusts (`SSL_CERT_FILE` names other roots)",
        )
        .such_as("smtps://user:password@mail.example.org")
        .with(Secrecy::UrlPassword),
        Setting::new(
            "GUICHET_MAIL_FROM",
            "Guichet <no-reply@localhost>",
            "Sender of every mail, a name and an address",
        ),
        Setting::new(
            "GUICHET_MAIL_CONFIRM_TIMEOUT",
            "60s",
            "How long the mail server may take to say that it took a mail which it was given whole, 1s to 10m; a mail that it does not confirm in time comes again, five times in all",
        ),
    ],
};

/// How mails leave.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Where mails go.
    pub url: MailUrl,
    /// The `From` of every mail, such as `Guichet <no-reply@localhost>`; the mailer parses it.
    pub from: String,
    /// How long a mail server may take to confirm a mail that it was given.
    pub confirm_timeout: Duration,
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum MailUrl {
    /// Each becomes a file in this directory.
    File(PathBuf),
    /// To an SMTP server, `smtp://…` or `smtps://…`; the URL may hold a password.
    Smtp(SecretString),
}

impl Mail {
    pub(super) fn read(reader: &mut Reader, data_dir: &Path) -> Self {
        Self {
            url: reader.read("GUICHET_MAIL_URL", |text| mail_url(text, data_dir)),
            from: reader.read("GUICHET_MAIL_FROM", value::text),
            confirm_timeout: reader.read("GUICHET_MAIL_CONFIRM_TIMEOUT", confirm_timeout),
        }
    }
}

fn confirm_timeout(text: &str) -> Result<Duration, String> {
    let timeout = value::duration(text)?;
    if timeout > LONGEST_CONFIRMATION {
        return Err("is longer than 10m".to_owned());
    }
    Ok(timeout)
}

fn mail_url(text: &str, data_dir: &Path) -> Result<MailUrl, String> {
    if let Some(rest) = text.strip_prefix("file:") {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() {
            return Ok(MailUrl::File(data_dir.join("mail")));
        }
        return value::path(path).map(MailUrl::File);
    }

    let url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
    if !matches!(url.scheme(), "smtp" | "smtps") {
        return Err("begins with none of file:, smtp:// and smtps://".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no mail server".to_owned());
    }

    Ok(MailUrl::Smtp(SecretString::from(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_awaited_for_ten_minutes_at_most() {
        assert_eq!(confirm_timeout("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(confirm_timeout("10m"), Ok(LONGEST_CONFIRMATION));
        for wrong in ["0s", "601s", "60"] {
            assert!(confirm_timeout(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mail_goes_to_a_directory_or_a_server() {
        for (text, expected) in [
            ("file:", "file data/mail"),
            ("file:///var/mail", "file /var/mail"),
            ("file:out", "file out"),
            ("smtp://localhost:2525", "smtp"),
            ("smtps://me:secret@mx.ecole.be", "smtp"),
            ("smtp://", "refused"),
            ("smtp:mx.ecole.be", "refused"),
            ("https://mx.ecole.be", "refused"),
            ("mx.ecole.be", "refused"),
        ] {
            let parsed = match mail_url(text, Path::new("data")) {
                Ok(MailUrl::File(path)) => format!("file {}", path.display()),
                Ok(MailUrl::Smtp(_)) => "smtp".to_owned(),
                Err(_) => "refused".to_owned(),
            };
            assert_eq!(parsed, expected, "{text}");
        }
    }
}
