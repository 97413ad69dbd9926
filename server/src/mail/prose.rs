//! What each letter says, paragraph by paragraph.

use std::time::Duration;

use super::draft::{Draft, Facts, Weight, Writer, one_line};
use super::letter::{Brand, LegacyEntry, Letter, ResetEntry};
use super::warning;
use crate::i18n::{self, Locale};

/// Writes `letter` in the language `locale`.
pub(super) fn draft(letter: &Letter, locale: Locale, brand: &Brand) -> Draft {
    let mut writer = Writer::new(locale, brand);
    writer.say("mail-greeting", &[]);

    let facts = match letter {
        Letter::Reset {
            entries,
            told_to_ask,
            lifetime,
            email,
        } => writer.reset(entries, told_to_ask, *lifetime, email),
        Letter::AskInstitution { entries, email } => writer.ask_institution(entries, email),
        Letter::Usernames { usernames, email } => writer.usernames(usernames, email),
        Letter::Activation {
            username,
            link,
            revoke_link,
            lifetime,
            email,
        } => writer.activation(username, link, revoke_link, *lifetime, email),
        Letter::ConfirmEmail {
            username,
            link,
            new_email,
            lifetime,
        } => writer.confirm_email(username, link, new_email, *lifetime),
        Letter::EmailChangeRequested {
            username,
            old_email,
            new_email_masked,
            revoke_link,
            by_person,
        } => writer.email_change_requested(
            (username, old_email),
            new_email_masked,
            (*by_person, revoke_link),
        ),
        Letter::EmailChanged {
            username,
            old_email,
            new_email,
            not_me_link,
        } => writer.email_changed(username, old_email, new_email, not_me_link.as_deref()),
        Letter::Warning {
            username,
            email,
            time,
            about,
            not_me_link,
        } => writer.warning((username, email), *time, about, not_me_link.as_deref()),
        Letter::Test { email } => writer.test(email),
    };

    writer.say("mail-automatic", &[]);
    let subject = writer.text(
        subject_key(letter),
        &[("count", n_usernames(letter).into())],
    );
    writer.finish(subject, facts)
}

const fn subject_key(letter: &Letter) -> &'static str {
    match letter {
        Letter::Reset { .. } => "mail-reset-subject",
        Letter::AskInstitution { .. } => "mail-ask-subject",
        Letter::Usernames { .. } => "mail-usernames-subject",
        Letter::Activation { .. } => "mail-activation-subject",
        Letter::ConfirmEmail { .. } => "mail-confirm-subject",
        Letter::EmailChangeRequested { .. } => "mail-move-subject",
        Letter::EmailChanged { .. } => "mail-moved-subject",
        Letter::Warning { about, .. } => warning::subject_key(about),
        Letter::Test { .. } => "mail-test-subject",
    }
}

const fn n_usernames(letter: &Letter) -> usize {
    match letter {
        Letter::Usernames { usernames, .. } => usernames.len(),
        _ => 1,
    }
}

impl Writer<'_> {
    fn reset(
        &mut self,
        entries: &[ResetEntry],
        told_to_ask: &[LegacyEntry],
        lifetime: Duration,
        email: &str,
    ) -> Facts {
        let count = entries.len();
        self.say("mail-reset-why", &[]);
        self.say("mail-reset-link", &[("count", count.into())]);
        for entry in entries {
            self.name_account(&entry.username, count);
            self.link(&entry.link, "mail-reset-button", Weight::Main);
        }
        self.explain_link(count, lifetime);

        self.say("mail-reset-not-me", &[]);
        for entry in entries {
            self.name_account(&entry.username, count);
            self.link(&entry.revoke_link, "mail-reset-revoke", Weight::Aside);
        }
        self.ask(told_to_ask, email);

        let usernames = entries.iter().map(|entry| entry.username.as_str());
        self.facts("mail-facts-needed", usernames, email)
    }

    fn ask_institution(&mut self, entries: &[LegacyEntry], email: &str) -> Facts {
        self.say("mail-reset-why", &[]);
        self.ask(entries, email);
        self.say("mail-ignore", &[]);

        let usernames = entries.iter().map(|entry| entry.username.as_str());
        self.facts("mail-facts-needed", usernames, email)
    }

    fn usernames(&mut self, usernames: &[String], email: &str) -> Facts {
        self.say("mail-usernames-why", &[("count", usernames.len().into())]);
        self.say("mail-usernames-sign-in", &[]);
        self.link(
            &self.brand.app_url,
            "mail-usernames-sign-in-button",
            Weight::Main,
        );
        self.say("mail-usernames-forgot", &[]);
        self.link(
            &self.brand.forgot_url(),
            "mail-usernames-forgot-button",
            Weight::Aside,
        );
        self.say("mail-ignore", &[]);

        self.facts("mail-facts", usernames.iter().map(String::as_str), email)
    }

    fn activation(
        &mut self,
        username: &str,
        link: &str,
        revoke_link: &str,
        lifetime: Duration,
        email: &str,
    ) -> Facts {
        self.say("mail-activation-why", &[]);
        self.say("mail-activation-link", &[]);
        self.link(link, "mail-activation-button", Weight::Main);
        self.explain_link(1, lifetime);
        self.say("mail-activation-not-me", &[]);
        self.link(revoke_link, "mail-activation-revoke", Weight::Aside);

        self.facts("mail-facts-needed", [username], email)
    }

    fn confirm_email(
        &mut self,
        username: &str,
        link: &str,
        new_email: &str,
        lifetime: Duration,
    ) -> Facts {
        self.say(
            "mail-confirm-why",
            &[
                ("email", one_line(new_email).into()),
                ("username", one_line(username).into()),
            ],
        );
        self.say("mail-confirm-link", &[]);
        self.link(link, "mail-confirm-button", Weight::Main);
        self.explain_link(1, lifetime);
        self.say("mail-confirm-ignore", &[]);

        self.facts("mail-facts", [username], new_email)
    }

    fn email_change_requested(
        &mut self,
        (username, old_email): (&str, &str),
        new_email_masked: &str,
        (by_person, revoke_link): (bool, &str),
    ) -> Facts {
        let not_me = if by_person {
            "mail-not-me"
        } else {
            "mail-move-not-me"
        };
        self.say(
            "mail-move-what",
            &[("email", one_line(new_email_masked).into())],
        );
        self.say("mail-move-me", &[]);
        self.say(not_me, &[]);
        self.link(revoke_link, "mail-move-revoke", Weight::Main);

        self.facts("mail-facts", [username], old_email)
    }

    fn email_changed(
        &mut self,
        username: &str,
        old_email: &str,
        new_email: &str,
        not_me_link: Option<&str>,
    ) -> Facts {
        self.say(
            "mail-moved-what",
            &[
                ("old", one_line(old_email).into()),
                ("new", one_line(new_email).into()),
            ],
        );
        match not_me_link {
            Some(link) => self.not_me("mail-moved-back", link),
            None => self.say("mail-moved-not-me", &[]),
        }

        self.facts("mail-facts", [username], new_email)
    }

    fn test(&mut self, email: &str) -> Facts {
        self.say("mail-test-what", &[]);

        self.facts("mail-test-facts", [], email)
    }

    /// Tells whom to ask about accounts that are not migrated yet, and in which words.
    fn ask(&mut self, entries: &[LegacyEntry], email: &str) {
        if entries.is_empty() {
            return;
        }

        for entry in entries {
            let username = one_line(&entry.username);
            match &entry.institution {
                None => self.say("mail-ask-unnamed", &[("username", username.clone().into())]),
                Some(institution) => self.say(
                    "mail-ask-named",
                    &[
                        ("username", username.clone().into()),
                        ("institution", one_line(institution).into()),
                    ],
                ),
            }
            self.say(
                "mail-ask-words",
                &[
                    ("username", username.into()),
                    ("email", one_line(email).into()),
                ],
            );
            self.tell_how_to_reach(entry);
        }
        self.say("mail-ask-next", &[]);
    }

    /// In the institution's own words, where it has some in this language.
    fn tell_how_to_reach(&mut self, entry: &LegacyEntry) {
        if let Some(contact) = &entry.contact {
            self.say("mail-ask-contact", &[("contact", one_line(contact).into())]);
        }
        let help = entry.help.get(self.locale.as_str());
        for line in help.into_iter().flat_map(|help| help.lines()) {
            self.quote(line);
        }
    }

    /// Says which account the next link is for, where there are several.
    fn name_account(&mut self, username: &str, count: usize) {
        if count > 1 {
            self.say("mail-account", &[("username", one_line(username).into())]);
        }
    }

    fn explain_link(&mut self, count: usize, lifetime: Duration) {
        let lifetime = i18n::duration(self.locale, lifetime);
        self.say(
            "mail-link-lifetime",
            &[("count", count.into()), ("lifetime", lifetime.into())],
        );
        self.say("mail-link-hint", &[]);
    }
}
