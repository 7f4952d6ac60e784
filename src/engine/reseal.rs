//! After a change of keys: sealing anew what the outbox holds, in steps between the other turns.
//!
//! Invariants: only the process that delivers does it; a step is short and sending never waits for more than one; it goes
//! on after a restart until everything is done.

use super::state::Engine;
use super::turn::Turn;
use crate::error::Result;
use crate::outbox::Reseal;
use std::time::{Duration, Instant};

/// Between two steps, so that the disk is there for others.
const PAUSE: Duration = Duration::from_millis(20);
/// Until it begins again, where other processes may still seal with an old key.
const AGAIN: Duration = Duration::from_secs(3_600);

impl Engine {
    /// How long no step is due; `None`: there is nothing to do.
    pub(super) fn reseal_in(&self, instant: Instant) -> Option<Duration> {
        let waits = self.mixed && self.role.delivers();
        waits.then(|| self.reseal_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(instant)))
    }

    /// A step, where one is due.
    pub(super) fn reseal(&mut self, turn: &mut Turn) -> Result<()> {
        if turn.reseals {
            turn.resealed = Some(self.outbox.reseal(self.role.owner())?);
        }
        Ok(())
    }

    /// After the commit.
    pub(super) fn has_resealed(&mut self, done: Option<Reseal>, instant: Instant) {
        match done {
            None => {}
            Some(Reseal::More) => self.reseal_at = Some(instant + PAUSE),
            Some(Reseal::Shared) => {
                self.log.warn(format_args!(
                    "the outbox is sealed with outbox.key, but other processes that share it may still use an old one: \
                     keep outbox.old_keys until all were started anew"
                ));
                self.reseal_at = Some(instant + AGAIN);
            }
            Some(Reseal::Done) => {
                self.mixed = false;
                // What was there before would stay in the log for a while.
                self.outbox.checkpoint();
                if self.role.owner().is_none() {
                    self.outbox.reserve_log();
                }
                self.log.info(format_args!(
                    "everything in the outbox is sealed as the configuration says; outbox.old_keys are no longer needed"
                ));
            }
        }
    }
}
