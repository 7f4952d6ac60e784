//! When a message may leave and until when.
//!
//! Invariants: `send_at` is not before now and at most 180 days ahead; `expires_at` lies after it, at most 180 days.

use crate::config::Settings;
use crate::error::{Code, Error, Result};
use crate::message::Options;
use crate::time::Timestamp;
use std::time::Duration;

const SPAN_MAX: Duration = Duration::from_secs(180 * 24 * 3_600);
const SPAN_MAX_TEXT: &str = "180 days";

/// The longest spelling of a time; longer texts are none.
const SPELLING_BYTES_MAX: usize = 64;

/// The times of a message.
pub(super) struct Schedule {
    pub(super) send_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// What the caller asked for, independent of now: send time, seconds to live, end.
    pub(super) asked: [Option<i64>; 3],
}

impl Schedule {
    /// Reads `send_at`, `expires_in` and `expires_at`.
    pub(super) fn read(settings: &Settings, options: &Options, now: Timestamp) -> Result<Schedule> {
        let asked = options.send_at.as_deref().map(|text| time("send_at", text)).transpose()?;
        // What should have left already leaves now.
        let send_at = asked.map_or(now, |asked| asked.max(now));
        if send_at.since(now) > SPAN_MAX {
            return Err(Error::new(Code::Time, format!("send_at: lies too far ahead; allowed are {SPAN_MAX_TEXT}")));
        }
        let (mut seconds, mut end) = (None, None);
        let expires_at = match (&options.expires_in, &options.expires_at) {
            (Some(_), Some(_)) => {
                return Err(Error::new(
                    Code::Option,
                    "expires_at: is given together with expires_in; only one of them is allowed",
                ));
            }
            (Some(text), None) => {
                let span = span(text)?;
                seconds = i64::try_from(span.as_secs()).ok();
                send_at.after(span)
            }
            (None, Some(text)) => {
                let expires_at = time("expires_at", text)?;
                end = Some(expires_at.0);
                check_end(send_at, expires_at)?;
                expires_at
            }
            (None, None) => send_at.after(settings.expires_in),
        };
        Ok(Schedule { send_at, expires_at, asked: [asked.map(|time| time.0), seconds, end] })
    }
}

fn time(part: &str, text: &str) -> Result<Timestamp> {
    // A longer text is cut so that the refusal is quick; a time it is not either way.
    let text = if text.len() > SPELLING_BYTES_MAX { "" } else { text };
    Timestamp::parse(text).map_err(|error| error.at(part))
}

fn span(text: &str) -> Result<Duration> {
    let digits = text.len() <= 10 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let seconds = if digits { text.parse().ok() } else { None };
    let span = seconds.map(Duration::from_secs).filter(|span| !span.is_zero() && *span <= SPAN_MAX);
    span.ok_or_else(|| {
        let most = SPAN_MAX.as_secs();
        Error::new(
            Code::Time,
            format!("expires_in: is no such number; allowed are 1 to {most} seconds ({SPAN_MAX_TEXT})"),
        )
    })
}

fn check_end(send_at: Timestamp, expires_at: Timestamp) -> Result<()> {
    let problem = if expires_at <= send_at {
        "does not lie after send_at and now"
    } else if expires_at.since(send_at) > SPAN_MAX {
        "lies too far ahead"
    } else {
        return Ok(());
    };
    Err(Error::new(
        Code::Time,
        format!("expires_at: {problem}; allowed are times after send_at and now, at most {SPAN_MAX_TEXT} after"),
    ))
}
