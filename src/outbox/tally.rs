//! Two figures that every process of an outbox must agree on: the last number given to a result, and how many messages
//! have not ended.
//!
//! Invariants: in an exclusive outbox they are counted at the start and kept in memory; in a shared one they are read at
//! the begin of every transaction and written before its end. A number is never given twice while anybody may remember it.

use super::phase::lane;
use super::{Outbox, Phase};
use crate::error::Result;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Figures {
    numbered: i64,
    open: i64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    now: Figures,
    /// As of the last commit.
    kept: Figures,
    /// Other processes count too.
    shared: bool,
}

impl Tally {
    /// The next number of a result.
    pub fn number(&mut self) -> i64 {
        self.now.numbered = self.now.numbered.saturating_add(1);
        self.now.numbered
    }

    /// The last number given.
    pub fn numbered(&self) -> i64 {
        self.now.numbered
    }

    /// Numbers up to this one are given.
    pub fn numbered_up_to(&mut self, number: i64) {
        self.now.numbered = self.now.numbered.max(number);
    }

    pub fn opened(&mut self) {
        self.now.open += 1;
    }

    pub fn closed(&mut self) {
        self.now.open -= 1;
    }

    pub fn keep(&mut self) {
        self.kept = self.now;
    }

    pub fn undo(&mut self) {
        self.now = self.kept;
    }

    /// After the file was opened anew: what was known before stays known.
    pub fn follow(&mut self, before: &Tally) {
        self.shared = before.shared;
        self.numbered_up_to(before.kept.numbered);
        self.keep();
    }
}

impl Outbox {
    /// How many messages have not ended, those of this transaction included.
    pub fn open_messages(&self) -> u64 {
        u64::try_from(self.tally.now.open).unwrap_or(0)
    }

    /// The last number given to a result that is committed; called outside a transaction.
    pub fn last_number(&mut self) -> Result<i64> {
        self.read_tally()?;
        Ok(self.tally.numbered())
    }

    /// Counts from the rows.
    pub(super) fn count(&self) -> Result<Tally> {
        let open = self.figure("SELECT count(*) FROM message WHERE phase < ?1")?;
        let now = Figures { numbered: self.highest_number()?, open };
        Ok(Tally { now, kept: now, shared: false })
    }

    /// The highest number of a result that has not been acknowledged.
    pub(super) fn highest_number(&self) -> Result<i64> {
        self.figure(concat!("SELECT coalesce(max(due), 0) FROM message WHERE phase = ?1 AND ", lane!(), " IS NULL"))
    }

    fn figure(&self, sql: &str) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.query_row([Phase::Result as i32], |row| row.get(0)).map_err(|e| self.fault(e))
    }

    /// From now on the figures are in the file; called inside a transaction. Counts them anew, for an exclusive owner does
    /// not write them.
    pub(super) fn share_tally(&mut self) -> Result<()> {
        self.tally.shared = true;
        self.read_tally()?;
        let counted = self.count()?.now;
        self.tally.now.open = counted.open;
        self.tally.numbered_up_to(counted.numbered);
        Ok(())
    }

    pub(super) fn read_tally(&mut self) -> Result<()> {
        if !self.tally.shared {
            return Ok(());
        }
        let mut statement =
            self.connection.prepare_cached("SELECT numbered, open FROM tally").map_err(|e| self.fault(e))?;
        let figures = statement
            .query_row([], |row| Ok(Figures { numbered: row.get(0)?, open: row.get(1)? }))
            .map_err(|e| self.fault(e))?;
        drop(statement);
        self.tally.now = figures;
        self.tally.keep();
        Ok(())
    }

    pub(super) fn write_tally(&self) -> Result<()> {
        let Tally { now, kept, shared } = self.tally;
        if !shared || now == kept {
            return Ok(());
        }
        let mut statement =
            self.connection.prepare_cached("UPDATE tally SET numbered = ?1, open = ?2").map_err(|e| self.fault(e))?;
        statement.execute([now.numbered, now.open]).map(drop).map_err(|e| self.fault(e))
    }
}
