//! What has become due by time: sending, look-ups, overdue reports, fallbacks that were held, erasing.

use super::policy::Moment;
use super::state::Engine;
use super::turn::Turn;
use super::{LOOK_UP_LEASE, LOOK_UPS_MAX, ROWS_MAX};
use crate::config::Registration;
use crate::error::Result;
use crate::gateway::{Errand, Job, Parcel, Settling, Task};
use crate::message::{Certainty, Channel, Class, Outcome, Payload, Reason, State};
use crate::outbox::{Entry, FellBack, Opened, Phase};
use std::sync::Arc;

impl Engine {
    pub(super) fn handle_due(&mut self, turn: &mut Turn) -> Result<()> {
        self.give_up_answers(turn)?;
        self.settle_unknown(turn)?;
        self.release_held(turn)?;
        self.send_due(turn)?;
        self.retire(turn)
    }

    /// Due entries of a phase, with its bound made exact afterwards by the caller.
    fn due(&mut self, turn: &Turn, phase: Phase, most: usize) -> Result<Vec<Entry>> {
        if !self.agenda.is_due(phase, turn.now) || most == 0 {
            return Ok(Vec::new());
        }
        self.outbox.due(phase, turn.now, most.min(ROWS_MAX))
    }

    /// Requests the network never answered for.
    fn give_up_answers(&mut self, turn: &mut Turn) -> Result<()> {
        if !self.agenda.is_due(Phase::Sending, turn.now) {
            return Ok(());
        }
        for entry in self.due(turn, Phase::Sending, ROWS_MAX)? {
            self.land(turn, &entry);
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
                let overdue_at = entry.under_way_since().after(self.settings.report_timeout);
                if entry.is_to_be_taken_back() && entry.reserved_for().is_none_or(|at| at <= turn.now) {
                    // Too late: its time has come.
                    entry.reason = Reason::None;
                }
                let can_ask = self.can_ask(&entry);
                if overdue_at <= turn.now || (phase == Phase::LookUp && !can_ask) {
                    let reason = if entry.reason == Reason::None { overdue } else { entry.reason };
                    let outcome = Outcome::new(Class::Uncertain, reason).with_code(entry.vendor_code.clone());
                    self.conclude(turn, entry, Moment::Overdue, &outcome)?;
                    continue;
                }
                entry.due = if can_ask { turn.now.after(LOOK_UP_LEASE).min(overdue_at) } else { overdue_at };
                self.outbox.save(&mut entry)?;
                if can_ask {
                    turn.look_ups.push(entry);
                }
            }
            self.agenda.refresh(phase, &self.outbox)?;
        }
        Ok(())
    }

    /// Whether its gateway can be asked about it. Where that means to make the request again, it must be the same one.
    fn can_ask(&self, entry: &Entry) -> bool {
        let settling = self.gates.get(&entry.gateway).map(|gate| gate.capabilities.settling);
        settling.is_some_and(|settling| entry.sound || !matches!(settling, Settling::Repeat(_)))
    }

    /// Possibly sent, and the time has come at which the configuration lets the text message go all the same.
    fn release_held(&mut self, turn: &mut Turn) -> Result<()> {
        if !self.agenda.is_due(Phase::Hold, turn.now) {
            return Ok(());
        }
        for mut entry in self.due(turn, Phase::Hold, ROWS_MAX)? {
            if entry.sound && entry.fallback.is_some() && turn.now < entry.expires_at {
                self.fall_back(&mut entry, FellBack::InDoubt, turn.now);
                self.agenda.note(&entry);
                self.outbox.save(&mut entry)?;
            } else {
                self.finish(turn, entry, State::Unknown, Certainty::PossiblySent)?;
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
    pub(super) fn load(&mut self, departed: Vec<(Entry, Arc<Payload>)>, look_ups: Vec<Entry>) -> Vec<Job> {
        let mut errands = Vec::new();
        for (entry, payload) in departed {
            let parcel = parcel(&entry, self.as_known_there(&entry, payload));
            self.add(&mut errands, Task::Send, &entry, parcel);
            self.gates.departed(&entry);
            if let Some(Some(before)) = self.in_flight.insert(entry.id, Some(entry)) {
                self.gates.arrived(&before);
            }
        }
        for entry in look_ups {
            match self.question(&entry) {
                Ok(Opened::Whole(payload)) => {
                    let parcel = parcel(&entry, self.as_known_there(&entry, Arc::new(payload)));
                    self.looking_up += 1;
                    let task = if entry.is_to_be_taken_back() { Task::Cancel } else { Task::LookUp };
                    self.add(&mut errands, task, &entry, parcel);
                }
                Ok(_) => self.log.error(format_args!("message {}: its content cannot be read", entry.id)),
                Err(error) => self.log.error(format_args!("message {}: cannot be looked up: {error}", entry.id)),
            }
        }
        errands.into_iter().map(Job::Errand).collect()
    }

    /// What a look-up of a message needs of it: where the same request is made again, all of it.
    fn question(&self, entry: &Entry) -> Result<Opened<Payload>> {
        let settling = self.gates.get(&entry.gateway).map(|gate| gate.capabilities.settling);
        match settling {
            Some(Settling::Repeat(_)) => self.outbox.cargo(entry),
            _ => self.outbox.payload(entry),
        }
    }

    fn add(&self, errands: &mut Vec<Errand>, task: Task, entry: &Entry, parcel: Parcel) {
        let batch_max = self.gates.get(&entry.gateway).map_or(1, |gate| match (task, gate.capabilities.settling) {
            // One list answers for all messages of its time, whatever one request to send may carry.
            (Task::LookUp, Settling::Content) => gate.capabilities.batch_max,
            _ => gate.capabilities.batch_max(entry.channel),
        });
        // A text says all by itself, whether it stands in for an AlimTalk or not.
        let template = if entry.channel == Channel::Alimtalk { entry.template.as_str() } else { "" };
        // Groups of one turn are few: neighbours nearly always share one.
        let fits = |errand: &&mut Errand| {
            errand.task == task
                && errand.channel == entry.channel
                && errand.gateway == entry.gateway
                && errand.account == entry.account
                && errand.template == template
                && errand.parcels.len() < batch_max
        };
        match errands.iter_mut().rev().find(fits) {
            Some(errand) => errand.parcels.push(parcel),
            None => errands.push(Errand {
                task,
                gateway: entry.gateway.clone(),
                account: entry.account.clone(),
                template: template.to_owned(),
                channel: entry.channel,
                registration: self.registration(entry, &parcel),
                parcels: vec![parcel],
            }),
        }
    }
}

impl Engine {
    /// A payload with the buttons that its template has at the gateway.
    fn as_known_there(&self, entry: &Entry, payload: Arc<Payload>) -> Arc<Payload> {
        match self.settings.templates.get(&entry.template) {
            Some(template) => template.payload_at(&entry.gateway, payload),
            None => payload,
        }
    }

    /// As what its account and template are registered. A template that is no longer configured keeps the code it had.
    fn registration(&self, entry: &Entry, parcel: &Parcel) -> Arc<Registration> {
        let mut registration = self.settings.registration(&entry.gateway, &entry.account, &entry.template);
        if registration.template_code.is_empty()
            && let Some(alimtalk) = &parcel.payload.alimtalk
        {
            registration.template_code.clone_from(&alimtalk.template_code);
        }
        Arc::new(registration)
    }
}

fn parcel(entry: &Entry, payload: Arc<Payload>) -> Parcel {
    Parcel {
        id: entry.id,
        key: entry.key.clone(),
        attempt: entry.tries,
        left: entry.left_at,
        accepted: entry.sent_at,
        reference: entry.reference.clone(),
        reserve_at: entry.reserved_for(),
        falls_back: entry.delegated,
        payload,
    }
}
