//! The languages of the product, and the choice of one from what a caller asks for.

/// Longest list of languages that is looked at, in bytes; real ones stay under 200.
const LONGEST_LIST: usize = 1024;

/// A language that mails, pages and errors are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Locale {
    /// French, as written in Belgium.
    Fr,
    /// English.
    En,
    /// Dutch, as written in Belgium.
    Nl,
    /// German.
    De,
}

impl Locale {
    /// Every language, in the order of the contract.
    pub const ALL: [Self; 4] = [Self::Fr, Self::En, Self::Nl, Self::De];

    /// The BCP 47 tag of the language, as stored and as put into `lang` and `Content-Language`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
            Self::Nl => "nl",
            Self::De => "de",
        }
    }

    /// Reads exactly one of the tags given by [`Locale::as_str`].
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.as_str() == tag)
    }

    /// Chooses the language a caller likes best, from one tag (`nl-BE`) or from a list as in
    /// `accept-language` (`nl-BE,fr;q=0.8`, RFC 9110 section 12.5.4).
    ///
    /// Gives `None` when no language of ours is asked for, and for anything that is no such list:
    /// the caller then falls back to the configured language.
    pub fn negotiate(wanted: &str) -> Option<Self> {
        if wanted.len() > LONGEST_LIST {
            return None;
        }

        let mut best = None;
        for (locale, weight) in wanted.split(',').filter_map(weighted) {
            if best.is_none_or(|(_, highest)| weight > highest) {
                best = Some((locale, weight));
            }
        }

        best.map(|(locale, _)| locale)
    }
}

/// Reads one entry of the list, such as `fr-BE;q=0.8`; weight 0 means "not this one".
fn weighted(entry: &str) -> Option<(Locale, f32)> {
    let (range, weight) = match entry.split_once(';') {
        None => (entry, 1.0),
        Some((range, parameter)) => {
            let weight = parameter.trim().strip_prefix("q=")?;
            (range, weight.parse().ok()?)
        }
    };
    let is_wanted = weight > 0.0 && weight <= 1.0;

    is_wanted.then_some((language(range.trim())?, weight))
}

/// Reads the primary language of a BCP 47 tag, whatever its region or script.
fn language(tag: &str) -> Option<Locale> {
    let is_subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if !tag.split('-').all(is_subtag) {
        return None;
    }

    let primary = tag.split('-').next()?;
    Locale::parse(&primary.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_tag_is_read_exactly() {
        for locale in Locale::ALL {
            assert_eq!(Locale::parse(locale.as_str()), Some(locale));
        }
        for tag in ["", "FR", "fr-BE", "fr ", "es", "fra"] {
            assert_eq!(Locale::parse(tag), None, "{tag:?}");
        }
    }

    #[test]
    fn the_language_liked_best_is_chosen() {
        let cases = [
            ("fr", Some(Locale::Fr), "a plain tag"),
            ("nl-BE", Some(Locale::Nl), "a region changes nothing"),
            ("DE-be", Some(Locale::De), "case changes nothing"),
            (
                "zh-Hant-TW, en",
                Some(Locale::En),
                "unknown languages are passed over",
            ),
            (
                "nl-BE,fr;q=0.8",
                Some(Locale::Nl),
                "no weight is the highest",
            ),
            (
                "fr;q=0.3, de;q=0.9",
                Some(Locale::De),
                "the weight decides, not the order",
            ),
            (
                "fr;q=0.5,nl;q=0.5",
                Some(Locale::Fr),
                "the first of two equals",
            ),
            (
                "fr;q=0,en;q=0.1",
                Some(Locale::En),
                "weight 0 refuses a language",
            ),
            ("*", None, "anything: the configured default decides"),
        ];

        for (wanted, expected, why) in cases {
            assert_eq!(Locale::negotiate(wanted), expected, "{wanted:?}: {why}");
        }
    }

    #[test]
    fn hostile_input_chooses_nothing() {
        let long = "fr,".repeat(400);
        let hostile = [
            "",
            ",",
            ";",
            "../../etc/passwd",
            "fr/../../etc",
            "fr\0",
            "fr\r\nnl",
            "français",
            "fr;q=NaN",
            "fr;q=inf",
            "fr;q=-1",
            "fr;q=2",
            "fr;q=",
            "fr;level=1",
            "fr--BE",
            "fr-",
            "fr-abcdefghi",
            "xx-YY",
            &long,
        ];

        for wanted in hostile {
            assert_eq!(Locale::negotiate(wanted), None, "{wanted:?}");
        }
    }
}
