//! The service's clock and how times are written.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since 1970 in UTC; 0 before it. Enough until the year 2554.
pub(crate) fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970 in UTC.
pub(crate) fn now_ms() -> i64 {
    i64::try_from(now_ns() / 1_000_000).unwrap_or(i64::MAX)
}

/// Seconds since 1970 in UTC.
pub(crate) fn now_s() -> u64 {
    u64::try_from(now_ms() / 1000).unwrap_or(0)
}

/// RFC 3339 in UTC, with as many decimals as needed: `2026-01-31T08:00:00.5Z`.
pub(crate) fn text_of_ms(ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .ok()
        .and_then(|t| t.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("@{ms}"))
}

/// RFC 3339 in UTC of whole seconds.
pub(crate) fn text_of_s(s: u64) -> String {
    text_of_ms(i64::try_from(s).unwrap_or(i64::MAX / 1000).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(text_of_ms(1_600_000_000_000), "2020-09-13T12:26:40Z");
        assert_eq!(text_of_ms(1_600_000_000_250), "2020-09-13T12:26:40.25Z");
        assert_eq!(text_of_s(0), "1970-01-01T00:00:00Z");
        assert_eq!(text_of_ms(i64::MAX), format!("@{}", i64::MAX));
    }
}
