//! Points in time: UTC milliseconds inside, ISO 8601 with the Korean offset outside.
//!
//! Invariants: stored times are UTC; a "day" is a day in Korea (KST, UTC+9, no summer time); nothing here reads a clock
//! except [`Timestamp::now`], which only the engine's thread and the callers' entry points use.

use crate::error::{Code, Error, Result};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::time::Duration;

/// Korean time.
pub(crate) const KST: TimeZone = TimeZone::fixed(Offset::constant(9));
const DAY_MS: i64 = 86_400_000;
const KST_OFFSET_MS: i64 = 9 * 3_600_000;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The system clock.
    pub fn now() -> Self {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }

    /// This time plus a span; saturates.
    pub fn after(self, span: Duration) -> Self {
        Timestamp(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This time less a span; saturates.
    pub fn before(self, span: Duration) -> Self {
        Timestamp(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The span from `earlier` to this time; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// `2026-12-01T09:00:00.000+09:00`. A time outside the years 1 to 9999 is written as 1970.
    pub fn to_iso(self) -> String {
        let mut at = self.zoned().datetime();
        if at.year() < 1 {
            at = Timestamp(0).zoned().datetime();
        }
        // Every message has several of these: a general formatter would cost as much as the rest of a result.
        let mut text = String::with_capacity("2026-12-01T09:00:00.000+09:00".len());
        let mut put = |value: i16, digits: u32, after: &str| {
            let digit = |place: u32| char::from(b'0' + (value / 10_i16.pow(place) % 10) as u8);
            text.extend((0..digits).rev().map(digit));
            text.push_str(after);
        };
        put(at.year(), 4, "-");
        put(at.month().into(), 2, "-");
        put(at.day().into(), 2, "T");
        put(at.hour().into(), 2, ":");
        put(at.minute().into(), 2, ":");
        put(at.second().into(), 2, ".");
        put(at.millisecond(), 3, "+09:00");
        text
    }

    /// The day in Korea.
    pub fn day(self) -> Day {
        Day(i32::try_from((self.0.saturating_add(KST_OFFSET_MS)).div_euclid(DAY_MS)).unwrap_or(0))
    }

    /// In Korea.
    pub(crate) fn zoned(self) -> jiff::Zoned {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(KST)
    }

    /// Reads the date of an HTTP header, RFC 9110, 5.6.7; the obsolete forms are not read.
    pub(crate) fn from_http_date(text: &str) -> Option<Self> {
        let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Timestamp(zoned.as_millisecond()))
    }

    /// Reads `2026-12-01T09:00:00+09:00` (any offset, or `Z`) or `yyyyMMddHHmmss` in Korean time.
    pub fn parse(text: &str) -> Result<Self> {
        let civil = |text: &str| DateTime::strptime("%Y%m%d%H%M%S", text).and_then(|t| t.to_zoned(KST));
        let parsed = if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
            civil(text).map(|zoned| zoned.timestamp())
        } else {
            text.parse::<jiff::Timestamp>()
        };
        parsed.map(|t| Timestamp(t.as_millisecond())).map_err(|_| {
            Error::new(Code::Time, "not a time: expected 2026-12-01T09:00:00+09:00, or yyyyMMddHHmmss in Korean time")
        })
    }
}

/// A day in Korea, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// `2026-12-01`.
    pub fn to_iso(self) -> String {
        let noon = i64::from(self.0) * DAY_MS + DAY_MS / 2 - KST_OFFSET_MS;
        Timestamp(noon).zoned().strftime("%Y-%m-%d").to_string()
    }

    /// Reads `2026-12-01`.
    pub fn parse(text: &str) -> Result<Self> {
        let date = text
            .parse::<jiff::civil::Date>()
            .map_err(|_| Error::new(Code::Time, "not a day: expected the form 2026-12-01"))?;
        let zoned =
            date.to_zoned(KST).map_err(|_| Error::new(Code::Time, "not a day: expected the form 2026-12-01"))?;
        Ok(Timestamp(zoned.timestamp().as_millisecond()).day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_time_are_the_same_moment() {
        let iso = Timestamp::parse("2026-12-01T09:00:00+09:00").unwrap();
        assert_eq!(iso, Timestamp::parse("20261201090000").unwrap());
        assert_eq!(iso, Timestamp::parse("2026-12-01T00:00:00Z").unwrap());
        assert_eq!(iso.to_iso(), "2026-12-01T09:00:00.000+09:00");
    }

    #[test]
    fn a_time_reads_back_as_it_was_written_and_one_out_of_range_is_1970() {
        let [first, last] =
            ["0001-01-01T00:00:00.000+09:00", "9999-12-30T23:59:59.999+09:00"].map(|t| Timestamp::parse(t).unwrap());
        let step = (last.0 - first.0) / 10_007;
        for at in (first.0..=last.0).step_by(usize::try_from(step).unwrap()).chain([last.0]).map(Timestamp) {
            let text = at.to_iso();
            assert_eq!((text.len(), Timestamp::parse(&text)), (29, Ok(at)), "{text}");
        }
        for outside in [i64::MIN, first.0 - 1, i64::MAX] {
            assert_eq!(Timestamp(outside).to_iso(), "1970-01-01T09:00:00.000+09:00");
        }
    }

    #[test]
    fn a_malformed_time_is_refused_with_the_allowed_forms() {
        for bad in ["", "tomorrow", "20261301090000", "2026-12-01 09:00", "2026120109000", "2026-12-01T09:00:00"] {
            let error = Timestamp::parse(bad).unwrap_err();
            assert_eq!(error.code(), Code::Time, "{bad}");
            assert!(error.text().contains("yyyyMMddHHmmss"));
        }
    }

    #[test]
    fn the_date_of_an_http_header_is_read_and_anything_else_is_none() {
        let read = Timestamp::from_http_date("Tue, 01 Dec 2026 00:00:00 GMT");
        assert_eq!(read, Some(Timestamp::parse("2026-12-01T09:00:00+09:00").unwrap()));
        assert_eq!(Timestamp::from_http_date("yesterday"), None);
    }

    #[test]
    fn the_day_turns_at_midnight_in_korea_across_a_year_end() {
        let before = Timestamp::parse("2026-12-31T23:59:59.999+09:00").unwrap();
        assert_eq!(before.day().to_iso(), "2026-12-31");
        assert_eq!(Timestamp(before.0 + 1).day().to_iso(), "2027-01-01");
        assert_eq!(Day::parse("2027-01-01").unwrap(), Timestamp(before.0 + 1).day());
        assert!(Day::parse("2026-02-30").is_err());
    }
}
