//! What has become due by time: sending, look-ups, overdue reports, fallbacks that were held, erasing.

use super::hear::fall_back;
use super::policy::Moment;
use super::state::Engine;
use super::turn::Turn;
use super::{LOOK_UP_LEASE, LOOK_UPS_MAX, ROWS_MAX};
use crate::error::Result;
use crate::gateway::{Errand, Parcel, Task};
use crate::message::{Certainty, Channel, Class, Outcome, Payload, Priority, Reason, State};
use crate::outbox::{Entry, Opened, Phase};
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How often a message of a gateway or a key that is not configured is looked at again.
const UNKNOWN_WAIT: Duration = Duration::from_secs(60);

impl Engine {
    pub(super) fn handle_due(&mut self, turn: &mut Turn) -> Result<()> {
        self.give_up_answers(turn)?;
        self.settle_unknown(turn)?;
        self.release_held(turn)?;
        for priority in [Priority::Urgent, Priority::Normal, Priority::Bulk] {
            self.send_due(turn, priority)?;
        }
        self.retire(turn)
    }

    /// Due entries of a phase, with its bound made exact afterwards by the caller.
    fn due(&mut self, turn: &Turn, phase: Phase, most: usize) -> Result<Vec<Entry>> {
        if !self.agenda.is_due(phase, turn.now) || most == 0 {
            return Ok(Vec::new());
        }
        self.outbox.due(phase, turn.now, most.min(ROWS_MAX))
    }

    fn send_due(&mut self, turn: &mut Turn, priority: Priority) -> Result<()> {
        let lane = Phase::lane(priority);
        if !self.agenda.is_due(lane, turn.now) {
            return Ok(());
        }
        let room = self.room(priority, turn.departing());
        let entries = self.due(turn, lane, room)?;
        if room == 0 {
            return Ok(());
        }
        for mut entry in entries {
            if self.room(priority, turn.departing()) == 0 {
                break;
            }
            if entry.expires_at <= turn.now {
                if entry.reason == Reason::None {
                    entry.reason = Reason::Expired;
                }
                self.finish(turn, &mut entry, State::Expired, Certainty::NotSent)?;
            } else if self.capabilities.contains_key(&entry.gateway) {
                let payload = match self.outbox.cargo(&entry)? {
                    Opened::Whole(payload) => payload,
                    unreadable => {
                        self.put_off(&mut entry, unreadable, turn.now)?;
                        continue;
                    }
                };
                entry.depart(self.departure(turn.now));
                self.outbox.save(&entry)?;
                self.agenda.note(Phase::Sending, entry.due);
                turn.depart(entry, Arc::new(payload));
            } else {
                // The configuration may name it again after the next start.
                entry.reason = Reason::GatewayConfiguration;
                entry.due = turn.now.after(UNKNOWN_WAIT).min(entry.expires_at);
                self.outbox.save(&entry)?;
            }
        }
        self.agenda.refresh(lane, &self.outbox)
    }

    /// One message that cannot be read must not stop the queue, and nobody knows what it said.
    fn put_off(&mut self, entry: &mut Entry, why: Opened<Payload>, now: Timestamp) -> Result<()> {
        if why == Opened::Foreign {
            let id = entry.id;
            self.log
                .error(format_args!("message {id}: is sealed with a key that is not in this configuration; it waits"));
            entry.due = now.after(UNKNOWN_WAIT).min(entry.expires_at);
        } else {
            self.log.error(format_args!("message {}: its content is damaged; it will expire unsent", entry.id));
            entry.due = entry.expires_at;
        }
        self.outbox.save(entry)
    }

    /// Requests the network never answered for.
    fn give_up_answers(&mut self, turn: &mut Turn) -> Result<()> {
        if !self.agenda.is_due(Phase::Sending, turn.now) {
            return Ok(());
        }
        for entry in self.due(turn, Phase::Sending, ROWS_MAX)? {
            turn.arrived.push(entry.id);
            let lost = Outcome::new(Class::Uncertain, Reason::AnswerLost);
            self.conclude(turn, entry, Moment::Answer, &lost)?;
        }
        self.agenda.refresh(Phase::Sending, &self.outbox)
    }

    /// Asks about messages that were possibly sent, and about accepted ones without a report; ends what is overdue.
    fn settle_unknown(&mut self, turn: &mut Turn) -> Result<()> {
        for (phase, overdue) in [(Phase::LookUp, Reason::AnswerLost), (Phase::Await, Reason::ReportOverdue)] {
            if !self.agenda.is_due(phase, turn.now) {
                continue;
            }
            let room = LOOK_UPS_MAX.saturating_sub(self.looking_up + turn.look_ups.len());
            for mut entry in self.due(turn, phase, room)? {
                let since = entry.sent_at.or(entry.left_at).unwrap_or(entry.created);
                let overdue_at = since.after(self.settings.report_timeout);
                let can_ask = self.capabilities.get(&entry.gateway).is_some_and(|c| c.look_up);
                if overdue_at <= turn.now || (phase == Phase::LookUp && !can_ask) {
                    let reason = if entry.reason == Reason::None { overdue } else { entry.reason };
                    let outcome = Outcome::new(Class::Uncertain, reason).with_code(entry.vendor_code.clone());
                    self.conclude(turn, entry, Moment::Overdue, &outcome)?;
                    continue;
                }
                entry.due = if can_ask { turn.now.after(LOOK_UP_LEASE).min(overdue_at) } else { overdue_at };
                self.outbox.save(&entry)?;
                if can_ask {
                    turn.look_ups.push(entry);
                }
            }
            self.agenda.refresh(phase, &self.outbox)?;
        }
        Ok(())
    }

    /// Possibly sent, and the time has come at which the configuration lets the text message go all the same.
    fn release_held(&mut self, turn: &mut Turn) -> Result<()> {
        if !self.agenda.is_due(Phase::Hold, turn.now) {
            return Ok(());
        }
        for mut entry in self.due(turn, Phase::Hold, ROWS_MAX)? {
            if entry.fallback.is_some() && turn.now < entry.expires_at {
                fall_back(&mut entry, turn.now);
                self.agenda.note(entry.phase, entry.due);
                self.outbox.save(&entry)?;
            } else {
                self.finish(turn, &mut entry, State::Unknown, Certainty::PossiblySent)?;
            }
        }
        self.agenda.refresh(Phase::Hold, &self.outbox)
    }

    fn retire(&mut self, turn: &mut Turn) -> Result<()> {
        let retention = &self.settings.retention;
        self.outbox.drop_old_statistics(retention, turn.now)?;
        if self.agenda.is_due(Phase::Erase, turn.now) || self.agenda.is_due(Phase::Forget, turn.now) {
            self.outbox.retire(retention, turn.now)?;
            self.agenda.refresh(Phase::Erase, &self.outbox)?;
            self.agenda.refresh(Phase::Forget, &self.outbox)?;
        }
        Ok(())
    }

    /// After the commit: the errands of the turn, grouped into what one request can carry.
    pub(super) fn load(&mut self, departed: Vec<(Entry, Arc<Payload>)>, look_ups: Vec<Entry>) -> Vec<Errand> {
        let mut errands = Vec::new();
        for (entry, payload) in departed {
            let parcel = parcel(&entry, payload);
            self.add(&mut errands, Task::Send, &entry, parcel);
            self.images_in_flight += usize::from(entry.channel == Channel::Mms);
            let before = self.in_flight.insert(entry.id, entry);
            self.images_in_flight -= usize::from(before.is_some_and(|entry| entry.channel == Channel::Mms));
        }
        for entry in look_ups {
            match self.outbox.payload(entry.id) {
                Ok(Opened::Whole(payload)) => {
                    let parcel = parcel(&entry, Arc::new(payload));
                    self.looking_up += 1;
                    self.add(&mut errands, Task::LookUp, &entry, parcel);
                }
                Ok(_) => self.log.error(format_args!("message {}: its content cannot be read", entry.id)),
                Err(error) => self.log.error(format_args!("message {}: cannot be looked up: {error}", entry.id)),
            }
        }
        errands
    }

    fn add(&self, errands: &mut Vec<Errand>, task: Task, entry: &Entry, parcel: Parcel) {
        let batch_max = self.capabilities.get(&entry.gateway).map_or(1, |c| c.batch_max);
        // Groups of one turn are few: neighbours nearly always share one.
        let fits = |errand: &&mut Errand| {
            errand.task == task
                && errand.channel == entry.channel
                && errand.gateway == entry.gateway
                && errand.account == entry.account
                && errand.template == entry.template
                && errand.parcels.len() < batch_max
        };
        match errands.iter_mut().rev().find(fits) {
            Some(errand) => errand.parcels.push(parcel),
            None => errands.push(Errand {
                task,
                gateway: entry.gateway.clone(),
                account: entry.account.clone(),
                template: if entry.channel == Channel::Alimtalk { entry.template.clone() } else { String::new() },
                channel: entry.channel,
                parcels: vec![parcel],
            }),
        }
    }
}

fn parcel(entry: &Entry, payload: Arc<Payload>) -> Parcel {
    Parcel { id: entry.id, key: entry.key.clone(), attempt: entry.tries, accepted: entry.sent_at, payload }
}
