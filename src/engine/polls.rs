//! Asking gateways for all their new reports.
//!
//! Invariants: one poll at a time for each gateway, and only while some report is awaited; what a gateway wants confirmed
//! is confirmed after the commit that keeps it; a report that comes before the name of its message is known waits for that,
//! and one that is never seen here is asked for one by one; a report about another
//! installation's message changes nothing, also where the login and the key are the same.

use super::agenda::NEVER;
use super::state::Engine;
use super::turn::Turn;
use crate::error::Result;
use crate::gateway::{Job, Mark, Report, may_be_same};
use crate::message::Channel;
use crate::outbox::{Entry, Phase};
use crate::time::Timestamp;

impl Engine {
    /// When the next gateway is to be asked.
    pub(super) fn next_poll(&self) -> Timestamp {
        let awaited = [Phase::Await, Phase::LookUp, Phase::Hold].iter().any(|phase| self.agenda.bound(*phase) < NEVER);
        if !awaited && self.in_flight.is_empty() {
            return NEVER;
        }
        self.gates.iter().filter_map(|(_, gate)| gate.poll_at()).min().unwrap_or(NEVER)
    }

    /// The polls whose time has come.
    pub(super) fn polls(&mut self, now: Timestamp) -> Vec<Job> {
        if !self.role.delivers() || self.next_poll() > now {
            return Vec::new();
        }
        let due = self.gates.iter_mut().filter(|(_, gate)| gate.poll_at().is_some_and(|at| at <= now));
        due.map(|(gateway, gate)| {
            gate.poll.under_way = true;
            Job::Poll { gateway: gateway.clone(), cursor: gate.poll.cursor.clone(), since: gate.poll.since }
        })
        .collect()
    }

    /// Tells the outbox by whose names it is to find messages, as the present settings have it.
    pub(super) fn look_for_names(&mut self) {
        let by_name = self.gates.iter().filter(|(_, gate)| gate.capabilities.found_by_its_name);
        self.outbox.look_for_names_of(by_name.map(|(gateway, _)| gateway.clone()).collect());
    }

    /// Takes what a poll has brought.
    pub(super) fn take_reports(&mut self, turn: &mut Turn, gateway: &str, reports: &[Report]) -> Result<()> {
        for report in reports {
            let found = match &report.mark {
                Mark::Theirs(reference) => self.outbox.find_reference(gateway, reference)?.map(|entry| {
                    let (channel, attempt) = (entry.channel, entry.tries);
                    (entry, channel, attempt)
                }),
                Mark::Ours(ours) => {
                    self.outbox.find(ours.key.as_str())?.map(|entry| (entry, ours.channel, ours.attempt))
                }
            };
            let Some((entry, channel, attempt)) = found else {
                if let Mark::Theirs(reference) = &report.mark {
                    self.early.hold(gateway, reference, &report.outcome);
                }
                continue;
            };
            if is_anothers(&entry, channel, attempt, report) {
                continue;
            }
            self.reported(turn, entry, (channel, attempt), &report.outcome)?;
        }
        Ok(())
    }
}

/// Whether a report by our name speaks of a message of another outbox with the same login and the same key: the gateway's
/// own name for what it accepted tells.
fn is_anothers(entry: &Entry, channel: Channel, attempt: i32, report: &Report) -> bool {
    let same_try = entry.channel == channel && entry.tries == attempt;
    same_try && entry.phase == Phase::Await && !may_be_same(&entry.reference, &report.outcome.reference)
}
