//! Composed mails as RFC 5322 messages, `multipart/alternative` with the text first.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

use super::compose::Composed;
use crate::i18n::Locale;

/// Longest line that RFC 5322 section 2.1.1 allows, in bytes without CRLF.
const LONGEST_LINE: usize = 998;

/// Bytes of text in one encoded-word, which RFC 2047 section 2 limits to 75 characters.
const ENCODED_WORD_BYTES: usize = 45;

/// What a message says besides its words.
#[derive(Clone, Debug)]
pub struct Headers {
    /// The configured sender.
    pub from: Mailbox,
    /// The one recipient.
    pub to: Address,
    /// The `Message-ID` with its angle brackets, the same at every try: a mail that arrives twice
    /// after a lost reply is then recognised as one.
    pub message_id: String,
    /// When the mail was asked for, likewise the same at every try: it names the file.
    pub date: SystemTime,
    /// The language it is written in.
    pub locale: Locale,
}

/// How the parts of a message are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are (`8bit`): a person who opens the file finds the link in one piece.
    Readable,
    /// `quoted-printable`, which every mail server passes on unchanged.
    Wire,
}

/// A message ready to be handed over. Holds links, so `Debug` shows nothing of it.
pub struct Message {
    pub(super) envelope: Envelope,
    pub(crate) raw: Vec<u8>,
    pub(super) id: String,
    pub(super) date: SystemTime,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({})", self.id)
    }
}

/// Makes `composed` a message.
///
/// No value can add a header or a line: what is not plain ASCII is written as encoded-words
/// (RFC 2047). There is no `List-Unsubscribe`, since nobody can subscribe to these mails.
pub fn build(composed: &Composed, headers: Headers, encoding: Encoding) -> Message {
    let id = headers.message_id.clone();
    let date = headers.date;
    let message = mime(composed, headers, encoding);

    Message {
        envelope: message.envelope().clone(),
        raw: message.formatted(),
        id,
        date,
    }
}

fn mime(composed: &Composed, headers: Headers, encoding: Encoding) -> lettre::Message {
    lettre::Message::builder()
        .date(headers.date)
        .from(sender(headers.from))
        .to(headers.to.into())
        .raw_header(subject(&composed.subject))
        .message_id(Some(headers.message_id))
        // RFC 3834 section 5: no out-of-office answers.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Content-Language", headers.locale.as_str()))
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, &composed.text, encoding))
                .singlepart(part(ContentType::TEXT_HTML, &composed.html, encoding)),
        )
        .expect("one From and one To are all that lettre asks for")
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Names the sender. lettre panics over control characters, which a name has no use for.
fn sender(from: Mailbox) -> Mailbox {
    let name = from.name.map(|name| name.replace(char::is_control, " "));
    Mailbox::new(name, from.email)
}

/// Writes the subject. lettre leaves ASCII alone, and with it a literal `=?utf-8?q?..?=`, which
/// readers would decode, and a word too long for one line: such subjects are encoded here.
fn subject(subject: &str) -> HeaderValue {
    let fits_a_line = |word: &str| "Subject: ".len() + word.len() <= LONGEST_LINE;
    if !subject.contains("=?") && subject.split(' ').all(fits_a_line) {
        return header("Subject", subject);
    }

    HeaderValue::dangerous_new_pre_encoded(
        HeaderName::new_from_ascii_str("Subject"),
        subject.to_owned(),
        encoded_words(subject),
    )
}

/// Writes `text` as base64 encoded-words on folded lines, cut between characters.
fn encoded_words(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, tail) = rest.split_at(rest.floor_char_boundary(ENCODED_WORD_BYTES));
        words.push(format!("=?utf-8?b?{}?=", STANDARD.encode(word)));
        rest = tail;
    }

    words.join("\r\n ")
}

fn part(content_type: ContentType, text: &str, encoding: Encoding) -> SinglePart {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let body = match encoding {
        Encoding::Readable if fits_unencoded(&text) => Body::dangerous_pre_encoded(
            text.replace('\n', "\r\n").into_bytes(),
            ContentTransferEncoding::EightBit,
        ),
        _ => Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
            .expect("quoted-printable can hold any text"),
    };

    SinglePart::builder().header(content_type).body(body)
}

/// Says whether RFC 2045 section 2.8 lets the text be sent as `8bit`.
fn fits_unencoded(text: &str) -> bool {
    !text.contains('\0') && text.split('\n').all(|line| line.len() <= LONGEST_LINE)
}

/// A message for the tests of the transports.
#[cfg(test)]
pub(super) mod fixture {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    pub(in crate::mail) const LINK: &str = "http://localhost:8080/Account/ResetPassword?userId=0197d2a5-7c1e-7e3a-9a53-0c4c1f6f2a11&code=Zk9xX0hHcWJ3N3VtQTJrTlZ0b1N5RGxQcjVlSWNFWDh-3dY0aA1";

    pub(in crate::mail) fn message(encoding: Encoding) -> Message {
        message_with_text(&format!("Bonjour,\n\n{LINK}\n\nÀ bientôt\n"), encoding)
    }

    pub(in crate::mail) fn message_with_text(text: &str, encoding: Encoding) -> Message {
        let composed = Composed {
            subject: "Été".to_owned(),
            text: text.to_owned(),
            html: format!("<p>{text}</p>"),
        };

        build(&composed, headers(), encoding)
    }

    pub(super) fn headers() -> Headers {
        Headers {
            from: "Guichet <no-reply@localhost>".parse().unwrap(),
            to: "jean.dupont@ecole.be".parse().unwrap(),
            message_id: "<019ab-1@localhost>".to_owned(),
            date: UNIX_EPOCH + Duration::from_mins(29_925_485),
            locale: Locale::Fr,
        }
    }
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::*;

    /// Reads a message as a mail program does and compares it with what was given.
    fn assert_comes_back(subject: &str, text: &str, encoding: Encoding) {
        let composed = Composed {
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: text.to_owned(),
        };
        let message = build(&composed, fixture::headers(), encoding);

        let raw = String::from_utf8(message.raw.clone()).unwrap();
        assert!(raw.split("\r\n").all(|line| line.len() <= LONGEST_LINE));
        assert!(
            !raw.replace("\r\n", "").contains(['\r', '\n']),
            "only CRLF ends a line"
        );

        let parsed = MessageParser::default().parse(&message.raw).unwrap();
        let names: Vec<_> = parsed.headers_raw().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "Date",
                "From",
                "To",
                "Subject",
                "Message-ID",
                "Auto-Submitted",
                "Content-Language",
                "MIME-Version",
                "Content-Type",
            ],
        );
        assert_eq!(parsed.subject().unwrap_or_default(), subject);
        let sent = text.replace("\r\n", "\n").replace('\r', "\n");
        for part in [parsed.body_text(0), parsed.body_html(0)] {
            assert_eq!(part.unwrap().replace("\r\n", "\n"), sent);
        }
        assert!(
            parsed.parts[1].is_text() && !parsed.parts[1].is_text_html(),
            "text first"
        );
    }

    #[test]
    fn names_and_bodies_come_back_as_they_were_given() {
        let long = "é".repeat(2000);
        let values = [
            "Choisissez un nouveau mot de passe",
            "Élève à l'école « Saint-Michel »",
            "emoji 👩‍🏫 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "=?utf-8?q?a=40b.c?=",
            "mixed =?utf-8?b?YQ==?= é =?",
            "\"quoted\" <a@b.c>, (comment); x",
            "two  spaces and a very long subject line, long enough that it has to be folded somewhere",
            &long,
            &"x".repeat(998),
        ];
        let bodies = [
            "a\n.\nb\n",
            "a\r.\r\nb\n.\r\n",
            ".\n..\n",
            "trailing space \nand tab\t\n",
            "From me\n--boundary\n=3D=\n",
            &"y".repeat(5000),
            &long,
            fixture::LINK,
        ];

        for encoding in [Encoding::Readable, Encoding::Wire] {
            for value in values {
                assert_comes_back(value, value, encoding);
            }
            for body in bodies {
                assert_comes_back("s", body, encoding);
            }
        }
    }

    proptest! {
        #[test]
        fn any_printable_text_comes_back(
            subject in "[^\\p{C}\\s]([^\\p{C}\\p{Z}]| [^\\p{C}\\p{Z}]){0,200}",
            text in "[^\\p{Cc}]([^\\p{Cc}]|\n|\t){0,400}[^\\p{C}\\s]",
        ) {
            assert_comes_back(&subject, &text, Encoding::Readable);
            assert_comes_back(&subject, &text, Encoding::Wire);
        }
    }

    #[test]
    fn no_value_adds_a_header() {
        let evil = "x\r\nBcc: evil@example.org\r\n\r\nbody";
        let headers = Headers {
            from: Mailbox::new(Some(evil.to_owned()), "a@b.be".parse().unwrap()),
            message_id: evil.to_owned(),
            ..fixture::headers()
        };
        let composed = Composed {
            subject: evil.to_owned(),
            text: "text".to_owned(),
            html: "html".to_owned(),
        };

        let message = build(&composed, headers, Encoding::Wire);

        let parsed = MessageParser::default().parse(&message.raw).unwrap();
        assert!(parsed.header("Bcc").is_none());
        assert_eq!(parsed.body_text(0).unwrap().trim_end(), "text");
        assert_eq!(message.envelope.to().len(), 1);
    }

    #[test]
    fn the_headers_say_who_when_and_that_a_machine_wrote() {
        let raw = fixture::message(Encoding::Wire).raw;
        assert!(raw.is_ascii());
        let raw = String::from_utf8(raw).unwrap();

        for line in [
            "Date: Tue, 24 Nov 2026 14:05:00 +0000",
            "From: Guichet <no-reply@localhost>",
            "To: jean.dupont@ecole.be",
            "Message-ID: <019ab-1@localhost>",
            "Auto-Submitted: auto-generated",
            "Content-Language: fr",
        ] {
            assert!(raw.lines().any(|found| found == line), "{line} in {raw}");
        }
        assert!(!raw.contains("List-Unsubscribe"));
    }

    #[test]
    fn a_link_stays_in_one_piece_where_people_read_the_file() {
        let readable = fixture::message(Encoding::Readable).raw;
        let readable = String::from_utf8(readable).unwrap();

        assert!(readable.lines().any(|line| line == fixture::LINK));
    }
}
