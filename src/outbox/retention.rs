//! Erasing what must not be kept: contents, then keys, then statistics, each after its own time.

use super::phase::due_ids;
use super::{Outbox, Phase};
use crate::config::Retention;
use crate::error::Result;
use crate::time::Timestamp;
use rusqlite::params;
use std::time::Duration;

/// Rows handled in one transaction, so that erasing never holds up sending for long.
const ROWS_MAX: i64 = 500;
const DAY: Duration = Duration::from_secs(86_400);

impl Outbox {
    /// Erases contents and forgets keys whose time has come, up to a bound; what remains is due still.
    pub fn retire(&mut self, retention: &Retention, now: Timestamp) -> Result<()> {
        let keys_stay = DAY * retention.key_days.saturating_sub(retention.content_days);
        self.drop_images(now, ROWS_MAX)?;
        self.change(
            concat!("DELETE FROM content WHERE message IN ", due_ids!()),
            params![Phase::Erase as i32, now.0, ROWS_MAX],
        )?;
        self.change(
            concat!("UPDATE message SET phase = ?4, due = due + ?5 WHERE id IN ", due_ids!()),
            params![
                Phase::Erase as i32,
                now.0,
                ROWS_MAX,
                Phase::Forget as i32,
                i64::try_from(keys_stay.as_millis()).unwrap_or(i64::MAX)
            ],
        )?;
        self.change(
            concat!("DELETE FROM message WHERE id IN ", due_ids!()),
            params![Phase::Forget as i32, now.0, ROWS_MAX],
        )
    }

    /// Once a day, drops statistics of days long past.
    pub fn drop_old_statistics(&mut self, retention: &Retention, now: Timestamp) -> Result<()> {
        let today = now.day();
        if self.cleaned == Some(today) {
            return Ok(());
        }
        let days = i32::try_from(retention.statistics_days).unwrap_or(i32::MAX);
        self.change("DELETE FROM statistic WHERE day < ?1", [today.0.saturating_sub(days)])?;
        self.cleaned = Some(today);
        Ok(())
    }

    /// The time at which an acknowledged message's content is erased.
    pub fn erase_at(retention: &Retention, now: Timestamp) -> Timestamp {
        now.after(DAY * retention.content_days)
    }

    fn change(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute(parameters).map(drop).map_err(|e| self.fault(e))
    }
}
