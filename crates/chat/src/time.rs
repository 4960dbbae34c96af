//! Points in time, and their text on the wire (RFC 3339).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const DAY_MS: u64 = 86_400_000;
/// The last millisecond of the year 9999, after which RFC 3339 has no text.
const LAST: u64 = 253_402_300_799_999;

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. 0 to the end of the year 9999; a number in our own JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

/// A text that is no point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as 2020-10-30T10:50:50Z (RFC 3339), from 1970 to 9999")]
pub struct TimeError;

impl UnixMillis {
    /// `days` later.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(u64::from(days) * DAY_MS))
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. The year is counted from March, so that the
/// leap day is the last of its year; 400 years have 146 097 days.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let before = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    before.checked_sub(719_468)
}

fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (carry, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year + carry, month, day)
}

/// RFC 3339 in UTC; the milliseconds are written when there are some, as ACS does.
impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0.min(LAST);
        let (year, month, day) = date_of(at / DAY_MS);
        let (seconds, millis) = (at % DAY_MS / 1000, at % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if millis > 0 { write!(f, ".{millis:03}Z") } else { f.write_str("Z") }
    }
}

/// Reads digits at a place of the text.
fn number(text: &str, at: usize, digits: usize) -> Option<u64> {
    let part = text.get(at..at + digits)?;
    part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
}

/// What follows the seconds: a fraction and an offset. Milliseconds, and minutes east of UTC.
fn tail(text: &str) -> Option<(u64, i64)> {
    let (millis, offset) = match text.strip_prefix('.') {
        None => (0, text),
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, offset) = rest.split_at(digits);
            (number(&format!("{:0<3}", fraction.get(..fraction.len().min(3))?), 0, 3)?, offset)
        }
    };
    if text.starts_with('.') && !text.as_bytes().get(1)?.is_ascii_digit() {
        return None;
    }
    if matches!(offset, "Z" | "z") {
        return Some((millis, 0));
    }
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(offset, 1, 2)?, number(offset, 4, 2)?);
    let well = offset.len() == 6 && offset.as_bytes()[3] == b':' && hours < 24 && minutes < 60;
    well.then(|| (millis, sign * i64::try_from(hours * 60 + minutes).unwrap_or(0)))
}

fn parse(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let marks = [(4, b"-"), (7, b"-"), (13, b":"), (16, b":")];
    if marks.iter().any(|(at, mark)| bytes.get(*at) != Some(&mark[0]))
        || !matches!(bytes.get(10), Some(b'T' | b't'))
    {
        return None;
    }
    let (year, month, day) = (number(text, 0, 4)?, number(text, 5, 2)?, number(text, 8, 2)?);
    let (hour, minute, second) = (number(text, 11, 2)?, number(text, 14, 2)?, number(text, 17, 2)?);
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_of(year, month, day)?;
    // A date that is none (31 April) reads back as another.
    if date_of(days) != (year, month, day) {
        return None;
    }
    let (millis, offset) = tail(text.get(19..)?)?;
    let local = days * DAY_MS + (hour * 3600 + minute * 60 + second.min(59)) * 1000 + millis;
    let at = local.checked_add_signed(-offset * 60_000)?;
    (at <= LAST).then_some(at)
}

impl FromStr for UnixMillis {
    type Err = TimeError;

    /// Any offset; what is finer than a millisecond is cut off.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        if text.is_ascii() { parse(text).map(Self).ok_or(TimeError) } else { Err(TimeError) }
    }
}

/// A point in time in the JSON of ACS: a text.
pub(crate) mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::UnixMillis;

    pub fn serialize<S: Serializer>(at: &UnixMillis, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixMillis, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }

    /// The same where nothing may be there: absent or `null`.
    pub mod option {
        use super::{Deserialize, Deserializer, Serializer, UnixMillis};

        pub fn serialize<S: Serializer>(at: &Option<UnixMillis>, serializer: S) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => serializer.collect_str(at),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<UnixMillis>, D::Error> {
            Option::<String>::deserialize(deserializer)?
                .map(|text| text.parse().map_err(serde::de::Error::custom))
                .transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_points_in_time() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_600_000_000_000, "2020-09-13T12:26:40Z"),
            (1_709_210_096_007, "2024-02-29T12:34:56.007Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (LAST, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(UnixMillis(at).to_string(), text);
            assert_eq!(text.parse(), Ok(UnixMillis(at)));
        }
        for (text, at) in [
            ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T00:00:00-01:00", 3_600_000),
            ("1970-01-01t00:00:00.5z", 500),
            ("1970-01-01T00:00:00.1239999Z", 123),
            ("1970-01-01T00:00:00.000000+00:00", 0),
        ] {
            assert_eq!(text.parse(), Ok(UnixMillis(at)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2020",
            "2020-10-30",
            "2020-10-30T10:50:50",
            "2020-10-30 10:50:50Z",
            "2021-02-29T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "2020-00-01T00:00:00Z",
            "2020-04-31T00:00:00Z",
            "2020-01-00T00:00:00Z",
            "2020-10-30T24:00:00Z",
            "2020-10-30T10:60:50Z",
            "2020-10-30T10:50:50.Z",
            "2020-10-30T10:50:50+0100",
            "2020-10-30T10:50:50+24:00",
            "1969-12-31T23:59:59Z",
            "+020-10-30T10:50:50Z",
            "2020-10-30T10:50:50ZZ",
            "２020-10-30T10:50:50Z",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<UnixMillis>(), Err(TimeError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_point_survives_its_text(at in 0..=LAST) {
            prop_assert_eq!(UnixMillis(at).to_string().parse(), Ok(UnixMillis(at)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.0-9Z+:-]{0,12}") {
            let _ = text.parse::<UnixMillis>();
        }
    }
}
