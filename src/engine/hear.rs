//! What the network says: every word is turned into a situation, the policy decides, and the decision is written.

use super::LOOK_UP_LEASE;
use super::backoff;
use super::policy::{Action, Moment, Situation, decide};
use super::state::Engine;
use super::turn::Turn;
use crate::error::Result;
use crate::gateway::{Job, News, Settling, Word};
use crate::message::{Certainty, Channel, Class, Outcome, Reason, State};
use crate::outbox::{Entry, FellBack, Phase};
use crate::time::Timestamp;
use std::time::Duration;

/// The longest pause between two questions about an accepted message.
const CHECK_PAUSE_MAX: Duration = Duration::from_secs(3_600);

impl Engine {
    pub(super) fn hear(&mut self, turn: &mut Turn, news: &News) -> Result<()> {
        match news {
            News::Answered { gateway, words } => {
                if let Some(gate) = self.gates.get_mut(gateway) {
                    gate.heard(words, self.settings.retry.max, turn.now);
                }
                for word in words {
                    if let Some(entry) = self.answered(turn, word)? {
                        self.conclude(turn, entry, Moment::Answer, &word.outcome)?;
                    }
                }
            }
            News::Reported(words) => {
                for word in words {
                    if let Some(entry) = self.outbox.load(word.id)? {
                        self.reported(turn, entry, (word.channel, word.attempt), &word.outcome)?;
                    }
                }
            }
            News::LookedUp { words, unasked } => {
                turn.looked_up += words.len() + unasked.len();
                for word in words {
                    self.looked_up(turn, word)?;
                }
                for id in unasked {
                    self.ask_again(turn, *id)?;
                }
            }
            News::Polled { gateway, reports, cursor, more, receipt } => {
                self.take_reports(turn, gateway, reports)?;
                if let Some(gate) = self.gates.get_mut(gateway) {
                    gate.polled(cursor, reports.len(), *more, turn.now);
                }
                let confirm = |receipt: &String| Job::Confirm { gateway: gateway.clone(), receipt: receipt.clone() };
                turn.confirmations.extend(receipt.as_ref().map(confirm));
            }
            News::Listed { gateway, sender, templates } => {
                self.listed(turn, gateway, sender, templates.as_deref())?;
            }
            News::Cancelled(words) => {
                turn.looked_up += words.len();
                for word in words {
                    self.cancelled(turn, word)?;
                }
            }
        }
        Ok(())
    }

    /// The message that an answer speaks of. `None`: a report has overtaken it, or it was given up before it came.
    fn answered(&mut self, turn: &mut Turn, word: &Word) -> Result<Option<Entry>> {
        let Some(copy) = self.in_flight.get_mut(&word.id) else { return Ok(None) };
        if copy.is_none() {
            *copy = self.outbox.load(word.id)?;
        }
        let Some(entry) = copy.take_if(|entry| speaks_of(word, entry)) else { return Ok(None) };
        self.land(turn, &entry);
        Ok(Some(entry))
    }

    /// A message is no longer under way.
    pub(super) fn land(&mut self, turn: &mut Turn, entry: &Entry) {
        if self.in_flight.remove(&entry.id).is_some() {
            self.gates.arrived(entry);
            turn.landed.push(entry.id);
        }
    }

    /// After the commit: a failed turn hears them again.
    pub(super) fn show_answers(&self, gateway: &str, words: &[Word], now: Timestamp) {
        let mut pulse = self.pulse.lock();
        let known = pulse.of(gateway);
        for word in words {
            known.heard(word.outcome.class, word.outcome.reason, now);
        }
    }

    /// A report about a message, by the channel and the try it speaks of.
    pub(super) fn reported(
        &mut self,
        turn: &mut Turn,
        entry: Entry,
        (channel, attempt): (Channel, i32),
        said: &Outcome,
    ) -> Result<()> {
        if entry.channel != channel {
            return self.late_delivery(turn, entry, channel, said);
        }
        // Of an earlier try only its arrival matters: the later one was made because it had failed.
        if entry.tries != attempt && said.class != Class::Ok {
            return Ok(());
        }
        let moment = match entry.phase {
            Phase::Sending => {
                self.land(turn, &entry);
                Moment::Report
            }
            Phase::Await => Moment::Report,
            Phase::LookUp | Phase::Hold => Moment::LookUp,
            lane if lane.is_lane() => return self.late_delivery(turn, entry, channel, said),
            // One final result per key: whatever comes later changes nothing.
            _ => return Ok(()),
        };
        self.conclude(turn, entry, moment, said)
    }

    /// A message that waits to be sent (again, or as a text), or whose text was sent while the AlimTalk was in doubt, turns out
    /// to have arrived: nothing more is sent.
    fn late_delivery(&mut self, turn: &mut Turn, mut entry: Entry, channel: Channel, said: &Outcome) -> Result<()> {
        let in_doubt = entry.phase.is_open() && entry.fell_back == FellBack::InDoubt;
        if said.class != Class::Ok || !(entry.phase.is_lane() || in_doubt) {
            return Ok(());
        }
        self.land(turn, &entry);
        self.agenda.left(entry.phase, &entry.gateway);
        if !said.by_fallback {
            if entry.channel != channel {
                entry.fell_back = FellBack::No;
            }
            entry.channel = channel;
        }
        arrived_by(&mut entry, said);
        entry.vendor_code.clone_from(&said.vendor_code);
        self.finish(turn, entry, State::Delivered, Certainty::Sent)
    }

    fn looked_up(&mut self, turn: &mut Turn, word: &Word) -> Result<()> {
        let Some(entry) = self.outbox.load(word.id)? else { return Ok(()) };
        let moment = match entry.phase {
            Phase::LookUp if speaks_of(word, &entry) => Moment::LookUp,
            Phase::Await if speaks_of(word, &entry) => Moment::Report,
            // A question that waited for its turn at the gateway is put twice, and the second answer comes when the first
            // has had its effect. Only an arrival still matters then.
            _ if word.outcome.class == Class::Ok && !self.belongs_to_another(&entry, &word.outcome)? => {
                return self.reported(turn, entry, (word.channel, word.attempt), &word.outcome);
            }
            _ => return Ok(()),
        };
        // Not found where it would be if our clock were right.
        let doubtful = word.outcome.class == Class::Absent && self.clock.doubts(entry.left_at, turn.now);
        if doubtful || self.belongs_to_another(&entry, &word.outcome)? {
            let unknown = Outcome::new(Class::Uncertain, Reason::AnswerLost);
            return self.conclude(turn, entry, moment, &unknown);
        }
        self.conclude(turn, entry, moment, &word.outcome)
    }

    /// Nothing could be found out: the question is put again, but not at once.
    fn ask_again(&mut self, turn: &Turn, id: i64) -> Result<()> {
        let Some(mut entry) = self.outbox.load(id)? else { return Ok(()) };
        if !matches!(entry.phase, Phase::LookUp | Phase::Await) {
            return Ok(());
        }
        let gate = self.gates.get(&entry.gateway);
        let again_at = turn.now.after(gate.map_or(LOOK_UP_LEASE, |gate| gate.capabilities.settle_after));
        entry.due = entry.due.min(again_at);
        self.agenda.note(&entry);
        self.outbox.save(&mut entry)
    }

    /// Whether what was found by its content is another message of ours with the same content.
    fn belongs_to_another(&self, entry: &Entry, said: &Outcome) -> Result<bool> {
        let by_content = self.gates.get(&entry.gateway).is_some_and(|g| g.capabilities.settling == Settling::Content);
        if !by_content || !entry.reference.is_empty() || said.reference.is_empty() {
            return Ok(false);
        }
        self.outbox.reference_taken(&entry.gateway, &said.reference, entry.left_at)
    }

    /// The gateway was asked to take a reservation back.
    fn cancelled(&mut self, turn: &mut Turn, word: &Word) -> Result<()> {
        let Some(mut entry) = self.outbox.load(word.id)? else { return Ok(()) };
        if entry.phase != Phase::Await || !speaks_of(word, &entry) {
            return Ok(());
        }
        self.agenda.left(entry.phase, &entry.gateway);
        match word.outcome.class {
            Class::Ok => {
                entry.reason = Reason::CancelledByCaller;
                return self.finish(turn, entry, State::Cancelled, Certainty::NotSent);
            }
            // Nobody knows; the question is put again.
            Class::Transient | Class::Operator | Class::Uncertain | Class::Pending | Class::Unsent => {
                let gate = self.gates.get(&entry.gateway);
                entry.due = turn.now.after(gate.map_or(LOOK_UP_LEASE, |gate| gate.capabilities.settle_after));
            }
            // It stays as it is: its report will come.
            _ => {
                self.log.warn(format_args!("message {}: the gateway did not take its reservation back", entry.id));
                self.await_report(&mut entry, turn.now);
            }
        }
        self.agenda.note(&entry);
        self.outbox.save(&mut entry)
    }

    /// Has the gateway asked to take a reservation back. The wish is on disk, so it outlives this process, and whichever
    /// process delivers asks.
    pub(super) fn take_back(&mut self, turn: &Turn, mut entry: Entry) -> Result<()> {
        entry.reason = Reason::CancelledByCaller;
        entry.due = turn.now;
        self.agenda.note(&entry);
        self.outbox.save(&mut entry)
    }

    /// Asks the policy and does what it says.
    pub(super) fn conclude(&mut self, turn: &mut Turn, mut entry: Entry, moment: Moment, said: &Outcome) -> Result<()> {
        // That its process died is no fault of the message's or of the gateway's, however often it happens.
        if entry.reason == Reason::Interrupted && moment == Moment::LookUp && said.class == Class::Absent {
            entry.interrupted += 1;
        }
        let tries = entry.tries - entry.interrupted;
        let retry = &self.settings.retry;
        let wait = backoff::wait(retry, tries, said.retry_after, self.random.f64());
        let again_at = turn.now.after(wait);
        let max_tries = i32::try_from(retry.max_attempts).unwrap_or(i32::MAX);
        // A gateway that took the AlimTalk with its fallback sends that itself.
        let theirs = entry.delegated && moment != Moment::Answer && said.class != Class::Absent;
        let action = decide(Situation {
            moment,
            class: said.class,
            may_retry: tries < max_tries && again_at < entry.expires_at,
            may_fall_back: !theirs && entry.fallback.is_some() && turn.now < entry.expires_at,
            may_look_up: self.gates.get(&entry.gateway).is_some(),
            may_hold: self.settings.fallback.uncertain_after.is_some(),
            sound: entry.sound,
        });
        self.agenda.left(entry.phase, &entry.gateway);
        arrived_by(&mut entry, said);
        if action != Action::PutBack {
            entry.reason = said.reason;
            entry.vendor_code.clone_from(&said.vendor_code);
        }
        if !said.reference.is_empty() {
            entry.reference.clone_from(&said.reference);
        }
        match action {
            Action::Await => self.await_report(&mut entry, turn.now),
            Action::PutBack => {
                entry.stay();
                requeue(&mut entry, turn.now);
            }
            Action::Retry => requeue(&mut entry, again_at),
            Action::Persist => {
                let expires_at = entry.expires_at;
                requeue(&mut entry, again_at.min(expires_at));
            }
            Action::FallBack => self.fall_back(&mut entry, FellBack::Certain, turn.now),
            Action::LookUp => self.settle(&mut entry, turn.now),
            Action::Hold => self.hold(&mut entry, turn.now),
            Action::Finish(state, certainty) => {
                // Taken back at the gateway, by us or by somebody there.
                let cancelled = state == State::Failed && said.reason == Reason::CancelledByCaller;
                let state = if cancelled { State::Cancelled } else { state };
                return self.finish(turn, entry, state, certainty);
            }
        }
        if matches!(action, Action::Retry | Action::Persist | Action::FallBack | Action::Hold) {
            let (id, channel, reason) = (entry.id, entry.channel, said.reason);
            self.log.debug(format_args!("message {id}: {reason}; next by {channel} at {}", entry.due.to_iso()));
        }
        self.agenda.note(&entry);
        self.outbox.save(&mut entry)?;
        if entry.phase == Phase::Await {
            if let Some(report) = self.early.take(&entry.gateway, &entry.reference) {
                return self.conclude(turn, entry, Moment::Report, &report);
            }
            if let Some(gate) = self.gates.get_mut(&entry.gateway) {
                gate.expects(turn.now);
            }
        }
        Ok(())
    }

    fn await_report(&self, entry: &mut Entry, now: Timestamp) {
        entry.sent_at.get_or_insert(now);
        entry.phase = Phase::Await;
        let since = entry.under_way_since();
        let overdue_at = since.after(self.settings.report_timeout);
        // The longer nothing comes, the rarer it is asked for.
        let age = now.since(since) / 4;
        let check_at = match self.gates.get(&entry.gateway) {
            Some(gate) => now.max(since).after(gate.capabilities.check_every.max(age.min(CHECK_PAUSE_MAX))),
            None => overdue_at,
        };
        entry.state = if entry.reserved_for().is_some() { State::Scheduled } else { State::Accepted };
        entry.certainty = Certainty::PossiblySent;
        entry.reason = Reason::None;
        entry.due = check_at.min(overdue_at);
    }

    fn settle(&self, entry: &mut Entry, now: Timestamp) {
        let gate = self.gates.get(&entry.gateway);
        let settle_after = gate.map(|gate| gate.capabilities.settle_after).unwrap_or_default();
        entry.phase = Phase::LookUp;
        entry.state = if entry.reserved_for().is_some() { State::Scheduled } else { State::Sending };
        entry.certainty = Certainty::PossiblySent;
        entry.due = now.after(settle_after);
    }

    /// The text message takes over: a new channel with tries of its own, by the gateway that is meant for it.
    pub(super) fn fall_back(&self, entry: &mut Entry, why: FellBack, now: Timestamp) {
        if let Some(channel) = entry.fallback.take() {
            entry.channel = channel;
            entry.fell_back = why;
            (entry.tries, entry.interrupted) = (0, 0);
            entry.reference.clear();
            if let Some(gateway) = &self.settings.fallback.gateway {
                gateway.clone_into(&mut entry.gateway);
            }
        }
        requeue(entry, now);
    }

    fn hold(&self, entry: &mut Entry, now: Timestamp) {
        let left_at = entry.left_at.unwrap_or(now);
        let wait = self.settings.fallback.uncertain_after.unwrap_or_default();
        entry.phase = Phase::Hold;
        entry.certainty = Certainty::PossiblySent;
        entry.due = left_at.after(wait);
    }
}

/// Where the gateway's own text message stood in for the AlimTalk, that is the channel from now on.
fn arrived_by(entry: &mut Entry, said: &Outcome) {
    if said.by_fallback
        && let Some(channel) = entry.fallback.take()
    {
        entry.channel = channel;
        entry.fell_back = FellBack::Certain;
    }
}

/// Whether a word is about the try that the message is at, and not an earlier one.
fn speaks_of(word: &Word, entry: &Entry) -> bool {
    entry.channel == word.channel && entry.tries == word.attempt
}

fn requeue(entry: &mut Entry, at: Timestamp) {
    entry.phase = Phase::lane(entry.priority);
    entry.state = if at < entry.send_at { State::Scheduled } else { State::Queued };
    entry.certainty = entry.certainty_unsent();
    entry.sent_at = None;
    entry.delegated = false;
    entry.due = at;
}
