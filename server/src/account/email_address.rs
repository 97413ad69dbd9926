//! E-mail addresses: which ones are mailed to, and when two spellings are one address.

use lettre::Address;
use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::is_nfkc;

use crate::error::Violation;

/// The longest path of RFC 5321 section 4.5.3.1.3, without its angle brackets.
const MAX_BYTES: usize = 254;

/// RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;

/// An address that mails are sent to.
///
/// Dots and `+tags` mean something to some mail servers and nothing to others, so they are never folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    key: String,
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailFault {
    /// Nothing was typed.
    Required,
    /// More than 254 bytes.
    TooLong,
    /// Not of the form `name@domain.tld`, more than 64 bytes before the `@`, or a form that mail systems read in different
    /// ways.
    Invalid,
}

impl EmailAddress {
    /// Reads a new address.
    pub fn parse(typed: &str) -> Result<Self, EmailFault> {
        Ok(Self {
            key: key_of(typed)?,
            typed: typed.to_owned(),
        })
    }

    /// The key under which an address is stored, or `None` if the text can be nobody's address.
    ///
    /// White space around it is ignored, because it comes along when an address is pasted.
    pub fn lookup_key(typed: &str) -> Option<String> {
        key_of(typed.trim()).ok()
    }

    /// The address as its owner typed it: what is mailed to and shown.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// What makes the address unique: lower case, the domain in its ASCII form (RFC 5891).
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl EmailFault {
    /// What is said of the field that holds it.
    pub fn violation(self, field: &str) -> Violation {
        match self {
            Self::Required => Violation::new(field, "REQUIRED"),
            Self::TooLong => Violation::with_limit(field, "TOO_LONG", MAX_BYTES),
            Self::Invalid => Violation::new(field, "INVALID_EMAIL"),
        }
    }
}

fn key_of(typed: &str) -> Result<String, EmailFault> {
    if typed.is_empty() {
        return Err(EmailFault::Required);
    }
    if typed.len() > MAX_BYTES {
        return Err(EmailFault::TooLong);
    }
    // Full-width letters, the Kelvin sign, `ſ` and the like: normalising them would turn one person's address into
    // another's (CVE-2019-19844, GHSA-7rqj-j65f-68wh).
    if !is_nfkc(typed) {
        return Err(EmailFault::Invalid);
    }

    let (local, domain) = typed.split_once('@').ok_or(EmailFault::Invalid)?;
    if local.len() > MAX_LOCAL_BYTES {
        return Err(EmailFault::Invalid);
    }

    let key = format!("{}@{}", local_key(local)?, domain_key(domain)?);
    if key.len() > MAX_BYTES {
        return Err(EmailFault::TooLong);
    }
    // The mailer parses what is stored once more; what it would refuse can never receive a mail.
    for text in [typed, &key] {
        text.parse::<Address>().map_err(|_| EmailFault::Invalid)?;
    }

    Ok(key)
}

/// Lower case, letter by letter: `ı` and `İ` stay apart from `i`, an accented letter from the plain one.
fn local_key(local: &str) -> Result<String, EmailFault> {
    // Mail commands have taken these for an option or a pipe.
    if local.starts_with(['-', '|']) || !local.chars().all(is_local_character) {
        return Err(EmailFault::Invalid);
    }

    let key: String = local.chars().flat_map(char::to_lowercase).collect();
    // RFC 8265 section 3.3 knows which other characters have no place in an identifier, such as unseen ones.
    UsernameCaseMapped::prepare(key.as_str()).map_err(|_| EmailFault::Invalid)?;

    Ok(key)
}

/// The characters of an unquoted local part (RFC 5322 section 3.2.3, RFC 6531 section 3.3) and the dot.
fn is_local_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(character);
    }

    character.is_alphanumeric() || is_combining_mark(character)
}

/// The name in the form in which it is looked up (UTS 46), which must be a public host name.
fn domain_key(domain: &str) -> Result<String, EmailFault> {
    // UTS 46 drops unseen characters and takes other full stops for dots; the mail would go to what was typed.
    let is_plain = |character: char| {
        matches!(character, '.' | '-')
            || character.is_alphanumeric()
            || is_combining_mark(character)
    };
    if !domain.chars().all(is_plain) {
        return Err(EmailFault::Invalid);
    }

    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| EmailFault::Invalid)?;
    let (_, top_level) = ascii.rsplit_once('.').ok_or(EmailFault::Invalid)?;
    // An all-digit last label is an IPv4 address (WHATWG URL, "ends in a number").
    if top_level.is_empty() || top_level.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EmailFault::Invalid);
    }

    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_domain_encoding_do_not_make_another_address() {
        let addresses = [
            ("Jean.Dupont@School.BE", "jean.dupont@school.be"),
            ("jean@école.be", "jean@xn--cole-9oa.be"),
            ("jean+tag@school.be", "jean+tag@school.be"),
            ("j.e.a.n@school.be", "j.e.a.n@school.be"),
            ("ZOÉ@school.be", "zoé@school.be"),
            ("o'neil@school.be", "o'neil@school.be"),
            ("a@b.c", "a@b.c"),
        ];

        for (typed, key) in addresses {
            let address =
                EmailAddress::parse(typed).unwrap_or_else(|fault| panic!("{typed:?} is {fault:?}"));
            assert_eq!(address.as_str(), typed);
            assert_eq!(address.key(), key);
            assert_eq!(EmailAddress::lookup_key(key).as_deref(), Some(key));
        }
    }

    #[test]
    fn a_look_alike_never_reaches_the_other_address() {
        let look_alikes = [
            ("mike@example.org", "mıke@example.org"),
            ("mike@example.org", "mİke@example.org"),
            ("mike@example.org", "mi\u{212A}e@example.org"),
            ("mike@exampse.org", "mike@exampſe.org"),
            ("mike@example.org", "miké@example.org"),
            ("mike@example.org", "mike@éxample.org"),
            ("mike@example.org", "mike@ｅxample.org"),
            ("fink@example.org", "ﬁnk@example.org"),
        ];

        for (real, fake) in look_alikes {
            assert_ne!(
                EmailAddress::lookup_key(fake),
                EmailAddress::lookup_key(real),
                "{fake}"
            );
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_refused() {
        let refused = [
            "jean",
            "@school.be",
            "jean@",
            "jean@localhost",
            "jean@school.be.",
            "jean@.be",
            "jean@school..be",
            "a@evil.org@school.be",
            "\"a@school.be\"@evil.org",
            "\"a b\"@school.be",
            "a(b)@school.be",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@[IPv6:::1]",
            "a＠evil@example.org",
            "a﹫x.be",
            "a b@school.be",
            " a@school.be",
            "a@school.be ",
            "a@school.be\n",
            "a\r@school.be",
            "a\0@school.be",
            "a@sch\0ool.be",
            "a@b.c>\r\nRCPT TO:<x@y>",
            "-oQ/tmp@school.be",
            "|cmd@school.be",
            "a,b@c.be",
            "v@x.be,a@y.be",
            "v@x.be;a@y.be",
            "a\u{200B}@school.be",
            "a\u{200D}@school.be",
            "a\u{202E}@school.be",
            ".a@school.be",
            "a@-school.be",
            "a@sch_ool.be",
            "<a@school.be>",
            "zoe\u{301}@school.be",
            "a\u{ad}@school.be",
            "a@sch\u{ad}ool.be",
            "a@school。be",
            "a@xn--school-.be",
            "a..b@school.be",
            "a.@school.be",
            "😀@school.be",
        ];

        for typed in refused {
            assert_eq!(
                EmailAddress::parse(typed),
                Err(EmailFault::Invalid),
                "{typed:?}"
            );
        }
        assert_eq!(EmailAddress::parse(""), Err(EmailFault::Required));
    }

    #[test]
    fn length_is_counted_before_anything_else() {
        let local = |length| format!("{}@school.be", "a".repeat(length));
        let labels = "a.".repeat(10_000);

        assert!(EmailAddress::parse(&local(64)).is_ok());
        assert_eq!(EmailAddress::parse(&local(65)), Err(EmailFault::Invalid));
        assert_eq!(
            EmailAddress::parse(&format!("a@{labels}be")),
            Err(EmailFault::TooLong)
        );
    }

    #[test]
    fn a_pasted_address_is_found() {
        assert_eq!(
            EmailAddress::lookup_key(" Jean@School.be\n").as_deref(),
            Some("jean@school.be")
        );
        assert_eq!(EmailAddress::lookup_key("jean"), None);
    }

    proptest! {
        #[test]
        fn the_key_of_an_address_is_its_own_key(
            typed in "\\PC{1,12}@\\PC{1,12}|[\\p{L}\\p{M}.]{1,8}@[\\p{L}\\p{M}-]{1,8}\\.be"
        ) {
            if let Ok(address) = EmailAddress::parse(&typed) {
                prop_assert_eq!(EmailAddress::lookup_key(address.key()), Some(address.key().to_owned()));
            }
        }
    }
}
