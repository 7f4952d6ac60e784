//! Final results on their way to the caller.
//!
//! Invariants: a result has a running number that only grows, so that "the results after N" never misses one, whatever
//! the clock does; it stays until it is acknowledged.

use super::entry::{Entry, select};
use super::phase::lane;
use super::{Count, Outbox, Phase};
use crate::error::Result;
use crate::message::{Certainty, Reason, State};
use crate::time::Timestamp;
use rusqlite::params;

impl Outbox {
    /// Ends a message: writes its final state, its place among the results, and its statistics.
    pub fn finish(&mut self, entry: &mut Entry, state: State, certainty: Certainty, now: Timestamp) -> Result<()> {
        if state == State::Delivered {
            entry.reason = Reason::None;
        }
        entry.state = state;
        entry.certainty = certainty;
        entry.finished_at = Some(now);
        entry.phase = Phase::Result;
        entry.due = Timestamp(self.tally.number());
        self.tally.closed();
        self.save(entry)?;
        self.statistics.count(&Count::of(entry, now));
        Ok(())
    }

    /// Results of `owner` (every owner when `None`) with a number above `after`, in order.
    pub fn results_after(&self, after: i64, owner: Option<i64>, most: usize) -> Result<Vec<Entry>> {
        let sql = select!(
            "WHERE phase = ?1 AND ",
            lane!(),
            " IS NULL AND due > ?2 AND (?3 IS NULL OR owner = ?3) ORDER BY due LIMIT ?4"
        );
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map(
                params![Phase::Result as i32, after, owner, i64::try_from(most).unwrap_or(i64::MAX)],
                Entry::read,
            )
            .map_err(|e| self.fault(e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))
    }

    /// Lets a result go; its content is erased at `erase_at`. A row that is no result is left alone.
    pub fn acknowledge(&mut self, id: i64, erase_at: Timestamp) -> Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("UPDATE message SET phase = ?2, due = ?3 WHERE id = ?1 AND phase = ?4")
            .map_err(|e| self.fault(e))?;
        statement
            .execute(params![id, Phase::Erase as i32, erase_at.0, Phase::Result as i32])
            .map(drop)
            .map_err(|e| self.fault(e))
    }
}
