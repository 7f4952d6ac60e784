//! What the network says: every word is turned into a situation, the policy decides, and the decision is written.

use super::backoff;
use super::policy::{Action, Moment, Situation, decide};
use super::state::Engine;
use super::turn::Turn;
use crate::error::Result;
use crate::gateway::{News, Word};
use crate::message::{Certainty, Class, Outcome, Reason, State};
use crate::outbox::{Entry, Phase};
use crate::time::Timestamp;

/// Most accepted messages of which a copy is held.
const ACCEPTED_MAX: usize = 4_000;

impl Engine {
    pub(super) fn hear(&mut self, turn: &mut Turn, news: &News) -> Result<()> {
        match news {
            News::Answered { gateway, words } => {
                self.show_answers(gateway, words, turn.now);
                for word in words {
                    if let Some(entry) = self.in_flight.get(&word.id).cloned() {
                        // A report can overtake the answer, and an answer can come after it was given up.
                        let stale = entry.channel != word.channel || entry.tries != word.attempt;
                        if !stale && !turn.overtook.contains(&word.id) {
                            turn.arrived.push(word.id);
                            self.conclude(turn, entry, Moment::Answer, &word.outcome)?;
                        }
                    }
                }
            }
            News::Reported(words) => {
                for word in words {
                    self.reported(turn, word)?;
                }
            }
            News::LookedUp { words, unasked } => {
                turn.looked_up += words.len() + unasked.len();
                for word in words {
                    self.looked_up(turn, word)?;
                }
            }
            News::Cancelled(_) | News::Polled { .. } => {}
        }
        Ok(())
    }

    fn show_answers(&self, gateway: &str, words: &[Word], now: Timestamp) {
        let mut pulse = self.pulse.lock();
        for word in words {
            pulse.heard(gateway, word.outcome.class, word.outcome.reason, now);
        }
    }

    fn reported(&mut self, turn: &mut Turn, word: &Word) -> Result<()> {
        let known = self.accepted.remove(&word.id);
        let Some(entry) = known.map_or_else(|| self.outbox.load(word.id), |entry| Ok(Some(entry)))? else {
            return Ok(());
        };
        if entry.channel != word.channel {
            return self.late_delivery(turn, entry, word);
        }
        let moment = match entry.phase {
            Phase::Sending => {
                turn.overtook.push(entry.id);
                turn.arrived.push(entry.id);
                Moment::Report
            }
            Phase::Await => Moment::Report,
            Phase::LookUp | Phase::Hold => Moment::LookUp,
            lane if lane.is_lane() => return self.late_delivery(turn, entry, word),
            // One final result per key: whatever comes later changes nothing.
            _ => return Ok(()),
        };
        self.conclude(turn, entry, moment, &word.outcome)
    }

    /// A message that waits to be sent (again, or as a text) turns out to have arrived: nothing more is sent.
    fn late_delivery(&mut self, turn: &mut Turn, mut entry: Entry, word: &Word) -> Result<()> {
        if word.outcome.class != Class::Ok || !entry.phase.is_lane() {
            return Ok(());
        }
        self.agenda.left(entry.phase);
        entry.channel = word.channel;
        entry.vendor_code.clone_from(&word.outcome.vendor_code);
        self.finish(turn, &mut entry, State::Delivered, Certainty::Sent)
    }

    fn looked_up(&mut self, turn: &mut Turn, word: &Word) -> Result<()> {
        let Some(entry) = self.outbox.load(word.id)? else { return Ok(()) };
        let moment = match entry.phase {
            Phase::LookUp => Moment::LookUp,
            Phase::Await => Moment::Report,
            _ => return Ok(()),
        };
        if entry.channel != word.channel {
            return Ok(());
        }
        self.conclude(turn, entry, moment, &word.outcome)
    }

    /// Asks the policy and does what it says.
    pub(super) fn conclude(&mut self, turn: &mut Turn, mut entry: Entry, moment: Moment, said: &Outcome) -> Result<()> {
        let retry = &self.settings.retry;
        let wait = backoff::wait(retry, entry.tries, said.retry_after, self.random.f64());
        let again_at = turn.now.after(wait);
        let max_tries = i32::try_from(retry.max_attempts).unwrap_or(i32::MAX);
        let action = decide(Situation {
            moment,
            class: said.class,
            may_retry: entry.tries < max_tries && again_at < entry.expires_at,
            may_fall_back: entry.fallback.is_some() && turn.now < entry.expires_at,
            may_look_up: self.capabilities.contains_key(&entry.gateway),
            may_hold: self.settings.fallback.uncertain_after.is_some(),
        });
        self.agenda.left(entry.phase);
        entry.reason = said.reason;
        entry.vendor_code.clone_from(&said.vendor_code);
        if !said.reference.is_empty() {
            entry.reference.clone_from(&said.reference);
        }
        match action {
            Action::Await => self.await_report(&mut entry, turn.now),
            Action::Retry => requeue(&mut entry, again_at),
            Action::Persist => {
                let expires_at = entry.expires_at;
                requeue(&mut entry, again_at.min(expires_at));
            }
            Action::FallBack => fall_back(&mut entry, turn.now),
            Action::LookUp => self.settle(&mut entry, turn.now),
            Action::Hold => self.hold(&mut entry, turn.now),
            Action::Finish(state, certainty) => return self.finish(turn, &mut entry, state, certainty),
        }
        if matches!(action, Action::Retry | Action::Persist | Action::FallBack | Action::Hold) {
            let (id, channel, reason) = (entry.id, entry.channel, said.reason);
            self.log.debug(format_args!("message {id}: {reason}; next by {channel} at {}", entry.due.to_iso()));
        }
        self.agenda.note(entry.phase, entry.due);
        self.outbox.save(&entry)?;
        self.accepted.remove(&entry.id);
        if entry.phase == Phase::Await {
            self.remember(entry);
        }
        Ok(())
    }

    fn remember(&mut self, entry: Entry) {
        if self.accepted.len() >= ACCEPTED_MAX {
            self.accepted.clear();
        }
        self.accepted.insert(entry.id, entry);
    }

    fn await_report(&self, entry: &mut Entry, now: Timestamp) {
        let sent_at = *entry.sent_at.get_or_insert(now);
        let overdue_at = sent_at.after(self.settings.report_timeout);
        let check_at = match self.capabilities.get(&entry.gateway) {
            Some(gateway) => now.after(gateway.check_every),
            None => overdue_at,
        };
        entry.phase = Phase::Await;
        entry.state = State::Accepted;
        entry.certainty = Certainty::PossiblySent;
        entry.reason = Reason::None;
        entry.due = check_at.min(overdue_at);
    }

    fn settle(&self, entry: &mut Entry, now: Timestamp) {
        let settle_after = self.capabilities.get(&entry.gateway).map(|c| c.settle_after).unwrap_or_default();
        entry.phase = Phase::LookUp;
        entry.state = State::Sending;
        entry.certainty = Certainty::PossiblySent;
        entry.due = now.after(settle_after);
    }

    fn hold(&self, entry: &mut Entry, now: Timestamp) {
        let left_at = entry.left_at.unwrap_or(now);
        let wait = self.settings.fallback.uncertain_after.unwrap_or_default();
        entry.phase = Phase::Hold;
        entry.certainty = Certainty::PossiblySent;
        entry.due = left_at.after(wait);
    }
}

fn requeue(entry: &mut Entry, at: Timestamp) {
    entry.phase = Phase::lane(entry.priority);
    entry.state = State::Queued;
    entry.certainty = Certainty::NotSent;
    entry.sent_at = None;
    entry.due = at;
}

/// The text message takes over: a new channel with tries of its own.
pub(super) fn fall_back(entry: &mut Entry, now: Timestamp) {
    requeue(entry, now);
    if let Some(channel) = entry.fallback.take() {
        entry.channel = channel;
        entry.fell_back = true;
        entry.tries = 0;
        entry.reference.clear();
    }
}
