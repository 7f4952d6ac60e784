//! The simulator's time: the system's clock, moved ahead by tests, and Korean dates.
//!
//! Invariants: nothing else in the simulator reads a clock; [`Clock::now`] never goes back unless the system's does;
//! [`Clock::shown`] is what callers see (the Date header, the check of signatures) and may be wrong on purpose.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::sync::atomic::{AtomicI64, Ordering};

const KST: TimeZone = TimeZone::fixed(Offset::constant(9));
/// One day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;
/// `2026-12-01 09:00`
pub const MINUTES: &str = "%Y-%m-%d %H:%M";
/// `2026-12-01 09:00:00`
pub const SECONDS: &str = "%Y-%m-%d %H:%M:%S";

/// A clock that can be moved.
#[derive(Debug, Default)]
pub struct Clock {
    advance: AtomicI64,
    skew: AtomicI64,
}

impl Clock {
    /// A clock that differs from the system's.
    pub fn ahead(ms: i64) -> Clock {
        Clock { advance: AtomicI64::new(ms), skew: AtomicI64::new(0) }
    }

    /// Milliseconds since 1970 by which reports, reservations and windows go.
    pub fn now(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond() + self.advance.load(Ordering::Relaxed)
    }

    /// The time that callers see.
    pub fn shown(&self) -> i64 {
        self.now() + self.skew.load(Ordering::Relaxed)
    }

    /// Moves the simulator's time ahead: what is due by then is due at once.
    pub fn advance(&self, ms: i64) {
        self.advance.fetch_add(ms.max(0), Ordering::Relaxed);
    }

    /// Makes the shown time differ from the true one.
    pub fn skew(&self, ms: i64) {
        self.skew.store(ms, Ordering::Relaxed);
    }
}

/// A time in Korea, in a form of [`MINUTES`] and its like.
pub fn korean(ms: i64, form: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_zoned(KST).strftime(form).to_string()
}

/// Reads a Korean time; `None` when the text has another form.
pub fn read_korean(text: &str, form: &str) -> Option<i64> {
    let civil = DateTime::strptime(form, text).ok()?;
    Some(civil.to_zoned(KST).ok()?.timestamp().as_millisecond())
}

/// `2026-12-01T00:00:00.000Z`, as JavaScript writes it.
pub fn iso(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Reads ISO 8601 with a zone.
pub fn read_iso(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// The Date header of HTTP.
pub fn http_date(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
