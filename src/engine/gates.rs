//! What the engine knows of each gateway while it runs: what it can do, whether it takes messages now, how many are under
//! way, and when it is asked for reports.
//!
//! Invariants: gateways share what may be under way, so one that is slow never holds another up; nothing here outlives the
//! process, and nothing of it is needed for safety.

use super::breaker::{Breaker, Passage};
use super::{IMAGE_WEIGHT, IN_FLIGHT_MAX};
use crate::config::{GatewaySettings, Settings};
use crate::gateway::Capabilities;
use crate::message::{Channel, Priority};
use crate::outbox::Entry;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Reports of the time before the start are asked for this far back; older messages are asked for one by one.
const POLL_BACK: Duration = Duration::from_secs(600);
/// The longest pause between two polls while nothing comes.
const POLL_PAUSE_MAX: Duration = Duration::from_secs(60);

/// One gateway.
pub(super) struct Gate {
    pub capabilities: Capabilities,
    pub breaker: Breaker,
    pub poll: Poll,
    /// Most messages under way at once.
    window: usize,
    /// Whether failures count as its own: of the sandbox they belong to the number.
    can_fail: bool,
    under_way: UnderWay,
}

/// What answers and reports change of a gateway.
pub(super) type Memory = Vec<(Breaker, Poll, UnderWay)>;

/// How many messages are under way, or about to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UnderWay {
    messages: usize,
    with_images: usize,
}

impl UnderWay {
    pub fn add(&mut self, channel: Channel) {
        self.messages += 1;
        self.with_images += usize::from(channel == Channel::Mms);
    }

    fn remove(&mut self, channel: Channel) {
        self.messages = self.messages.saturating_sub(1);
        self.with_images = self.with_images.saturating_sub(usize::from(channel == Channel::Mms));
    }

    /// How much room they take of what may be: one with images as much as many without, for its memory.
    pub fn weight(self) -> usize {
        self.messages + self.with_images * (IMAGE_WEIGHT - 1)
    }
}

/// Asking for new reports.
#[derive(Clone, Debug)]
pub(super) struct Poll {
    pub cursor: String,
    pub since: Timestamp,
    pub next_at: Timestamp,
    pub under_way: bool,
    pause: Duration,
}

/// All of them by name.
#[derive(Default)]
pub(super) struct Gates(BTreeMap<String, Gate>);

impl Gates {
    /// The gateways of these settings; what is known of those that were there before stays.
    pub fn change(&mut self, settings: &Settings, now: Timestamp) {
        let share = IN_FLIGHT_MAX / settings.gateways.len().max(1);
        let mut before = std::mem::take(&mut self.0);
        for (name, gateway) in &settings.gateways {
            let capabilities = Capabilities::of(gateway);
            let known = before.remove(name);
            let gate = Gate {
                window: window(gateway, &capabilities, settings.retry.request_timeout).min(share),
                can_fail: matches!(gateway, GatewaySettings::Remote(_)),
                poll: Poll {
                    cursor: String::new(),
                    since: Timestamp(now.0.saturating_sub(POLL_BACK.as_millis() as i64)),
                    next_at: now,
                    // The answer to one that is under way still comes.
                    under_way: known.as_ref().is_some_and(|gate| gate.poll.under_way),
                    pause: Duration::ZERO,
                },
                under_way: known.as_ref().map(|gate| gate.under_way).unwrap_or_default(),
                breaker: known.map(|gate| gate.breaker).unwrap_or_default(),
                capabilities,
            };
            self.0.insert(name.clone(), gate);
        }
    }

    /// Times that lie ahead by the clock as it was mean nothing any more.
    pub fn clock_set_back(&mut self, now: Timestamp) {
        for gate in self.0.values_mut() {
            gate.breaker = Breaker::default();
            gate.poll.next_at = now;
            gate.poll.since = gate.poll.since.min(now);
        }
    }

    /// What a turn may change, as it is before it.
    pub fn memory(&self) -> Memory {
        self.0.values().map(|gate| (gate.breaker.clone(), gate.poll.clone(), gate.under_way)).collect()
    }

    /// The turn has failed: what it heard will be heard again.
    pub fn restore(&mut self, memory: Memory) {
        for (gate, memory) in self.0.values_mut().zip(memory) {
            (gate.breaker, gate.poll, gate.under_way) = memory;
        }
    }

    pub fn get(&self, gateway: &str) -> Option<&Gate> {
        self.0.get(gateway)
    }

    pub fn get_mut(&mut self, gateway: &str) -> Option<&mut Gate> {
        self.0.get_mut(gateway)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Gate)> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Gate)> {
        self.0.iter_mut()
    }

    /// A message is under way.
    pub fn departed(&mut self, entry: &Entry) {
        if let Some(gate) = self.0.get_mut(&entry.gateway) {
            gate.under_way.add(entry.channel);
            gate.breaker.departed();
        }
    }

    /// It no longer is.
    pub fn arrived(&mut self, entry: &Entry) {
        if let Some(gate) = self.0.get_mut(&entry.gateway) {
            gate.under_way.remove(entry.channel);
            if gate.under_way.messages == 0 {
                gate.breaker.probe_lost();
            }
        }
    }
}

impl Gate {
    /// How many more messages of a lane may leave, `departing` of them being about to. The better lanes keep a reserve.
    pub fn room(&self, priority: Priority, departing: usize, now: Timestamp) -> usize {
        let most = match priority {
            Priority::Urgent => self.window,
            Priority::Normal => (self.window * 9 / 10).max(1),
            Priority::Bulk => (self.window * 7 / 10).max(1),
        };
        match self.breaker.passage(now) {
            Passage::Open => most.saturating_sub(self.under_way.weight() + departing),
            Passage::Probe => 1_usize.saturating_sub(departing),
            Passage::Shut(_) | Passage::Probing => 0,
        }
    }

    /// Whether a standby is to take over.
    pub fn is_down(&self, now: Timestamp) -> bool {
        matches!(self.breaker.passage(now), Passage::Shut(_) | Passage::Probing)
    }

    /// A request was answered.
    pub fn heard(&mut self, words: &[crate::gateway::Word], wait_max: Duration, now: Timestamp) {
        if self.can_fail {
            self.breaker.heard(words, wait_max, now);
        }
    }

    /// When it is to be asked for reports, if it is.
    pub fn poll_at(&self) -> Option<Timestamp> {
        (self.capabilities.poll_every.is_some() && !self.poll.under_way).then_some(self.poll.next_at)
    }

    /// A message was accepted: its report may come soon.
    pub fn expects(&mut self, now: Timestamp) {
        if let Some(usual) = self.capabilities.poll_every
            && self.poll.pause > usual
        {
            self.poll.pause = usual;
            self.poll.next_at = self.poll.next_at.min(now.after(usual));
        }
    }

    /// A poll has brought `reports`.
    pub fn polled(&mut self, cursor: &str, reports: usize, more: bool, now: Timestamp) {
        let usual = self.capabilities.poll_every.unwrap_or(POLL_PAUSE_MAX);
        let longer = (self.poll.pause * 2).clamp(usual, POLL_PAUSE_MAX.max(usual));
        self.poll.pause = if reports > 0 { usual } else { longer };
        cursor.clone_into(&mut self.poll.cursor);
        self.poll.under_way = false;
        self.poll.next_at = if more { now } else { now.after(self.poll.pause) };
    }
}

/// So many that every connection has its next request ready, and not more than a second or two of its rate: what waits in
/// the outbox can still be overtaken by something urgent. Nor more than have their turn in half the time of a request:
/// after that time what still waits for its turn comes back as not sent.
fn window(gateway: &GatewaySettings, capabilities: &Capabilities, request_timeout: Duration) -> usize {
    match gateway {
        GatewaySettings::Sandbox(_) => IN_FLIGHT_MAX,
        GatewaySettings::Remote(remote) => {
            let requests = remote.connection.max_connections * 2;
            let by_rate = remote.messages_per_second.map_or(usize::MAX, |rate| rate as usize * 2);
            let in_time = |rate: u32| (request_timeout / 2).mul_f64(f64::from(rate)).as_secs() as usize;
            let requests = remote.requests_per_second.map_or(requests, |rate| requests.min(in_time(rate).max(1)));
            (capabilities.batch_max.max(capabilities.text_batch_max) * requests).min(by_rate).max(2)
        }
    }
}
