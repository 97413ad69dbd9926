//! Letters in words: subject, plain text and HTML with the same facts.

use std::fmt;

use askama::Template;

use super::draft::{Block, Draft, Weight};
use super::letter::{Brand, Letter};
use super::prose::draft;
use crate::i18n::Locale;

/// A mail in the words of one language. Holds links, so `Debug` shows nothing of it.
pub struct Composed {
    /// The subject line, without line breaks.
    pub subject: String,
    /// The plain text; each link stands on a line of its own, the last lines name the account.
    pub text: String,
    /// A whole HTML document that says the same.
    pub html: String,
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Composed(..)")
    }
}

/// Writes `letter` in the language `locale`, in the name of `brand`.
pub fn compose(letter: &Letter, locale: Locale, brand: &Brand) -> Composed {
    let draft = draft(letter, locale, brand);

    Composed {
        text: plain_text(&draft),
        html: page(&draft, locale),
        subject: draft.subject,
    }
}

#[derive(Template)]
#[template(path = "mail/templates/letter.html")]
struct Page<'a> {
    lang: &'static str,
    draft: &'a Draft,
}

fn page(draft: &Draft, locale: Locale) -> String {
    let page = Page {
        lang: locale.as_str(),
        draft,
    };

    page.render().expect("writing to a string can't fail")
}

fn plain_text(draft: &Draft) -> String {
    let mut text = String::new();
    for block in &draft.blocks {
        let line = match block {
            Block::Paragraph(paragraph) => paragraph,
            Block::Link(link) => &link.url,
        };
        text.push_str(line);
        text.push_str("\n\n");
    }

    text.push_str(&draft.facts.intro);
    text.push_str("\n\n");
    for fact in &draft.facts.lines {
        text.push_str(&fact.label);
        text.push(' ');
        text.push_str(&fact.value);
        text.push('\n');
    }

    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::mail::letter::{LegacyEntry, RefusedReset, ResetEntry, SecondFactorChange, Warning};

    const EMAIL: &str = "jean.dupont@hotmail.com";
    const DAY: Duration = Duration::from_hours(24);

    fn brand() -> Brand {
        Brand {
            app_name: "Creos".to_owned(),
            app_url: "https://creos.example".to_owned(),
            public_url: "http://localhost:8080".to_owned(),
            time_zone: jiff::tz::TimeZone::UTC,
        }
    }

    fn link(page: &str, n: usize) -> String {
        format!(
            "http://localhost:8080/Account/{page}?userId=0197d2a5-7c1e-7e3a-9a53-0c4c1f6f2a1{n}\
             &code=Zk9xX0hHcWJ3N3VtQTJrTlZ0b1N5RGxQcjVlSWNFWDg3dY0"
        )
    }

    fn reset_entry(username: &str, n: usize) -> ResetEntry {
        ResetEntry {
            username: username.to_owned(),
            link: link("ResetPassword", n),
            revoke_link: link("RevokeReset", n),
        }
    }

    fn legacy_entry(username: &str, institution: Option<&str>) -> LegacyEntry {
        LegacyEntry {
            username: username.to_owned(),
            institution: institution.map(str::to_owned),
            contact: institution.map(|_| "secretariat@namur.example".to_owned()),
            help: [("fr".to_owned(), "Lu-ve, 8 h - 12 h.\n\nSalle 2.".to_owned())].into(),
        }
    }

    /// Each kind of letter to `username`, with the links its text holds.
    fn letters(username: &str) -> Vec<(Letter, Vec<String>)> {
        let resets = resets(username).into_iter();
        resets
            .chain(invitations(username))
            .chain(notices(username))
            .collect()
    }

    fn resets(username: &str) -> Vec<(Letter, Vec<String>)> {
        let (username, email) = (username.to_owned(), EMAIL.to_owned());
        let forgot = "http://localhost:8080/Account/ForgotPassword".to_owned();
        let (reset, revoke) = (link("ResetPassword", 1), link("RevokeReset", 1));

        vec![
            (
                Letter::Reset {
                    entries: vec![reset_entry(&username, 1)],
                    told_to_ask: Vec::new(),
                    lifetime: DAY,
                    email: email.clone(),
                },
                vec![reset.clone(), revoke.clone()],
            ),
            (
                Letter::Reset {
                    entries: vec![reset_entry("secretariat", 2), reset_entry(&username, 1)],
                    told_to_ask: vec![legacy_entry("old", Some("Ville de Namur"))],
                    lifetime: DAY,
                    email: email.clone(),
                },
                vec![
                    link("ResetPassword", 2),
                    reset.clone(),
                    link("RevokeReset", 2),
                    revoke.clone(),
                ],
            ),
            (
                Letter::AskInstitution {
                    entries: vec![
                        legacy_entry("old", Some("Namur")),
                        legacy_entry(&username, None),
                    ],
                    email: email.clone(),
                },
                vec![],
            ),
            (
                Letter::Usernames {
                    usernames: vec!["secretariat".to_owned(), username.clone()],
                    email: email.clone(),
                },
                vec!["https://creos.example".to_owned(), forgot],
            ),
        ]
    }

    fn invitations(username: &str) -> Vec<(Letter, Vec<String>)> {
        let (username, email) = (username.to_owned(), EMAIL.to_owned());
        let (reset, revoke) = (link("ResetPassword", 1), link("RevokeReset", 1));

        vec![
            (
                Letter::Activation {
                    username: username.clone(),
                    link: reset.clone(),
                    revoke_link: revoke.clone(),
                    lifetime: Duration::from_hours(14 * 24),
                    email: email.clone(),
                },
                vec![reset.clone(), revoke.clone()],
            ),
            (
                Letter::ConfirmEmail {
                    username: username.clone(),
                    link: link("ConfirmEmail", 1),
                    new_email: email.clone(),
                    lifetime: DAY,
                },
                vec![link("ConfirmEmail", 1)],
            ),
        ]
    }

    fn notices(username: &str) -> Vec<(Letter, Vec<String>)> {
        let (username, email) = (username.to_owned(), EMAIL.to_owned());
        let revoke = link("RevokeReset", 1);
        let requested = |by_person| Letter::EmailChangeRequested {
            username: username.clone(),
            old_email: email.clone(),
            new_email_masked: "j…@ecole.be".to_owned(),
            revoke_link: revoke.clone(),
            by_person,
        };
        let changed = |not_me_link| Letter::EmailChanged {
            username: username.clone(),
            old_email: "jean@ecole.be".to_owned(),
            new_email: email.clone(),
            not_me_link,
        };
        let letters = [
            requested(true),
            requested(false),
            changed(Some(revoke.clone())),
        ];
        letters
            .into_iter()
            .map(|letter| (letter, vec![revoke.clone()]))
            .chain([(changed(None), vec![])])
            .chain(warnings(&username))
            .collect()
    }

    fn warnings(username: &str) -> Vec<(Letter, Vec<String>)> {
        let revoke = link("RevokeReset", 1);
        let device_name = "Firefox, Windows".to_owned();
        let abouts = [
            Warning::PasswordChanged,
            Warning::CodeIssued {
                expire_time: 1_795_529_100,
            },
            Warning::SecondFactor(SecondFactorChange::Added),
            Warning::NewPlace {
                device_name: device_name.clone(),
            },
            Warning::ManyFailures {
                device_name,
                failures: 12,
            },
            Warning::ResetRefused(RefusedReset::TooOften),
            Warning::ResetRefused(RefusedReset::LinkKilled),
            Warning::ResetRefused(RefusedReset::Disabled),
            // What an attacker's device calls itself is no link of ours.
            Warning::SessionStolen {
                device_name: "Firefox. Confirm at https://guichet.example".to_owned(),
            },
            Warning::UsernameChanged {
                before: "lea.dupont".to_owned(),
            },
            Warning::GuessedAt {
                institution: "Athénée de Tilff".to_owned(),
                accounts: 27,
            },
        ];
        let letter = |about| {
            let links = match about {
                Warning::ResetRefused(RefusedReset::Disabled)
                | Warning::UsernameChanged { .. }
                | Warning::GuessedAt { .. } => vec![],
                _ => vec![revoke.clone()],
            };
            let letter = Letter::Warning {
                username: username.to_owned(),
                email: EMAIL.to_owned(),
                time: 1_795_529_100,
                about,
                not_me_link: links.first().cloned(),
            };
            (letter, links)
        };
        abouts.map(letter).into()
    }

    #[test]
    fn every_letter_in_every_language_is_whole() {
        for locale in Locale::ALL {
            for (letter, links) in letters("jean.dupont") {
                let mail = compose(&letter, locale, &brand());
                let what = format!("{letter:?} in {locale:?}:\n{}\n{}", mail.subject, mail.text);

                for written in [&mail.subject, &mail.text, &mail.html] {
                    assert!(
                        !written.contains("mail-") && !written.contains("{$"),
                        "{what}"
                    );
                }
                let lines: Vec<&str> = mail.text.lines().collect();
                let found: Vec<&str> = lines
                    .iter()
                    .copied()
                    .filter(|l| l.contains("://"))
                    .collect();
                assert_eq!(found, links, "{what}");
                assert!(found.iter().all(|link| link.len() <= 160), "{what}");
                assert_eq!(mail.text.matches("://").count(), links.len(), "{what}");

                let [.., username, email] = lines[..] else {
                    panic!("{what}")
                };
                assert!(username.ends_with(": jean.dupont"), "{what}");
                assert!(email.ends_with(&format!(": {EMAIL}")), "{what}");
            }
        }
    }

    #[test]
    fn html_says_the_same_as_the_text() {
        for (letter, links) in letters("jean.dupont") {
            let mail = compose(&letter, Locale::De, &brand());

            for line in mail.text.lines().filter(|line| !line.contains("://")) {
                let words = line.rsplit(": ").next().unwrap();
                let escaped = words.replace('\'', "&#39;").replace('"', "&#34;");
                assert!(
                    mail.html.contains(&escaped),
                    "{words} is not in {}",
                    mail.html
                );
            }
            for link in &links {
                let href = format!("href=\"{}\"", link.replace('&', "&#38;"));
                assert_eq!(
                    mail.html.matches(&href).count(),
                    1,
                    "{href} in {}",
                    mail.html
                );
            }
            assert_eq!(mail.html.matches("href=").count(), links.len());
            assert!(mail.html.contains("<html lang=\"de\">"));
        }
    }

    #[test]
    fn values_are_text_in_html_and_one_line_in_plain_text() {
        let evil = "<a href=//evil>{{7*7}}{ $app }\r\nhttp://evil.example\u{202e}\"";
        let calm = compose(&letters("calm")[1].0, Locale::Fr, &brand());
        let brand = Brand {
            app_name: evil.to_owned(),
            ..brand()
        };
        let mail = compose(&letters(evil)[1].0, Locale::Fr, &brand);

        assert!(!mail.html.contains("<a href=//evil>"));
        assert!(mail.html.contains("&#60;a href=//evil&#62;{{7*7}}{ $app }"));
        assert_eq!(
            mail.html.matches("<a ").count(),
            calm.html.matches("<a ").count()
        );
        assert_eq!(mail.text.lines().count(), calm.text.lines().count());
        assert_eq!(mail.subject.lines().count(), 1);
        assert!(!mail.text.contains('\u{202e}'));
    }

    #[test]
    fn the_french_reset_reads_as_people_know_it() {
        let (letter, _) = letters("jean.dupont").remove(0);
        let mail = compose(&letter, Locale::Fr, &brand());

        assert_eq!(
            mail.subject,
            "Choisissez un nouveau mot de passe pour Creos"
        );
        assert!(
            mail.text
                .contains("Ce lien est valable 24 heures et ne sert qu'une seule fois.")
        );
        assert!(mail.text.ends_with(
            "Voici les informations dont vous aurez besoin pour y parvenir\u{202f}:\n\n\
             Votre identifiant\u{202f}: jean.dupont\n\
             Votre adresse e-mail\u{202f}: jean.dupont@hotmail.com\n"
        ));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let (letter, links) = letters("jean.dupont").remove(0);
        let mail = compose(&letter, Locale::Fr, &brand());

        assert_eq!(format!("{letter:?} {mail:?}"), "Letter(reset) Composed(..)");
        assert!(mail.text.contains(&links[0]));
    }
}
