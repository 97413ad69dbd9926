//! Dates and durations, written out in a language.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use super::{Locale, text};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Writes a moment out to the minute as the clocks of `zone` show it, as `24 novembre 2026 à 15:05 (UTC+1)`.
///
/// The distance to UTC is named because the reader may be elsewhere, and because an hour comes twice in autumn. Seconds
/// outside the years that `jiff` knows are shown as the Unix epoch.
pub fn date_time(locale: Locale, zone: &TimeZone, unix_seconds: i64) -> String {
    let moment = Timestamp::from_second(unix_seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let there = moment.to_zoned_datetime(zone.clone());

    text(
        locale,
        "time-date",
        &[
            ("day", there.day().into()),
            ("month", there.month().into()),
            ("year", there.year().into()),
            (
                "time",
                format!("{:02}:{:02}", there.hour(), there.minute()).into(),
            ),
            ("zone", distance(there.offset().seconds()).into()),
        ],
    )
}

/// How far a clock is from UTC, as `UTC`, `UTC+1` or `UTC-3:30`.
fn distance(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// Writes a duration out in the largest unit that expresses it whole, as `24 heures`.
///
/// One day is written `24 heures`, which leaves no doubt about when it ends. Parts of a second
/// are dropped.
pub fn duration(locale: Locale, duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (key, count) = if seconds == 0 {
        ("time-seconds", 0)
    } else if seconds > DAY && seconds.is_multiple_of(DAY) {
        ("time-days", seconds / DAY)
    } else if seconds.is_multiple_of(HOUR) {
        ("time-hours", seconds / HOUR)
    } else if seconds.is_multiple_of(MINUTE) {
        ("time-minutes", seconds / MINUTE)
    } else {
        ("time-seconds", seconds)
    };

    text(locale, key, &[("count", count.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_keep_the_order_of_the_language_and_name_the_zone() {
        let cases = [
            (Locale::Fr, 1_795_529_100, "24 novembre 2026 à 14:05 (UTC)"),
            (Locale::Fr, 1_793_491_200, "1er novembre 2026 à 00:00 (UTC)"),
            (Locale::En, 1_795_529_100, "24 November 2026 at 14:05 (UTC)"),
            (Locale::Nl, 1_795_529_100, "24 november 2026 om 14:05 (UTC)"),
            (
                Locale::De,
                1_795_529_100,
                "24. November 2026 um 14:05 Uhr (UTC)",
            ),
            (Locale::En, i64::MAX, "1 January 1970 at 00:00 (UTC)"),
        ];

        for (locale, unix_seconds, expected) in cases {
            let written = date_time(locale, &TimeZone::UTC, unix_seconds);
            assert_eq!(plain(&written), expected);
        }
    }

    #[test]
    fn dates_are_those_of_the_zone() {
        let paris = "CET-1CEST,M3.5.0,M10.5.0/3";
        let cases = [
            (paris, 1_795_529_100, "24 November 2026 at 15:05 (UTC+1)"),
            // The hour that comes twice.
            (paris, 1_792_888_200, "25 October 2026 at 02:30 (UTC+2)"),
            (paris, 1_792_891_800, "25 October 2026 at 02:30 (UTC+1)"),
            // Another day, month and year than at Greenwich.
            (paris, 1_798_759_800, "1 January 2027 at 00:30 (UTC+1)"),
            (
                "NST3:30",
                1_795_529_100,
                "24 November 2026 at 10:35 (UTC-3:30)",
            ),
        ];

        for (rule, unix_seconds, expected) in cases {
            let zone = TimeZone::posix(rule).unwrap();
            assert_eq!(plain(&date_time(Locale::En, &zone, unix_seconds)), expected);
        }
    }

    /// With spaces that may break, to be read in a test.
    fn plain(text: &str) -> String {
        text.replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn durations_are_written_in_their_largest_whole_unit() {
        let cases = [
            (Locale::Fr, DAY, "24 heures"),
            (Locale::Fr, 14 * DAY, "14 jours"),
            (Locale::Fr, 10 * MINUTE, "10 minutes"),
            (Locale::Fr, HOUR, "1 heure"),
            (Locale::Fr, 0, "0 seconde"),
            (Locale::Fr, 90 * MINUTE, "90 minutes"),
            (Locale::En, 0, "0 seconds"),
            (Locale::En, 61, "61 seconds"),
            (Locale::Nl, 24 * HOUR, "24 uur"),
            (Locale::Nl, 2 * DAY, "2 dagen"),
            (Locale::De, 14 * DAY, "14 Tage"),
        ];

        for (locale, seconds, expected) in cases {
            assert_eq!(duration(locale, Duration::from_secs(seconds)), expected);
        }
    }
}
