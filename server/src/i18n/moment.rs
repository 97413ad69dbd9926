//! Dates and durations, written out in a language.

use std::time::Duration;

use time::OffsetDateTime;

use super::{Locale, text};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Writes a moment out to the minute, as `24 novembre 2026 à 14:05 UTC`.
///
/// The zone is named because the server can't know the reader's. Seconds outside the years that
/// `time` knows are shown as the Unix epoch.
pub fn date_time(locale: Locale, unix_seconds: i64) -> String {
    let moment =
        OffsetDateTime::from_unix_timestamp(unix_seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);

    text(
        locale,
        "time-date",
        &[
            ("day", moment.day().into()),
            ("month", u8::from(moment.month()).into()),
            ("year", moment.year().into()),
            (
                "time",
                format!("{:02}:{:02}", moment.hour(), moment.minute()).into(),
            ),
        ],
    )
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
            (Locale::Fr, 1_795_529_100, "24 novembre 2026 à 14:05 UTC"),
            (Locale::Fr, 1_793_491_200, "1er novembre 2026 à 00:00 UTC"),
            (Locale::En, 1_795_529_100, "24 November 2026 at 14:05 UTC"),
            (Locale::Nl, 1_795_529_100, "24 november 2026 om 14:05 UTC"),
            (
                Locale::De,
                1_795_529_100,
                "24. November 2026 um 14:05 Uhr UTC",
            ),
            (Locale::En, i64::MAX, "1 January 1970 at 00:00 UTC"),
        ];

        for (locale, unix_seconds, expected) in cases {
            assert_eq!(date_time(locale, unix_seconds), expected);
        }
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
