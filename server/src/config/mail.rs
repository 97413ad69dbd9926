//! How mails leave.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use url::Url;

use super::reader::Reader;
use super::setting::{Secrecy, Section, Setting};
use super::value;

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
    ],
};

/// How mails leave.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Where mails go.
    pub url: MailUrl,
    /// The `From` of every mail, such as `Guichet <no-reply@localhost>`; the mailer parses it.
    pub from: String,
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
        }
    }
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
