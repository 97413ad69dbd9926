//! How messages leave: as files for the first hour with the product, by SMTP afterwards.

mod file;
mod smtp;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;

use self::file::FileTransport;
use self::smtp::SmtpTransport;
use super::message::{Encoding, Message};

/// The longest time until a mail server is ready for a message, and for writing one as a file. lettre's own limit covers
/// connecting only.
pub const SEND_LIMIT: Duration = Duration::from_secs(20);

/// Longest answer of a server that is kept, in characters.
const LONGEST_ANSWER: usize = 500;

/// The way out that the configuration names.
#[derive(Debug)]
pub enum Transport {
    /// One `.eml` file per message in a directory.
    File(FileTransport),
    /// A mail server.
    Smtp(SmtpTransport),
}

/// What the other side said when it took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The server's words, or the name of the file.
    pub answer: String,
}

/// Why a message did not leave, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{answer}")]
pub struct SendError {
    /// What the worker should do about it.
    pub kind: SendErrorKind,
    /// The server's words or the cause, at most 500 characters, without credentials.
    pub answer: String,
}

/// What follows from a failed hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendErrorKind {
    /// The server refused this message for good (5xx): trying again is useless.
    Refused,
    /// The message was surely not taken (4xx, no connection, or a 5xx about us): try again later.
    Deferred,
    /// The message was handed over, but the answer was lost: it may have been delivered, and a
    /// second try, with the same `Message-ID`, may deliver it twice.
    Unknown,
    /// Likewise, and the server is there, but does not say in time that it has taken it: it may do so each time.
    Unconfirmed,
}

impl Transport {
    /// Opens the transport that `url` names.
    ///
    /// - `file:` writes to `mail/` in `data_dir`, `file:DIR` to another directory, which is taken
    ///   from `data_dir` if relative.
    /// - `smtps://user:password@host:port` is SMTP over TLS, port 465 by default.
    /// - `smtp://user:password@host:port?tls=required` upgrades with STARTTLS or gives up, port
    ///   587; `tls=opportunistic` upgrades where the server offers it, port 587; `tls=none` never,
    ///   port 25. Without the parameter `none` is meant for this very machine (a loopback
    ///   address), `required` elsewhere.
    ///
    /// TLS trusts the roots of the system, or those of the file that `SSL_CERT_FILE` names.
    /// User and password are percent-encoded. The path, if any, is the name given in `EHLO`. These
    /// are lettre's conventions, save that it would send in clear where `tls` is absent. An error
    /// never repeats the URL, which may hold a password.
    pub fn from_url(url: &str, data_dir: &Path) -> anyhow::Result<Self> {
        match url.split_once(':') {
            Some(("file", path)) => Ok(Self::File(FileTransport::open(path, data_dir)?)),
            Some(("smtp" | "smtps", _)) => Ok(Self::Smtp(SmtpTransport::from_url(url)?)),
            _ => bail!("the mail URL must start with file:, smtp:// or smtps://"),
        }
    }

    /// How messages for this transport are best written.
    pub const fn encoding(&self) -> Encoding {
        match self {
            Self::File(_) => Encoding::Readable,
            Self::Smtp(_) => Encoding::Wire,
        }
    }

    /// Hands `message` over. Gives up after 20 seconds where it was not taken yet, and `confirm_timeout` after it was given
    /// whole to a server that does not say that it took it.
    pub async fn send(
        &self,
        message: &Message,
        confirm_timeout: Duration,
    ) -> Result<Accepted, SendError> {
        match self {
            Self::File(transport) => transport.send(message).await,
            Self::Smtp(transport) => transport.send(message, confirm_timeout).await,
        }
    }

    /// Says whether messages could leave now: the directory can be written, the server answers and
    /// takes our credentials.
    pub async fn probe(&self) -> Result<(), String> {
        match self {
            Self::File(transport) => transport.probe().await,
            Self::Smtp(transport) => transport.probe().await,
        }
    }
}

impl SendError {
    fn new(kind: SendErrorKind, cause: impl fmt::Display) -> Self {
        Self {
            kind,
            answer: one_line(cause),
        }
    }

    fn deferred(cause: impl fmt::Display) -> Self {
        Self::new(SendErrorKind::Deferred, cause)
    }
}

/// Makes foreign words one line of at most 500 characters.
pub fn one_line(words: impl fmt::Display) -> String {
    let shown = words.to_string();
    let one_line = shown.chars().map(|c| if c.is_control() { ' ' } else { c });

    one_line.take(LONGEST_ANSWER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_schemes_are_taken_and_the_password_is_not_repeated() {
        let data_dir = tempfile::tempdir().unwrap();
        let refused = [
            "",
            "mail",
            "http://user:secret@host",
            "smtp:",
            "smtp://",
            "smtp://user:secret@host?tls=perhaps",
            "smtp://user:secret@host?tsl=required",
            "smtp://user:secret@mail.example?tls=none",
            "smtp://user:secret@mail.example?tls=opportunistic",
            "smtps://user:secret@host?tls=none",
            "smtp://user@127.0.0.1",
            "smtp://:secret@127.0.0.1",
            "smtp://user:secret%ff@127.0.0.1",
            "smtp://user:secret@host:99999",
            "smtp://user:secret@127.0.0.1/a%0d%0ab",
        ];

        for url in refused {
            let error = Transport::from_url(url, data_dir.path()).expect_err(url);
            assert!(!format!("{error:?}").contains("secret"), "{url}: {error:?}");
        }
    }

    #[test]
    fn foreign_words_are_cut_and_kept_on_one_line() {
        assert_eq!(one_line("550 no\r\nsuch user"), "550 no  such user");
        assert_eq!(one_line("é".repeat(600)).chars().count(), LONGEST_ANSWER);
    }
}
