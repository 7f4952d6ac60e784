//! What a new owner does to the rows that the last one, or another clock, left.

use super::phase::lane;
use super::{Outbox, Phase};
use crate::error::Result;
use crate::message::{Certainty, Reason, State};
use crate::time::Timestamp;
use rusqlite::params;

impl Outbox {
    /// Turns requests that a process left under way into messages to be settled with their gateway.
    pub fn rescue(&mut self, now: Timestamp) -> Result<usize> {
        let mut statement = self
            .connection
            .prepare_cached("UPDATE message SET phase = ?1, due = ?2, certainty = ?3, reason = ?4 WHERE phase = ?5")
            .map_err(|e| self.fault(e))?;
        statement
            .execute(params![
                Phase::LookUp as i32,
                now.0,
                Certainty::PossiblySent as i32,
                Reason::Interrupted as i32,
                Phase::Sending as i32
            ])
            .map_err(|e| self.fault(e))
    }

    /// Makes due at `from` what a process had asked its gateway about and was to ask again by `until`: no answer comes.
    pub fn ask_again(&mut self, phase: Phase, from: Timestamp, until: Timestamp) -> Result<()> {
        let sql = concat!(
            "UPDATE message SET due = ?2 WHERE phase = ?1 AND ",
            lane!(),
            " IS NULL AND due > ?2 AND due <= ?3"
        );
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute(params![phase as i32, from.0, until.0]).map(drop).map_err(|e| self.fault(e))
    }

    /// After the clock was set back: moves the times we chose ourselves (never a caller's `send_at`) back with it.
    pub fn set_back(&mut self, milliseconds: i64) -> Result<()> {
        let mut statement = self
            .connection
            .prepare_cached(
                "UPDATE message SET due = due - ?1 WHERE phase BETWEEN ?2 AND ?3 OR (phase < ?2 AND (tries > 0 OR state = ?4))",
            )
            .map_err(|e| self.fault(e))?;
        statement
            .execute(params![milliseconds, Phase::Sending as i32, Phase::Hold as i32, State::Queued as i32])
            .map(drop)
            .map_err(|e| self.fault(e))
    }
}
