//! When something becomes due, per phase: a lower bound kept in memory, so that the outbox is asked only when it can matter.
//!
//! Invariants: the bound is never later than the earliest due time on disk; it may be earlier (a row was moved), and is
//! made exact before the engine goes to sleep, so that an idle engine is not woken for nothing.

use crate::outbox::{Outbox, Phase};
use crate::time::Timestamp;

const NEVER: Timestamp = Timestamp(i64::MAX);

/// The bounds.
pub(super) struct Agenda {
    bounds: [Timestamp; PHASES],
    exact: [bool; PHASES],
}

const PHASES: usize = 10;

impl Agenda {
    /// Everything may be due: the first look finds out.
    pub fn unknown() -> Self {
        Agenda { bounds: [Timestamp(i64::MIN); PHASES], exact: [false; PHASES] }
    }

    /// A row enters `phase` and is due then.
    pub fn note(&mut self, phase: Phase, due: Timestamp) {
        let bound = &mut self.bounds[phase as usize];
        *bound = (*bound).min(due);
    }

    /// A row has left `phase`: its bound may be too early now.
    pub fn left(&mut self, phase: Phase) {
        self.exact[phase as usize] = false;
    }

    /// Nothing of `phase` is due before this.
    pub fn bound(&self, phase: Phase) -> Timestamp {
        self.bounds[phase as usize]
    }

    /// Whether something of `phase` may be due.
    pub fn is_due(&self, phase: Phase, now: Timestamp) -> bool {
        self.bound(phase) <= now
    }

    /// Reads the earliest due time of `phase`.
    pub fn refresh(&mut self, phase: Phase, outbox: &Outbox) -> crate::error::Result<()> {
        self.bounds[phase as usize] = outbox.next_due(phase)?.unwrap_or(NEVER);
        self.exact[phase as usize] = true;
        Ok(())
    }

    /// Makes every bound exact.
    pub fn refresh_stale(&mut self, outbox: &Outbox) -> crate::error::Result<()> {
        for phase in Phase::TIMED {
            if !self.exact[phase as usize] {
                self.refresh(phase, outbox)?;
            }
        }
        Ok(())
    }

    /// Nothing is known any more, e.g. after the file was opened anew.
    pub fn forget(&mut self) {
        *self = Agenda::unknown();
    }
}
