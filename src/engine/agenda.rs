//! When something becomes due, per phase, and in the lanes per gateway: a lower bound kept in memory, so that the outbox
//! is asked only when it can matter.
//!
//! Invariants: a bound is never later than the earliest due time on disk; it may be earlier (a row was moved), and is made
//! exact before the engine goes to sleep, so that an idle engine is not woken for nothing. Every gateway with a message in
//! a lane has bounds once [`Agenda::learn`] has looked.

use crate::error::Result;
use crate::message::Priority;
use crate::outbox::{Entry, Outbox, Phase};
use crate::time::Timestamp;
use std::collections::BTreeMap;

pub(super) const NEVER: Timestamp = Timestamp(i64::MAX);
const PHASES: usize = 10;

#[derive(Clone, Copy)]
struct Bound {
    at: Timestamp,
    exact: bool,
}

const UNKNOWN: Bound = Bound { at: Timestamp(i64::MIN), exact: false };
const EMPTY: Bound = Bound { at: NEVER, exact: true };

/// The bounds.
pub(super) struct Agenda {
    phases: [Bound; PHASES],
    /// By gateway, then by priority.
    lanes: BTreeMap<String, [Bound; 3]>,
    /// The lanes are those of the disk.
    learnt: bool,
}

impl Agenda {
    /// Everything may be due: the first look finds out.
    pub fn unknown() -> Self {
        Agenda { phases: [UNKNOWN; PHASES], lanes: BTreeMap::new(), learnt: false }
    }

    /// Nothing is known any more, e.g. after the file was opened anew.
    pub fn forget(&mut self) {
        *self = Agenda::unknown();
    }

    /// A row enters its phase and is due then.
    pub fn note(&mut self, entry: &Entry) {
        self.change(entry.phase, &entry.gateway, |bound| bound.at = bound.at.min(entry.due));
    }

    /// A row enters a phase that is no lane.
    pub fn note_phase(&mut self, phase: Phase, due: Timestamp) {
        let bound = &mut self.phases[phase as usize];
        bound.at = bound.at.min(due);
    }

    /// A row has left its phase, or is about to: the bound may be too early now.
    pub fn left(&mut self, phase: Phase, gateway: &str) {
        self.change(phase, gateway, |bound| bound.exact = false);
    }

    fn change(&mut self, phase: Phase, gateway: &str, change: impl FnOnce(&mut Bound)) {
        if !phase.is_lane() {
            return change(&mut self.phases[phase as usize]);
        }
        let lanes = match self.lanes.get_mut(gateway) {
            Some(lanes) => lanes,
            // Before it has looked, there may be more than what is noted.
            None => self.lanes.entry(gateway.to_owned()).or_insert([if self.learnt { EMPTY } else { UNKNOWN }; 3]),
        };
        change(&mut lanes[phase as usize]);
    }

    /// Whether the lanes have to be looked at anew.
    pub fn must_learn(&self) -> bool {
        !self.learnt
    }

    /// Looks which gateways have lanes, and when they are due.
    pub fn learn(&mut self, outbox: &Outbox) -> Result<()> {
        self.lanes.clear();
        for gateway in outbox.gateways_waiting()? {
            let mut lanes = [EMPTY; 3];
            for (bound, priority) in lanes.iter_mut().zip(Priority::ALL) {
                bound.at = outbox.next_in_lane(*priority, &gateway)?.unwrap_or(NEVER);
            }
            self.lanes.insert(gateway, lanes);
        }
        self.learnt = true;
        Ok(())
    }

    /// The gateways that have, or lately had, messages in their lanes.
    pub fn gateways(&self) -> Vec<String> {
        self.lanes.keys().cloned().collect()
    }

    /// Nothing of a phase is due before this.
    pub fn bound(&self, phase: Phase) -> Timestamp {
        self.phases[phase as usize].at
    }

    /// Nothing of a gateway's lane is due before this.
    pub fn lane(&self, priority: Priority, gateway: &str) -> Timestamp {
        let unheard = if self.learnt { NEVER } else { Timestamp(i64::MIN) };
        self.lanes.get(gateway).map_or(unheard, |lanes| lanes[priority as usize].at)
    }

    /// Whether something of a phase may be due.
    pub fn is_due(&self, phase: Phase, now: Timestamp) -> bool {
        self.bound(phase) <= now
    }

    /// Makes the bound of a phase exact.
    pub fn refresh(&mut self, phase: Phase, outbox: &Outbox) -> Result<()> {
        self.phases[phase as usize] = Bound { at: outbox.next_due(phase)?.unwrap_or(NEVER), exact: true };
        Ok(())
    }

    /// Makes the bound of a lane exact.
    pub fn refresh_lane(&mut self, priority: Priority, gateway: &str, outbox: &Outbox) -> Result<()> {
        let at = outbox.next_in_lane(priority, gateway)?.unwrap_or(NEVER);
        self.change(Phase::lane(priority), gateway, |bound| *bound = Bound { at, exact: true });
        Ok(())
    }

    /// Makes every bound exact.
    pub fn refresh_stale(&mut self, outbox: &Outbox) -> Result<()> {
        for phase in Phase::TIMED {
            if !self.phases[phase as usize].exact {
                self.refresh(phase, outbox)?;
            }
        }
        if !self.learnt {
            return self.learn(outbox);
        }
        let stale = |(gateway, lanes): (&String, &[Bound; 3])| -> Vec<(String, Priority)> {
            let stale = Priority::ALL.iter().filter(|priority| !lanes[**priority as usize].exact);
            stale.map(|priority| (gateway.clone(), *priority)).collect()
        };
        for (gateway, priority) in self.lanes.iter().flat_map(stale).collect::<Vec<_>>() {
            self.refresh_lane(priority, &gateway, outbox)?;
        }
        Ok(())
    }
}
