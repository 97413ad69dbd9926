//! Mails about people with hostile names.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;

use crate::{
    i18n::Locale,
    mail::{
        compose::{Composed, compose},
        letter::{Brand, LegacyEntry, Letter, ResetEntry, Warning},
        message::{Encoding, Headers, build},
    },
};

const LINK: &str = "https://id.example.org/Account/ResetPassword?userId=1&code=2";
const REVOKE: &str = "https://id.example.org/Account/RevokeReset?userId=1&code=2";

const HEADERS: [&str; 9] = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
];

/// A mail: whatever people, their schools and their devices are called, it has the headers, the lines, the links and the
/// elements of a mail about somebody called `a`.
pub fn mail(data: &[u8]) {
    let Some((kind, names)) = data.split_first() else {
        return;
    };
    let names = String::from_utf8_lossy(names);
    // Longer ones are refused long before.
    let mut names = names
        .split('\0')
        .map(|name| name.chars().take(200).collect());
    let names: [String; 4] = std::array::from_fn(|_| names.next().unwrap_or_default());
    let locale = Locale::ALL[usize::from(kind % 4)];
    let kind = kind / 4;
    let plain = std::array::from_fn(|_| "a".to_owned());
    let (hostile, plain) = [(&names), (&plain)]
        .map(|names| compose(&letter(kind, names), locale, &brand(&names[3])))
        .into();
    same_shape(&hostile, &plain);
    for encoding in [Encoding::Readable, Encoding::Wire] {
        one_mail(&hostile, &names[3], locale, encoding);
    }
}

/// An institution's words may have several lines; here they have one.
fn help(text: &str) -> BTreeMap<String, String> {
    let line = format!("Aide {}", text.replace('\n', " "));
    Locale::ALL
        .map(|locale| (locale.as_str().to_owned(), line.clone()))
        .into()
}

fn same_shape(hostile: &Composed, plain: &Composed) {
    assert!(
        !hostile.subject.contains(['\r', '\n']),
        "{:?}",
        hostile.subject
    );
    let lines = |mail: &Composed| mail.text.lines().count();
    assert_eq!(lines(hostile), lines(plain), "{}", hostile.text);
    let links = |mail: &Composed| -> Vec<String> {
        let links = mail.text.lines().filter(|line| line.starts_with("http"));
        links.map(ToOwned::to_owned).collect()
    };
    assert_eq!(links(hostile), links(plain), "{}", hostile.text);
    for mark in ["<", ">", "href=", "\"", " on"] {
        let count = |mail: &Composed| mail.html.matches(mark).count();
        // ` on` and `href=` are letters like others in a text; they do harm inside an element.
        if mark.starts_with(['<', '>', '"']) {
            assert_eq!(count(hostile), count(plain), "{mark}: {}", hostile.html);
        }
    }
}

fn one_mail(composed: &Composed, sender: &str, locale: Locale, encoding: Encoding) {
    let address = "no-reply@id.example.org".parse().expect("an address");
    let headers = Headers {
        from: Mailbox::new(Some(sender.to_owned()), address),
        to: "a@example.org".parse().expect("an address"),
        message_id: "<1@id.example.org>".to_owned(),
        date: SystemTime::UNIX_EPOCH,
        locale,
    };
    let raw = build(composed, headers, encoding).raw;
    let raw = String::from_utf8_lossy(&raw);
    let (head, body) = raw.split_once("\r\n\r\n").expect("a head and a body");
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').map_or(line, |(name, _)| name))
        .collect();
    let mut sorted = names.clone();
    let mut expected = HEADERS.to_vec();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected, "{head}");
    assert!(head.is_ascii(), "{head}");
    // A part for each form, and no bare line end, which some servers take for the end of the mail (SMTP smuggling).
    assert_eq!(body.matches("\r\nContent-Type: ").count(), 2);
    let rest = raw.replace("\r\n", "");
    assert!(!rest.contains(['\r', '\n']), "{raw}");
    assert!(raw.split("\r\n").all(|line| line.len() <= 998), "{raw}");
}

fn brand(app_name: &str) -> Brand {
    Brand {
        app_name: app_name.to_owned(),
        app_url: "https://app.example.org/".to_owned(),
        public_url: "https://id.example.org".to_owned(),
        time_zone: jiff::tz::TimeZone::UTC,
    }
}

fn letter(kind: u8, [first, second, third, _]: &[String; 4]) -> Letter {
    let email = "a@example.org".to_owned();
    let username = first.clone();
    let lifetime = Duration::from_hours(24);
    match kind % 6 {
        0 => Letter::Reset {
            entries: [first, second]
                .map(|username| ResetEntry {
                    username: username.clone(),
                    link: LINK.to_owned(),
                    revoke_link: REVOKE.to_owned(),
                })
                .into(),
            told_to_ask: vec![LegacyEntry {
                username: second.clone(),
                institution: Some(third.clone()),
                contact: Some(third.clone()),
                help: help(third),
            }],
            lifetime,
            email,
        },
        1 => Letter::AskInstitution {
            entries: vec![LegacyEntry {
                username,
                institution: Some(third.clone()),
                contact: Some(third.clone()),
                help: help(third),
            }],
            email,
        },
        2 => Letter::Usernames {
            usernames: vec![username, second.clone(), third.clone()],
            email,
        },
        3 => Letter::Activation {
            username,
            link: LINK.to_owned(),
            revoke_link: REVOKE.to_owned(),
            lifetime,
            email,
        },
        4 => Letter::EmailChangeRequested {
            username,
            old_email: email,
            new_email_masked: second.clone(),
            revoke_link: REVOKE.to_owned(),
            by_person: true,
        },
        _ => Letter::Warning {
            username,
            email,
            time: 1_790_000_000,
            not_me_link: Some(REVOKE.to_owned()),
            about: Warning::NewPlace {
                // An empty one is told otherwise.
                device_name: format!("a{second}"),
            },
        },
    }
}
