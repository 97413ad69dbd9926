//! The passwords that attackers try first.
//!
//! `common.txt` comes from `passwords.json` of the npm package `@zxcvbn-ts/language-common` 4.1.3 (MIT, Copyright
//! 2012-2016 Dan Wheeler and Dropbox, Inc., 2021 @zxcvbn-ts), whose 49,233 entries are ordered by how often they were
//! used. It holds the first 10,000; of the rest those of six characters or more that are a first name in
//! `@zxcvbn-ts/language-fr` 4.1.2 (MIT) or hold one of `azerty qsdf wxcv motdepass jetaime admin password bonjour soleil
//! chocolat doudou loulou`; nine runs and phrases that the list lacks, such as `qsdfghjklm` and `soleil123`; and what people
//! here build passwords of: months, days, greetings, places and words of school in French, Dutch and German. All are folded
//! (NFKC and lower case), sorted by byte, each once. `123soleil` must stay out: the help page that people follow gives
//! `123Soleil*` as a good example.

use zeroize::Zeroizing;

use super::{Password, fold};

static COMMON: &str = include_str!("common.txt");

/// Shorter words (`babou` of the example `Babou45+`) are too ordinary to condemn all that begins with them.
const LEAST_STEM: usize = 6;

/// But for these, which begin them by the thousand: greetings, seasons, months and days.
const SHORT_STEMS: [&str; 18] = [
    "août", "aout", "april", "avril", "hallo", "hiver", "jeudi", "juin", "juli", "juni", "lente",
    "lundi", "maart", "mardi", "mars", "märz", "salut", "zomer",
];

/// Whether the password is a common one, whatever its case and width; also with special characters after it
/// (`P@ssw0rd!!`), and with digits and special characters after it if six characters remain (`Azerty123!`).
pub fn is_common(password: &Password) -> bool {
    let folded = Zeroizing::new(fold(password.normalised()));
    let word = folded.trim_end_matches(|character: char| !character.is_alphanumeric());
    let stem = folded.trim_end_matches(|character: char| !character.is_alphabetic());

    is_listed(&folded)
        || is_listed(word)
        || SHORT_STEMS.contains(&stem)
        || stem.chars().count() >= LEAST_STEM && is_listed(stem)
}

/// Bisects the text itself, so that nothing is built at start.
fn is_listed(wanted: &str) -> bool {
    let mut rest = COMMON;

    while !rest.is_empty() {
        let (line, before, after) = middle_line(rest);
        match wanted.cmp(line) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => rest = before,
            std::cmp::Ordering::Greater => rest = after,
        }
    }

    false
}

/// The line in the middle of whole lines, what stands before it and what after.
fn middle_line(lines: &str) -> (&str, &str, &str) {
    // A line feed is never a part of another character, so both cuts are at its edge.
    let bytes = lines.as_bytes();
    let middle = bytes.len() / 2;
    let start = bytes[..middle]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |feed| feed + 1);
    let end = bytes[start..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |length| start + length);

    (
        &lines[start..end],
        &lines[..start],
        lines.get(end + 1..).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(password: &str) -> bool {
        is_common(&Password::typed(password))
    }

    #[test]
    fn the_list_is_folded_sorted_and_complete() {
        let lines: Vec<&str> = COMMON.lines().collect();

        assert!(lines.len() > 10_000);
        assert!(lines.is_sorted_by(|one, next| one < next));
        assert!(lines.iter().all(|line| fold(line) == *line));
    }

    #[test]
    fn every_line_is_found_and_nothing_between_the_lines() {
        for line in COMMON.lines() {
            assert!(is_listed(line), "{line}");
        }
        for absent in ["", "\n", "0", "zzzzzzzzzzzzzzzzz", "passwore"] {
            assert!(!is_listed(absent), "{absent:?}");
        }
    }

    #[test]
    fn a_common_password_is_recognised_whatever_its_case_width_or_ending() {
        for password in [
            "123456",
            "azerty",
            "password",
            "PassWord",
            "ｐａｓｓｗｏｒｄ",
            "Password1!",
            "P@ssw0rd!!",
            "Azerty123!",
            "Motdepasse1!",
            "Soleil123!",
            "1qaz2wsx",
            "Qwertyuiop*",
            "qsdfghjklm",
            "Admin123!",
            "motdepasse",
            "azertyuiop",
            "Bonjour2024!",
            "Février2026+",
            "Salut2026!",
            "Août2026!",
            "Wachtwoord1!",
            "Welkom01!",
            "Zomer2026!",
            "Vakantie26!",
            "Passwort123!",
            "Frühling2026!",
            "Hallo123!",
            "Willkommen1!",
        ] {
            assert!(common(password), "{password}");
        }
    }

    #[test]
    fn a_password_of_its_own_is_not_common() {
        for password in [
            "Babou45+",
            "123Soleil*",
            "Cool72++",
            "Tigre45+",
            "Marsupilami45+",
            "Tulpje45+",
            "correct horse battery staple",
            "!Password",
            "",
            "!!!!!!!!",
        ] {
            assert!(!common(password), "{password}");
        }
    }
}
