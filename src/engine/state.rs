//! The engine's state and its step: one transaction per turn.

use super::agenda::Agenda;
use super::clock::Clock;
use super::early::Early;
use super::event::Event;
use super::gates::Gates;
use super::pulse::Pulse;
use super::rate::RateGuard;
use super::reply::Reply;
use super::results::ResultQueue;
use super::shared::Role;
use super::templates::Templates;
use super::turn::{Effects, Response, Turn, respond};
use super::{LOOK_UP_LEASE, RECOVERY, ROWS_MAX};
use crate::config::Settings;
use crate::error::{Code, Error, Result};
use crate::gateway::{Capabilities, News};
use crate::logging::Log;
use crate::message::{Certainty, Priority, Reason, State};
use crate::outbox::{Entry, Outbox, Phase, Position};
use crate::time::Timestamp;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A clock that jumps back by more than this is taken as set back.
const CLOCK_SLACK_MS: i64 = 60_000;

/// Owns the outbox and every decision.
pub(crate) struct Engine {
    pub(super) settings: Arc<Settings>,
    pub(super) gates: Gates,
    pub(super) outbox: Outbox,
    pub(super) role: Role,
    pub(super) agenda: Agenda,
    /// How far each lane was looked through for what has waited too long.
    pub(super) expiring: BTreeMap<(String, Priority), Position>,
    /// Requests under way, as they are on disk. `None`: there alone, for a turn that took the copy has failed.
    pub(super) in_flight: HashMap<i64, Option<Entry>>,
    pub(super) early: Early,
    /// Look-ups under way.
    pub(super) looking_up: usize,
    /// Messages asked for since the size of the file was last looked at.
    pub(super) unmeasured: usize,
    /// The file was as large as it may be when it was last looked at.
    pub(super) too_large: bool,
    /// Something in the outbox is not sealed with the present key.
    pub(super) mixed: bool,
    /// When it is gone on with; `None`: at once.
    pub(super) reseal_at: Option<Instant>,
    pub(super) guard: RateGuard,
    pub(super) templates: Templates,
    pub(super) results: Arc<ResultQueue>,
    pub(super) pulse: Arc<Mutex<Pulse>>,
    pub(super) log: Log,
    pub(super) random: fastrand::Rng,
    /// What must not be lost because one commit failed.
    pub(super) retained: Vec<Event>,
    pub(super) flushers: Vec<(Reply<()>, Instant)>,
    pub(super) stopping: Option<Instant>,
    pub(super) recover_at: Option<Instant>,
    last_now: Timestamp,
    pub(super) clock: Clock,
    /// This process has begun to deliver and has not yet taken over what the last one left.
    pub(super) start: bool,
}

impl Engine {
    /// Takes the outbox over: what an earlier process left under way will be settled first.
    pub fn new(
        settings: Arc<Settings>,
        outbox: Outbox,
        role: Role,
        results: Arc<ResultQueue>,
        pulse: Arc<Mutex<Pulse>>,
        log: Log,
    ) -> Engine {
        let mut gates = Gates::default();
        gates.change(&settings, Timestamp::now());
        let guard = RateGuard::new(settings.max_per_minute);
        let mut engine = Engine {
            gates,
            start: role.delivers(),
            role,
            agenda: Agenda::unknown(),
            expiring: BTreeMap::new(),
            in_flight: HashMap::new(),
            early: Early::default(),
            looking_up: 0,
            unmeasured: usize::MAX,
            too_large: false,
            mixed: outbox.is_mixed(),
            reseal_at: None,
            guard,
            templates: Templates::default(),
            results,
            pulse,
            log,
            random: fastrand::Rng::new(),
            retained: Vec::new(),
            flushers: Vec::new(),
            stopping: None,
            recover_at: None,
            last_now: Timestamp(i64::MIN),
            clock: Clock::default(),
            outbox,
            settings,
        };
        engine.show_role();
        engine.look_for_names();
        engine.compare_templates();
        if let Some(count) = engine.outbox.doubted() {
            engine.log.error(format_args!(
                "the log of the outbox (-wal) is damaged, and what was written last is gone: {count} messages may have been \
                 sent already and are only asked about; messages accepted last may be missing"
            ));
        }
        engine
    }

    /// One turn: applies the events and whatever is due, commits, and returns what follows from it.
    pub fn step(&mut self, events: Vec<Event>, now: Timestamp, instant: Instant) -> Effects {
        self.clock.observe(now, instant);
        let mut events = self.sort_out(events, instant);
        let effects = match self.look_around(instant) {
            Err(error) => self.undo(events, &error, instant),
            Ok(()) if events.is_empty() && !self.has_work(now, instant) => Effects::default(),
            Ok(()) => {
                events.splice(0..0, std::mem::take(&mut self.retained));
                let mut turn = Turn::new(now);
                turn.reseals = self.reseal_in(instant) == Some(Duration::ZERO);
                // What a gateway says decides what leaves in the same turn, so its part in memory changes within it.
                let gates = self.gates.memory();
                match self.turn(&mut turn, &mut events) {
                    Ok(()) => self.apply(turn, events, instant),
                    Err(error) => {
                        self.gates.restore(gates);
                        self.in_flight.extend(turn.landed.into_iter().map(|id| (id, None)));
                        self.undo(events, &error, instant)
                    }
                }
            }
        };
        self.finish_turn(effects, now, instant)
    }

    /// Takes out the events that need no transaction.
    fn sort_out(&mut self, events: Vec<Event>, instant: Instant) -> Vec<Event> {
        let mut rest = Vec::with_capacity(events.len());
        for event in events {
            match event {
                Event::Flush { reply, deadline } => {
                    self.flushers.retain(|(_, deadline)| *deadline > instant);
                    self.flushers.push((reply, deadline));
                }
                Event::Stop { deadline } => self.stopping = Some(deadline),
                other => rest.push(other),
            }
        }
        rest
    }

    fn turn(&mut self, turn: &mut Turn, events: &mut [Event]) -> Result<()> {
        self.outbox.begin()?;
        let done = self.work(turn, events);
        match done {
            Ok(()) => self.outbox.commit(),
            Err(error) => {
                self.outbox.rollback();
                Err(error)
            }
        }
    }

    fn work(&mut self, turn: &mut Turn, events: &mut [Event]) -> Result<()> {
        self.set_clock(turn.now)?;
        if self.start {
            self.take_over(turn)?;
        } else if self.role.must_adopt() {
            self.adopt(turn)?;
        }
        for event in events.iter_mut() {
            match event {
                Event::Submit { batch, .. } => {
                    let verdicts = self.submit(turn, batch)?;
                    turn.verdicts.push_back(verdicts);
                }
                Event::AcknowledgeKey { key, .. } => {
                    let done = self.acknowledge_key(turn, key)?;
                    turn.done.push_back(done);
                }
                Event::Cancel { key, .. } => {
                    let cancelled = self.cancel(turn, key)?;
                    turn.cancelled.push_back(cancelled);
                }
                Event::Heard(news) => self.hear(turn, news)?,
                Event::Acknowledge(id) => self.acknowledge(turn, *id)?,
                Event::Refill => turn.refill = true,
                Event::Reconfigure { .. } => turn.done.push_back(Ok(())),
                Event::SyncTemplates { .. } | Event::Flush { .. } | Event::Stop { .. } => {}
            }
        }
        if self.role.delivers() {
            self.handle_due(turn)?;
        }
        self.reseal(turn)?;
        Ok(())
    }

    /// After the commit: what was decided becomes true in memory too.
    fn apply(&mut self, mut turn: Turn, events: Vec<Event>, instant: Instant) -> Effects {
        self.recover_at = None;
        self.last_now = turn.now;
        if std::mem::take(&mut self.start) {
            self.show_role();
        }
        self.has_adopted();
        self.has_resealed(turn.resealed, instant);
        for event in &events {
            match event {
                Event::Reconfigure { settings, .. } => self.reconfigure(settings, turn.now),
                Event::Heard(News::Answered { gateway, words }) => self.show_answers(gateway, words, turn.now),
                _ => {}
            }
        }
        let mut inquiries = Vec::new();
        let mut replies = Vec::new();
        for event in events {
            match event {
                Event::SyncTemplates { reply } => inquiries.append(&mut self.ask_for_templates(reply)),
                other => replies.extend(respond(other, &mut turn)),
            }
        }
        replies.append(&mut self.take_listings(std::mem::take(&mut turn.listed)));
        self.looking_up = self.looking_up.saturating_sub(turn.looked_up);
        let mut jobs = self.load(turn.departed, turn.look_ups);
        jobs.append(&mut turn.confirmations);
        jobs.append(&mut inquiries);
        jobs.append(&mut self.polls(turn.now));
        self.guard.count(turn.kept, turn.now);
        if turn.refill {
            self.fetch_results(instant);
        } else {
            self.results.push(turn.finished);
        }
        turn.let_go.iter().for_each(|key| self.results.forget(key));
        self.pulse.lock().trouble = None;
        Effects { replies, jobs, stopped: false }
    }

    /// After a failed commit: callers are told, and what must not be lost is kept for the next turn.
    fn undo(&mut self, events: Vec<Event>, error: &Error, instant: Instant) -> Effects {
        let mut effects = Effects::default();
        for event in events {
            match event {
                Event::Submit { reply, .. } => effects.replies.push(Response::Verdicts(reply, Err(error.clone()))),
                Event::Cancel { reply, .. } => effects.replies.push(Response::Cancelled(reply, Err(error.clone()))),
                Event::AcknowledgeKey { reply, .. }
                | Event::SyncTemplates { reply }
                | Event::Reconfigure { reply, .. } => {
                    effects.replies.push(Response::Done(reply, Err(error.clone())));
                }
                kept @ (Event::Heard(_) | Event::Acknowledge(_) | Event::Refill) => self.retained.push(kept),
                Event::Flush { .. } | Event::Stop { .. } => {}
            }
        }
        if self.pulse.lock().trouble.as_ref().map(Error::code) != Some(error.code()) {
            self.log.error(format_args!("the outbox cannot be written: {error}"));
        }
        self.pulse.lock().trouble = Some(error.clone());
        self.recover_at = Some(instant + RECOVERY);
        if matches!(error.code(), Code::OutboxIo | Code::OutboxCorrupt) {
            // What SQLite holds in memory may differ from the disk now; a failure to open is tried again next turn.
            let _ = self.outbox.reopen();
            if error.code() == Code::OutboxCorrupt {
                let _ = self.outbox.rebuild_indexes();
            }
            self.role.look_anew();
        }
        self.agenda.forget();
        effects
    }

    /// Ends: tidies the file when there is time. Returns whether messages remain.
    pub fn close(self) -> bool {
        if self.stopping.is_some_and(|deadline| deadline > Instant::now()) {
            self.outbox.checkpoint();
        }
        self.outbox.open_messages() > 0
    }

    /// The first turn of the process that delivers: settles what was under way, shows old results.
    fn take_over(&mut self, turn: &mut Turn) -> Result<()> {
        let longest = |of: fn(&Capabilities) -> Duration| {
            self.gates.iter().map(|(_, gate)| of(&gate.capabilities)).max().unwrap_or_default()
        };
        let settled = turn.now.after(longest(|c| c.settle_after));
        let checked = turn.now.after(longest(|c| c.check_every));
        let lease = turn.now.after(LOOK_UP_LEASE);
        let rescued = self.outbox.rescue(settled)?;
        self.outbox.ask_again(Phase::LookUp, settled, lease)?;
        self.outbox.ask_again(Phase::Await, checked, lease)?;
        if rescued > 0 {
            self.log.warn(format_args!("{rescued} requests were under way when the last process ended; settling them"));
        }
        self.agenda.forget();
        turn.refill = true;
        self.adopt(turn)
    }

    /// From now on these settings. What waits is looked at anew: its gateway may be gone, or another one well.
    fn reconfigure(&mut self, settings: &Arc<Settings>, now: Timestamp) {
        self.settings = Arc::clone(settings);
        self.gates.change(settings, now);
        self.guard.change(settings.max_per_minute);
        self.agenda.forget();
        self.look_for_names();
        self.compare_templates();
        self.log.info(format_args!("the configuration has changed"));
    }

    pub(super) fn clock_set_back(&self, now: Timestamp) -> bool {
        now.0 < self.last_now.0.saturating_sub(CLOCK_SLACK_MS)
    }

    /// Follows the clock; when it was set back, the times we chose go back with it.
    fn set_clock(&mut self, now: Timestamp) -> Result<()> {
        if self.clock_set_back(now) && self.role.delivers() {
            let back = self.last_now.0 - now.0;
            self.log.warn(format_args!("the clock was set back by {} s", back / 1_000));
            self.outbox.set_back(back)?;
            self.gates.clock_set_back(now);
            self.agenda.forget();
        }
        Ok(())
    }

    /// Fetches results from the disk, as far as the callers' queue has room.
    pub(super) fn fetch_results(&mut self, instant: Instant) {
        let (room, after) = self.results.room();
        let most = room.min(ROWS_MAX);
        // First the number, then the rows: whatever is numbered later comes with the next look.
        let found = self.outbox.last_number().and_then(|last| {
            let entries = self.outbox.results_after(after, self.role.owner(), most)?;
            Ok((last, entries))
        });
        match found {
            Ok((last, entries)) => {
                let seen = (entries.len() < most).then_some(last);
                self.results.refill(entries, seen);
            }
            Err(error) => {
                self.log.error(format_args!("results cannot be read: {error}"));
                self.results.fall_behind();
                self.retained.push(Event::Refill);
                self.recover_at = Some(instant + RECOVERY);
            }
        }
    }

    /// Ends a message within the turn.
    pub(super) fn finish(&mut self, turn: &mut Turn, mut entry: Entry, state: State, sure: Certainty) -> Result<()> {
        let (mut state, mut sure) = (state, sure);
        if sure == Certainty::NotSent && entry.certainty_unsent() != Certainty::NotSent {
            (state, sure) = (State::Unknown, entry.certainty_unsent());
        }
        if !entry.sound && state != State::Delivered {
            (state, sure) = (State::Unknown, Certainty::PossiblySent);
            entry.reason = Reason::OutboxDamaged;
            self.log.error(format_args!("message {}: the outbox is damaged there; it may have been sent", entry.id));
        }
        self.outbox.finish(&mut entry, state, sure, turn.now)?;
        if state != State::Delivered {
            self.log.info(format_args!("message {}: {} ({}, {})", entry.id, entry.state, entry.channel, entry.reason));
        }
        match self.role {
            Role::Exclusive { .. } => turn.finished.push(entry),
            // Other processes number results too, and messages change hands: only the disk knows the order.
            Role::Shared(_) => turn.refill = true,
        }
        Ok(())
    }
}
