//! What the notices say that ask whether it was the person.

use unicode_normalization::UnicodeNormalization as _;

use super::draft::{Facts, Weight, Writer, one_line};
use super::letter::{RefusedReset, SecondFactorChange, Warning};
use crate::i18n;

/// The longest name of a device that a mail says, in characters. Apps may give it longer ones.
const MOST_OF_DEVICE: usize = 60;

pub(super) const fn subject_key(about: &Warning) -> &'static str {
    match about {
        Warning::PasswordChanged => "mail-changed-subject",
        Warning::CodeIssued { .. } => "mail-code-subject",
        Warning::SecondFactor(_) => "mail-factor-subject",
        Warning::NewPlace { .. } => "mail-place-subject",
        Warning::ManyFailures { .. } => "mail-failures-subject",
        Warning::ResetRefused(_) => "mail-refused-subject",
        Warning::SessionStolen { .. } => "mail-stolen-subject",
        Warning::UsernameChanged { .. } => "mail-username-subject",
        Warning::GuessedAt { .. } => "mail-guessed-subject",
    }
}

const fn told_of(change: SecondFactorChange) -> &'static str {
    match change {
        SecondFactorChange::Added => "mail-factor-added",
        SecondFactorChange::Removed => "mail-factor-removed",
        SecondFactorChange::CodesReplaced => "mail-factor-replaced",
        SecondFactorChange::CodeUsed => "mail-factor-used",
    }
}

const fn told_of_refusal(why: RefusedReset) -> &'static str {
    match why {
        RefusedReset::Disabled => "mail-refused-disabled",
        RefusedReset::TooOften => "mail-refused-often",
        RefusedReset::LinkKilled => "mail-refused-killed",
    }
}

impl Writer<'_> {
    pub(super) fn warning(
        &mut self,
        (username, email): (&str, &str),
        time: i64,
        about: &Warning,
        not_me_link: Option<&str>,
    ) -> Facts {
        self.tell_what(time, about);
        let alone = match about {
            Warning::UsernameChanged { .. } => "mail-username-ask",
            Warning::GuessedAt { .. } => "mail-guessed-advice",
            _ => "mail-refused-ignore",
        };
        let (me, not_me) = match about {
            Warning::CodeIssued { .. } => ("mail-code-me", "mail-code-not-me"),
            Warning::ResetRefused(_) => ("mail-changed-me", "mail-refused-not-me"),
            Warning::SessionStolen { .. } => ("mail-stolen-me", "mail-not-me"),
            _ => ("mail-changed-me", "mail-not-me"),
        };
        match not_me_link {
            Some(link) => {
                self.say(me, &[]);
                self.not_me(not_me, link);
            }
            None => self.say(alone, &[]),
        }

        self.facts("mail-facts", [username], email)
    }

    fn tell_what(&mut self, time: i64, about: &Warning) {
        let (locale, zone) = (self.locale, &self.brand.time_zone);
        let at = |time| ("time", i18n::date_time(locale, zone, time).into());
        let time = at(time);
        match about {
            Warning::PasswordChanged => self.say("mail-changed-what", &[time]),
            Warning::CodeIssued { expire_time } => {
                let until = at(*expire_time);
                self.say("mail-code-what", &[until]);
            }
            Warning::SecondFactor(change) => self.say(told_of(*change), &[time]),
            Warning::NewPlace { device_name } if is_plain(device_name) => {
                let device = ("device", one_line(device_name).into());
                self.say("mail-place-device", &[time, device]);
            }
            Warning::NewPlace { .. } => self.say("mail-place-what", &[time]),
            Warning::ManyFailures {
                device_name,
                failures,
            } => {
                self.say("mail-failures-what", &[time, ("count", (*failures).into())]);
                self.device(device_name);
            }
            Warning::ResetRefused(why) => self.say(told_of_refusal(*why), &[time]),
            Warning::SessionStolen { device_name } => {
                self.say("mail-stolen-what", &[time]);
                self.device(device_name);
            }
            Warning::UsernameChanged { before } => {
                let before = ("before", one_line(before).into());
                self.say("mail-username-what", &[time, before]);
            }
            Warning::GuessedAt {
                institution,
                accounts,
            } => {
                let institution = ("institution", one_line(institution).into());
                let count = ("count", (*accounts).into());
                self.say("mail-guessed-what", &[time, institution, count]);
            }
        }
    }

    /// What a device calls itself, where it does and that is fit to be said.
    fn device(&mut self, name: &str) {
        if is_plain(name) {
            let device = ("device", one_line(name).into());
            self.say("mail-device", &[device]);
        }
    }

    /// What to do who did not do it.
    pub(super) fn not_me(&mut self, what: &str, link: &str) {
        self.say(what, &[]);
        self.link(link, "mail-not-me-button", Weight::Aside);
    }
}

/// Whether there is a name of a device, and no more than that. Whoever signs in chooses it: a mail program would make a
/// link of an address in it, and the person would take that for ours.
fn is_plain(name: &str) -> bool {
    // As a browser reads a host's name, in which `．` is a dot too, and what can't be seen is nothing.
    let folded: Vec<char> = name.nfkc().filter(|&mark| !is_ignorable(mark)).collect();
    // What stands before a dot can be spelt in many ways. Behind it, no last part of a host's name begins with a digit.
    let joins_a_host = |around: &[char]| match around {
        ['.' | '。', after] => !after.is_whitespace() && !after.is_ascii_digit(),
        _ => false,
    };
    !name.is_empty()
        && name.chars().count() <= MOST_OF_DEVICE
        && !folded
            .iter()
            .any(|mark| matches!(mark, '/' | ':' | '@' | '\\'))
        && !folded.windows(2).any(joins_a_host)
}

/// `Default_Ignorable_Code_Point` of Unicode: what shows nothing where it isn't known.
const fn is_ignorable(mark: char) -> bool {
    matches!(
        mark,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_by_its_name_and_not_by_what_could_become_a_link() {
        for plain in [
            "Firefox 128.0, Windows NT 10.0",
            "iPhone de Léa",
            "Creos 3.2.1 (Pixel 8)",
            "Browser of J. Dupont.",
            "Browser of J.\u{a0}Dupont.\u{200b}",
            &"é".repeat(60),
        ] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in [
            "",
            "Firefox. Confirm at https://guichet-secure.example",
            "Firefox. Confirm at guichet-secure.example",
            "Firefox (guichet.example)",
            "127.0.0.1/guichet",
            "guichet．example",
            "guichet。example",
            "пример.рф",
            "guichet.\u{200b}example",
            "guichet\u{200b}.example",
            "guichet\u{ad}.\u{2060}example",
            "guichet.\u{301}example",
            "guichet\u{301}.example",
            "(guichet).example",
            "guichet.\u{200b}1.\u{200b}example",
            "guichet。\u{fe0f}example",
            "help@guichet",
            "mailto:help",
            "\\\\guichet",
            &"é".repeat(61),
        ] {
            assert!(!is_plain(other), "{other}");
        }
    }
}
