//! Erasing what must not be kept: contents, then keys, then statistics, each after its own time.

use super::Outbox;
use super::entry::Phase;
use crate::error::Result;
use crate::time::{Day, Timestamp};
use rusqlite::params;
use std::time::Duration;

/// Rows handled in one transaction, so that erasing never holds up sending for long.
const ROWS_MAX: i64 = 500;
const DAY: Duration = Duration::from_secs(86_400);

impl Outbox {
    /// Erases contents and keys whose time has come and old statistics once a day. True when more is waiting.
    pub fn retire(&mut self, retention: &crate::config::Retention, now: Timestamp) -> Result<bool> {
        let keys_stay = DAY * retention.key_days.saturating_sub(retention.content_days);
        let erased = self.change(
            "UPDATE message SET payload = NULL, phase = ?4, due = due + ?5 WHERE id IN \
             (SELECT id FROM message WHERE phase = ?1 AND due <= ?2 ORDER BY due LIMIT ?3)",
            params![
                Phase::Erase as i32,
                now.0,
                ROWS_MAX,
                Phase::Forget as i32,
                i64::try_from(keys_stay.as_millis()).unwrap_or(i64::MAX)
            ],
        )?;
        let forgotten = self.change(
            "DELETE FROM message WHERE id IN \
             (SELECT id FROM message WHERE phase = ?1 AND due <= ?2 ORDER BY due LIMIT ?3)",
            params![Phase::Forget as i32, now.0, ROWS_MAX],
        )?;
        let today = now.day();
        if self.cleaned != Some(today) {
            let days = i32::try_from(retention.statistics_days).unwrap_or(i32::MAX);
            let Day(oldest) = Day(today.0.saturating_sub(days));
            self.change("DELETE FROM statistic WHERE day < ?1", params![oldest])?;
            self.cleaned = Some(today);
        }
        Ok(erased as i64 == ROWS_MAX || forgotten as i64 == ROWS_MAX)
    }

    /// The time at which an acknowledged message's content is erased.
    pub fn erase_at(retention: &crate::config::Retention, now: Timestamp) -> Timestamp {
        now.after(DAY * retention.content_days)
    }

    fn change(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute(parameters).map_err(|e| self.fault(e))
    }
}
