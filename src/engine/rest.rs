//! When the engine has work, when it may rest, and when it has come to its end.
//!
//! Invariants: it never rests while something it may handle is due, and while a message waits for its time never for long,
//! for the clock may be set meanwhile, or the host be suspended; what only another process may handle wakes nobody here;
//! while the disk is ill it tries again after [`RECOVERY`] and not before.

use super::RECOVERY;
use super::agenda::NEVER;
use super::state::Engine;
use super::turn::{Effects, Response};
use crate::outbox::Phase;
use crate::time::Timestamp;
use std::time::{Duration, Instant};

/// How often the clock is looked at while a message waits for its time.
const CLOCK_LOOK: Duration = Duration::from_secs(60);

impl Engine {
    pub(super) fn has_work(&self, now: Timestamp, instant: Instant) -> bool {
        // A turn without work still finds out whether the disk is well again.
        let recovers = self.recover_at.is_some_and(|at| at <= instant);
        let reseals = self.reseal_in(instant) == Some(Duration::ZERO);
        let must = recovers || reseals || self.start || !self.retained.is_empty() || self.clock_set_back(now);
        must || self.role.must_adopt() || (self.role.delivers() && self.next_due(now) <= now)
    }

    /// When something is due next that this process may handle; `now`, or earlier, where that is at once.
    fn next_due(&self, now: Timestamp) -> Timestamp {
        self.next_of_a_message(now).min(self.agenda.bound(Phase::Erase)).min(self.agenda.bound(Phase::Forget))
    }

    /// [`Engine::next_due`] of a message that has not ended.
    fn next_of_a_message(&self, now: Timestamp) -> Timestamp {
        let handled = |phase: &Phase| match phase {
            Phase::LookUp | Phase::Await => self.looking_up < super::LOOK_UPS_MAX,
            phase => phase.is_open(),
        };
        let phases = Phase::TIMED.iter().filter(|phase| handled(phase)).map(|phase| self.agenda.bound(*phase));
        phases.chain([self.next_departure(now), self.next_poll()]).min().unwrap_or(NEVER)
    }

    pub(super) fn finish_turn(&mut self, mut effects: Effects, now: Timestamp, instant: Instant) -> Effects {
        if effects.jobs.is_empty() && self.is_quiet(now) {
            effects.replies.extend(self.flushers.drain(..).map(|(reply, _)| Response::Done(reply, Ok(()))));
            effects.stopped = self.stopping.is_some();
        }
        // Who does not deliver has nothing to hand over.
        effects.stopped |= self.stopping.is_some_and(|deadline| deadline <= instant || !self.role.delivers());
        effects
    }

    /// Whether nothing is due or in flight, by whichever process.
    fn is_quiet(&mut self, now: Timestamp) -> bool {
        if self.flushers.is_empty() && self.stopping.is_none() {
            return false;
        }
        let in_flight = match self.role.delivers() {
            true => !self.in_flight.is_empty(),
            false => !matches!(self.outbox.next_due(Phase::Sending), Ok(None)),
        };
        !in_flight && self.retained.is_empty() && !self.lanes_are_due(now)
    }

    /// How long nothing will be due. Called before the thread goes to sleep.
    pub fn sleep(&mut self, now: Timestamp, instant: Instant) -> Duration {
        let until = |at: Instant| at.saturating_duration_since(instant);
        let mut sleep = self.stopping.map_or(Duration::MAX, until);
        if let Some(at) = self.recover_at {
            return sleep.min(until(at));
        }
        // By a clock that was set back since the last turn, everything would seem far away.
        if self.start || !self.retained.is_empty() || self.clock_set_back(now) {
            return Duration::ZERO;
        }
        sleep = sleep.min(self.role.tick_in(instant)).min(self.reseal_in(instant).unwrap_or(Duration::MAX));
        if !self.role.delivers() {
            return sleep;
        }
        if self.agenda.refresh_stale(&self.outbox).is_err() {
            return sleep.min(RECOVERY);
        }
        if self.next_of_a_message(now) < NEVER {
            sleep = sleep.min(CLOCK_LOOK);
        }
        sleep.min(self.next_due(now).since(now))
    }
}
