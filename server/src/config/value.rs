//! Parsers of single values. An error completes the sentence "the value …" and never repeats the value.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

const TEN_YEARS: Duration = Duration::from_hours(24 * 3_652);

/// Any text but none.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("holds a line feed or another control character".to_owned());
    }

    Ok(text.to_owned())
}

/// A path of a file or directory; whether it exists is seen when it is opened.
pub(super) fn path(value: &str) -> Result<PathBuf, String> {
    text(value).map(PathBuf::from)
}

/// An IP address with a port. Names are not resolved: what they stand for may change between two starts.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "is not an IP address with a port".to_owned())
}

/// `on` or `off`.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    one_of(text, &[("on", true), ("off", false)])
}

/// One value of a closed set, by its exact name.
pub(super) fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let chosen = choices.iter().find(|(name, _)| *name == text);

    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("is none of {}", names.join(", "))
    })
}

/// A whole number from `least` to `most`.
pub(super) fn number<T>(text: &str, least: T, most: T) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display + Copy,
{
    let parsed = text
        .parse()
        .ok()
        .filter(|number| (&least..=&most).contains(&number));

    parsed.ok_or_else(|| format!("is not a whole number from {least} to {most}"))
}

/// A length of time of one second to ten years: a whole number and `s`, `m`, `h` or `d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let error = || "is not a time from 1s to 3652d, given in s, m, h or d".to_owned();
    let seconds_per_unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        _ => return Err(error()),
    };

    let count = whole_number(&text[..text.len() - 1]).ok_or_else(error)?;
    let seconds = count.checked_mul(seconds_per_unit).ok_or_else(error)?;
    let duration = Duration::from_secs(seconds);

    // The upper bound keeps every later sum of a time and a lifetime in range.
    if duration.is_zero() || duration > TEN_YEARS {
        return Err(error());
    }
    Ok(duration)
}

/// A size of 1 KiB to 1 GiB in bytes: a whole number alone or with `KiB` or `MiB`.
pub(super) fn byte_size(text: &str) -> Result<usize, String> {
    let error = || "is not a size from 1KiB to 1024MiB, given in bytes, KiB or MiB".to_owned();
    let (digits, bytes_per_unit) = if let Some(digits) = text.strip_suffix("KiB") {
        (digits, 1 << 10)
    } else if let Some(digits) = text.strip_suffix("MiB") {
        (digits, 1 << 20)
    } else {
        (text, 1)
    };

    let count = whole_number(digits).ok_or_else(error)?;
    let bytes = count.checked_mul(bytes_per_unit).ok_or_else(error)?;
    if !(1 << 10..=1 << 30).contains(&bytes) {
        return Err(error());
    }

    usize::try_from(bytes).map_err(|_| error())
}

/// An absolute `http` or `https` address without user, password and fragment.
pub(super) fn web_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("is not an http or https address".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password".to_owned());
    }
    if url.fragment().is_some() {
        return Err("holds a fragment (`#…`)".to_owned());
    }

    Ok(url)
}

/// A web address that is a scheme, a host and maybe a port, and nothing more.
pub(super) fn bare_web_url(text: &str) -> Result<Url, String> {
    let url = web_url(text)?;
    if url.path() != "/" || url.query().is_some() {
        return Err("holds a path or query".to_owned());
    }

    Ok(url)
}

/// Comma-separated web addresses. Plain `http` is for the machine itself only: over the
/// network somebody on the way could take over the person that is sent there.
pub(super) fn return_urls(text: &str) -> Result<Vec<Url>, String> {
    list(text, |item| {
        let url = web_url(item)?;
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err("is http to another machine; use https".to_owned());
        }
        Ok(url)
    })
}

/// Comma-separated origins (RFC 6454), each in the form that a browser sends.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    list(text, |item| {
        Ok(bare_web_url(item)?.origin().ascii_serialization())
    })
}

/// Comma-separated addresses and networks whose word is taken, which nobody's is who may be anybody.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    list(text, |item| {
        let address = || item.parse::<IpAddr>().map(IpNet::from);
        let network: IpNet = item
            .parse()
            .or_else(|_| address())
            .map_err(|_| "is no address and no network such as 192.168.0.0/16".to_owned())?;
        if network.prefix_len() == 0 {
            return Err("is every address there is, so that whoever calls is believed".to_owned());
        }
        Ok(network)
    })
}

/// The 64 hexadecimal digits of a 256-bit key.
pub(super) fn hexadecimal_key(text: &str) -> Result<String, String> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("is not 64 hexadecimal digits".to_owned());
    }

    Ok(text.to_owned())
}

/// Whether the address leads to the machine itself.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Digits only: `parse` alone would take a sign.
fn whole_number(digits: &str) -> Option<u64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }

    digits.parse().ok()
}

fn list<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',')
        .map(str::trim)
        .map(|item| parse(item).map_err(|problem| format!("has an entry {item:?} that {problem}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("1s", Some(1)),
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("24h", Some(86_400)),
            ("30d", Some(2_592_000)),
            ("3652d", Some(315_532_800)),
            ("", None),
            ("10", None),
            ("m", None),
            ("0s", None),
            ("-1s", None),
            ("+1s", None),
            ("1.5h", None),
            ("10 m", None),
            ("10M", None),
            ("10é", None),
            ("3653d", None),
            ("99999999999999999999d", None),
            ("213503982334602d", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(duration(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn byte_size_is_a_number_and_maybe_a_unit() {
        for (text, bytes) in [
            ("64KiB", Some(65_536)),
            ("1MiB", Some(1_048_576)),
            ("1024MiB", Some(1_073_741_824)),
            ("2000", Some(2_000)),
            ("1023", None),
            ("1025MiB", None),
            ("64K", None),
            ("64kib", None),
            ("KiB", None),
            ("-1KiB", None),
            ("18446744073709551615MiB", None),
        ] {
            assert_eq!(byte_size(text).ok(), bytes, "{text:?}");
        }
    }

    #[test]
    fn networks_may_be_single_addresses() {
        let parsed = networks("10.0.0.7, 192.168.0.0/16,::1").unwrap();
        let shown: Vec<String> = parsed.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.0.0.7/32", "192.168.0.0/16", "::1/128"]);
        for bad in ["10.0.0.0/33", "proxy", "10.0.0", "0.0.0.0/0", "::1,::/0"] {
            assert!(networks(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn switch_is_on_or_off() {
        assert_eq!(switch("on"), Ok(true));
        assert_eq!(switch("off"), Ok(false));
        assert_eq!(switch("true"), Err("is none of on, off".to_owned()));
    }

    #[test]
    fn number_lies_between_its_bounds() {
        for (text, expected) in [
            ("1", Some(1)),
            ("9", Some(9)),
            ("0", None),
            ("10", None),
            ("x", None),
        ] {
            assert_eq!(number::<u32>(text, 1, 9).ok(), expected, "{text}");
        }
    }

    #[test]
    fn bare_web_url_is_scheme_and_host() {
        for (text, right) in [
            ("http://localhost:8080", true),
            ("https://id.ecole.be/", true),
            ("https://id.ecole.be/app", false),
            ("https://id.ecole.be/?a=b", false),
            ("https://id.ecole.be/#a", false),
            ("https://me@id.ecole.be/", false),
            ("https://:secret@id.ecole.be/", false),
            ("ftp://id.ecole.be/", false),
            ("javascript:alert(1)", false),
            ("id.ecole.be", false),
            ("", false),
        ] {
            assert_eq!(bare_web_url(text).is_ok(), right, "{text:?}");
        }
    }

    #[test]
    fn return_url_is_https_or_on_this_machine() {
        for (text, right) in [
            ("https://app.ecole.be/home?x=1", true),
            ("https://a.be,https://b.be", true),
            ("http://localhost:3000/", true),
            ("http://127.0.0.1:3000/", true),
            ("http://[::1]:3000/", true),
            ("http://app.ecole.be/", false),
            ("http://localhost.ecole.be/", false),
            ("https://a.be,", false),
            ("/home", false),
            ("//app.ecole.be", false),
        ] {
            assert_eq!(return_urls(text).is_ok(), right, "{text:?}");
        }
    }

    #[test]
    fn origin_is_brought_to_the_form_that_browsers_send() {
        let parsed = origins("https://App.Ecole.be:443, http://localhost:3000/");

        assert_eq!(
            parsed,
            Ok(vec![
                "https://app.ecole.be".to_owned(),
                "http://localhost:3000".to_owned()
            ])
        );
    }

    #[test]
    fn key_is_64_hexadecimal_digits() {
        for (text, right) in [
            ("0f".repeat(32), true),
            ("0F".repeat(32), true),
            ("0f".repeat(31), false),
            ("0g".repeat(32), false),
            ("é".repeat(32), false),
        ] {
            assert_eq!(hexadecimal_key(&text).is_ok(), right, "{text:?}");
        }
    }
}
