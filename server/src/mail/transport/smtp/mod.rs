//! Handing messages to a mail server (RFC 5321).
//!
//! This drives lettre's connection itself instead of lettre's pool, for two reasons. The pool does
//! not say how far a failed message got, which decides whether it may have been delivered; and a
//! send that is given up halfway goes back into the pool, where its late answer would be taken for
//! the answer to the next message.

mod lines;
mod server;
#[cfg(test)]
mod stub;

use std::error::Error as _;
use std::fmt;
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use tokio::sync::Mutex;
use tokio::time::{Instant as Deadline, timeout, timeout_at};

use self::server::{Server, words};
use super::{Accepted, SEND_LIMIT, SendError, SendErrorKind, one_line};
use crate::mail::message::Message;

/// How long an unused connection is kept: servers commonly cut after 60 s or more.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// Connections kept for the next message.
const IDLE_CONNECTIONS: usize = 2;

/// A mail server and the connections kept to it. `Debug` shows no credentials.
pub struct SmtpTransport {
    server: Server,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
    limit: Duration,
}

impl SmtpTransport {
    pub(super) fn from_url(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            server: Server::from_url(url)?,
            idle: Mutex::new(Vec::new()),
            limit: SEND_LIMIT,
        })
    }

    pub(super) async fn send(
        &self,
        message: &Message,
        confirm_timeout: Duration,
    ) -> Result<Accepted, SendError> {
        let mut connection = timeout(self.limit, self.announce(message))
            .await
            .map_err(|_| SendError::deferred("the mail server did not answer in time"))??;

        // From here on the server may have taken the message even if we never hear of it. Many look at it closely before
        // they say so (RFC 5321, section 4.5.3.2.6), whatever time they took for what came before.
        let sent = timeout(confirm_timeout, connection.message(&message.raw)).await;
        let response = match sent {
            Err(_) => {
                let late = "the mail server did not confirm the message in time";
                return Err(SendError::new(SendErrorKind::Unconfirmed, late));
            }
            Ok(Err(error)) => return Err(refusal(&error, SendErrorKind::Unknown)),
            Ok(Ok(response)) => response,
        };
        self.keep(connection).await;

        let words: Vec<&str> = response.message().collect();
        Ok(Accepted {
            answer: one_line(format!("{} {}", response.code(), words.join(" "))),
        })
    }

    pub(super) async fn probe(&self) -> Result<(), String> {
        let deadline = Deadline::now() + self.limit;
        match timeout_at(deadline, self.server.connect()).await {
            Err(_) => Err("the mail server did not answer in time".to_owned()),
            Ok(Err(error)) => Err(error.answer),
            Ok(Ok(mut connection)) => {
                // A server that hangs up instead of saying goodbye is well all the same.
                let _ = timeout_at(deadline, connection.quit()).await;
                Ok(())
            }
        }
    }

    /// Brings a connection to the point where it waits for the message itself.
    async fn announce(&self, message: &Message) -> Result<AsyncSmtpConnection, SendError> {
        let mut connection = match self.idle_connection().await {
            Some(connection) => connection,
            None => self.server.connect().await?,
        };

        // Our parts are plain ASCII by their encoding, so only an address can be anything else.
        let mut options = Vec::new();
        if !message.raw.is_ascii() {
            if !connection
                .server_info()
                .supports_feature(Extension::SmtpUtfEight)
            {
                let cause = "the mail server takes no addresses with accents (SMTPUTF8)";
                return Err(SendError::new(SendErrorKind::Refused, cause));
            }
            options.push(MailParameter::SmtpUtfEight);
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }

        // Whom it comes from is the same for all mails: no refusal of that is about this one.
        let from = message.envelope.from().cloned();
        connection
            .command(Mail::new(from, options))
            .await
            .map_err(|error| SendError::deferred(words(&error)))?;
        let refused = |error| refusal_before(&error);
        for to in message.envelope.to() {
            let recipient = Rcpt::new(to.clone(), vec![]);
            connection.command(recipient).await.map_err(refused)?;
        }
        connection.command(Data).await.map_err(refused)?;

        Ok(connection)
    }

    async fn idle_connection(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.idle.lock().await.pop()?;
            if since.elapsed() < IDLE_LIMIT && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    async fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().await;
        if idle.len() < IDLE_CONNECTIONS {
            idle.push((connection, Instant::now()));
        }
    }
}

impl fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SmtpTransport({}:{})",
            self.server.host, self.server.port
        )
    }
}

/// Reads a negative answer before the message. Many servers, Postfix among them, say only at its recipient that they do not
/// want us, as a matter of security or policy (RFC 3463, X.7.X).
fn refusal_before(error: &SmtpError) -> SendError {
    let said = error.source().map(ToString::to_string);
    if said.is_some_and(|said| said.starts_with("5.7.")) {
        return SendError::deferred(words(error));
    }
    refusal(error, SendErrorKind::Deferred)
}

/// Reads a negative answer about one message; `otherwise` is for failures without an answer.
fn refusal(error: &SmtpError, otherwise: SendErrorKind) -> SendError {
    let kind = if error.is_permanent() {
        SendErrorKind::Refused
    } else if error.is_transient() {
        SendErrorKind::Deferred
    } else {
        otherwise
    };

    SendError::new(kind, words(error))
}

#[cfg(test)]
mod tests {
    use super::stub::{Script, Stub};
    use super::*;
    use crate::mail::message::{Encoding, fixture};

    const CONFIRM_TIMEOUT: Duration = Duration::from_secs(1);

    /// Within either limit, but not twice within one.
    const SLOW: Duration = Duration::from_millis(600);

    fn transport(stub: &Stub) -> SmtpTransport {
        SmtpTransport {
            limit: CONFIRM_TIMEOUT,
            ..SmtpTransport::from_url(&stub.url()).unwrap()
        }
    }

    #[tokio::test]
    async fn messages_arrive_whole_over_one_connection() {
        let stub = Stub::start(Script::default()).await;
        let transport = transport(&stub);
        let message = fixture::message(Encoding::Wire);

        for _ in 0..2 {
            let accepted = transport.send(&message, CONFIRM_TIMEOUT).await.unwrap();
            assert_eq!(accepted.answer, "250 taken");
        }

        let sessions = stub.sessions();
        assert_eq!(
            sessions.len(),
            1,
            "the second message reuses the connection"
        );
        assert_eq!(sessions[0].commands[1], "MAIL FROM:<no-reply@localhost>");
        assert_eq!(sessions[0].commands[2], "RCPT TO:<jean.dupont@ecole.be>");
        assert_eq!(sessions[0].messages.len(), 2);
        for arrived in &sessions[0].messages {
            assert_eq!(
                arrived.trim_end(),
                String::from_utf8_lossy(&message.raw).trim_end()
            );
        }
    }

    #[tokio::test]
    async fn answers_decide_what_happens_next() {
        use SendErrorKind::{Deferred, Refused, Unknown};

        let cases = [
            ("RCPT", "550 no such user", Refused, "550 no such user"),
            ("RCPT", "450 try later", Deferred, "450 try later"),
            ("MAIL", "421 closing", Deferred, "421 closing"),
            ("MAIL", "550 not you", Deferred, "550 not you"),
            ("DATA", "554 no", Refused, "554 no"),
            ("DATA", "", Deferred, "response error: incomplete response"),
            ("RCPT", "550 5.1.1 nobody", Refused, "550 5.1.1 nobody"),
            ("RCPT", "552 5.2.2 full", Refused, "552 5.2.2 full"),
            ("RCPT", "554 5.7.1 no relay", Deferred, "554 5.7.1 no relay"),
            ("RCPT", "553 5.7.23 not you", Deferred, "553 5.7.23 not you"),
            ("DATA", "554 5.7.1 no", Deferred, "554 5.7.1 no"),
            (".", "554 5.7.1 is spam", Refused, "554 5.7.1 is spam"),
            (".", "552 too big", Refused, "552 too big"),
            (".", "451 later", Deferred, "451 later"),
            (".", "", Unknown, "response error: incomplete response"),
            ("EHLO", "550 go away", Deferred, "550 go away"),
        ];

        for (verb, reply, kind, answer) in cases {
            let stub = Stub::start(Script::default().reply(verb, reply)).await;
            let error = transport(&stub)
                .send(&fixture::message(Encoding::Wire), CONFIRM_TIMEOUT)
                .await
                .unwrap_err();

            assert_eq!(error.kind, kind, "{reply:?} to {verb}");
            assert_eq!(error.answer, answer, "{reply:?} to {verb}");
        }
    }

    #[tokio::test]
    async fn a_server_that_stalls_is_given_up() {
        let cases = [
            ("RCPT", SendErrorKind::Deferred),
            (".", SendErrorKind::Unconfirmed),
        ];

        for (verb, kind) in cases {
            let stub = Stub::start(Script::default().stall_at(verb)).await;
            let transport = transport(&stub);
            let message = fixture::message(Encoding::Wire);

            assert_eq!(
                transport
                    .send(&message, CONFIRM_TIMEOUT)
                    .await
                    .unwrap_err()
                    .kind,
                kind
            );
            assert!(transport.idle.lock().await.is_empty(), "never used again");
        }
    }

    #[tokio::test]
    async fn a_server_that_took_its_time_before_the_message_has_as_much_for_it_as_any() {
        let late = Script::default().late_at("RCPT", SLOW).late_at(".", SLOW);
        let stub = Stub::start(late).await;

        let accepted = transport(&stub)
            .send(&fixture::message(Encoding::Wire), CONFIRM_TIMEOUT)
            .await;

        assert_eq!(accepted.expect("a mail that left").answer, "250 taken");
    }

    #[tokio::test]
    async fn an_absent_server_defers() {
        let transport = SmtpTransport::from_url("smtp://127.0.0.1:1").unwrap();

        let error = transport
            .send(&fixture::message(Encoding::Wire), CONFIRM_TIMEOUT)
            .await
            .unwrap_err();

        assert_eq!(error.kind, SendErrorKind::Deferred);
        assert!(transport.probe().await.is_err());
    }

    #[tokio::test]
    async fn refused_credentials_defer_and_are_not_told() {
        let stub = Stub::start(Script::default().reply("AUTH", "535 not with s3cret%")).await;
        let url = stub.url().replace("smtp://", "smtp://user:s3cret%25@");
        let transport = SmtpTransport::from_url(&url).unwrap();

        let error = transport
            .send(&fixture::message(Encoding::Wire), CONFIRM_TIMEOUT)
            .await
            .unwrap_err();

        assert_eq!(error.kind, SendErrorKind::Deferred);
        assert_eq!(
            error.answer,
            "the mail server refused our user or password (535)"
        );
        assert!(!format!("{transport:?}").contains("s3cret"));
        let auth = &stub.sessions()[0].commands[1];
        assert_eq!(
            auth, "AUTH PLAIN AHVzZXIAczNjcmV0JQ==",
            "decoded as user, s3cret%"
        );
    }

    #[tokio::test]
    async fn no_mail_leaves_in_clear_where_tls_is_required() {
        let stub = Stub::start(Script::default()).await;
        let url = format!("{}?tls=required", stub.url());
        let transport = SmtpTransport::from_url(&url).unwrap();

        let error = transport
            .send(&fixture::message(Encoding::Wire), CONFIRM_TIMEOUT)
            .await
            .unwrap_err();

        assert_eq!(error.kind, SendErrorKind::Deferred);
        assert!(
            error.answer.contains("STARTTLS is not supported"),
            "{error}"
        );
        assert_eq!(stub.sessions()[0].commands.len(), 1, "nothing after EHLO");
    }

    #[tokio::test]
    async fn a_body_cannot_end_the_message_early() {
        let stub = Stub::start(Script::default()).await;
        let text = "a\n.\nMAIL FROM:<evil@example.org>\n.\r\n\r.\r\n";
        let message = fixture::message_with_text(text, Encoding::Wire);

        transport(&stub)
            .send(&message, CONFIRM_TIMEOUT)
            .await
            .unwrap();

        let sessions = stub.sessions();
        assert_eq!(sessions[0].messages.len(), 1);
        assert_eq!(sessions[0].commands.len(), 4, "EHLO, MAIL, RCPT, DATA");
    }

    #[tokio::test]
    async fn the_probe_signs_in_and_leaves() {
        let stub = Stub::start(Script::default()).await;

        assert_eq!(transport(&stub).probe().await, Ok(()));
        assert_eq!(stub.sessions()[0].commands.last().unwrap(), "QUIT");
    }
}
