//! Which messages leave now, and by which gateway.
//!
//! Invariants: only what is certainly not sent moves to another gateway; a gateway that is down, full or draining holds up
//! its own messages and nobody else's; within a gateway a lane never waits behind a lower one.

use super::ROWS_MAX;
use super::agenda::NEVER;
use super::breaker::Passage;
use super::state::Engine;
use super::turn::Turn;
use crate::config::FallbackBy;
use crate::error::Result;
use crate::message::{Certainty, Payload, Priority, Reason, State};
use crate::outbox::{Departure, Entry, Opened, Position};
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a message is looked at again for which a gateway or a key is missing in the configuration.
const UNABLE_WAIT: Duration = Duration::from_secs(60);

/// How many messages of a lane are looked at for those that have waited too long: some milliseconds, at least every five
/// seconds while the gateway is away, so that a million are through in a quarter of an hour.
const LOOKS: usize = 5_000;

/// Who carries the messages of a lane now.
enum Carrier<'a> {
    /// The gateway itself, or its standby.
    Gateway(&'a str),
    /// Each finds its own: theirs is gone or draining.
    Each,
}

impl Engine {
    pub(super) fn send_due(&mut self, turn: &mut Turn) -> Result<()> {
        if self.agenda.must_learn() {
            self.agenda.learn(&self.outbox)?;
        }
        let gateways = self.agenda.gateways();
        for priority in Priority::ALL {
            for gateway in &gateways {
                if self.agenda.lane(*priority, gateway) <= turn.now {
                    self.send_lane(turn, *priority, gateway)?;
                }
            }
        }
        Ok(())
    }

    fn send_lane(&mut self, turn: &mut Turn, priority: Priority, gateway: &str) -> Result<()> {
        let carrier = match self.carrier(gateway, turn.now) {
            Carrier::Each => return self.move_lane(turn, priority, gateway),
            Carrier::Gateway(carrier) => carrier.to_owned(),
        };
        let room = self.room(&carrier, priority, turn);
        if room == 0 {
            return Ok(());
        }
        if self.passage(&carrier, turn.now) == Passage::Probe {
            // Once in each rest: the probe is the only message that leaves.
            self.expire_lane(turn, priority, gateway)?;
        }
        for mut entry in self.outbox.due_in_lane(priority, gateway, turn.now, room.min(ROWS_MAX))? {
            if self.room(&carrier, priority, turn) == 0 {
                break;
            }
            if !entry.sound || entry.expires_at <= turn.now {
                self.expire(turn, entry)?;
                continue;
            }
            let leaves_at = self.leaves_at(&carrier, entry.created, entry.send_at, turn.now);
            if leaves_at > turn.now {
                // Its own gateway may take it ahead of its time, once it is well again.
                let anew = if carrier == gateway { leaves_at } else { turn.now.after(UNABLE_WAIT).min(leaves_at) };
                entry.due = anew;
                self.outbox.save(&mut entry)?;
                self.agenda.note(&entry);
                continue;
            }
            carrier.clone_into(&mut entry.gateway);
            self.depart(turn, entry)?;
        }
        self.agenda.refresh_lane(priority, gateway, &self.outbox)
    }

    fn depart(&mut self, turn: &mut Turn, mut entry: Entry) -> Result<()> {
        let payload = match self.outbox.cargo(&entry)? {
            Opened::Whole(payload) => payload,
            unreadable => return self.put_off(entry, &unreadable, turn.now),
        };
        entry.depart(self.departure(&entry.gateway, turn.now));
        self.outbox.save(&mut entry)?;
        self.agenda.note(&entry);
        turn.depart(entry, Arc::new(payload));
        Ok(())
    }

    /// One message that cannot be read must not stop the queue, and nobody knows what it said.
    fn put_off(&mut self, mut entry: Entry, why: &Opened<Payload>, now: Timestamp) -> Result<()> {
        let id = entry.id;
        if *why == Opened::Foreign {
            self.log
                .error(format_args!("message {id}: is sealed with a key that is not in this configuration; it waits"));
            entry.due = now.after(UNABLE_WAIT).min(entry.expires_at);
        } else {
            self.log.error(format_args!("message {id}: its content is damaged; it will expire unsent"));
            entry.due = entry.expires_at;
        }
        self.outbox.save(&mut entry)
    }

    /// Messages whose gateway is gone or draining go where the configuration sends them now.
    fn move_lane(&mut self, turn: &mut Turn, priority: Priority, gateway: &str) -> Result<()> {
        for mut entry in self.outbox.due_in_lane(priority, gateway, turn.now, ROWS_MAX)? {
            if !entry.sound || entry.expires_at <= turn.now {
                self.expire(turn, entry)?;
                continue;
            }
            match self.settings.gateway_for(&entry.account, &entry.template, entry.key.as_str()) {
                Some(found) if found != gateway => found.clone_into(&mut entry.gateway),
                _ => {
                    // The configuration may name it again later.
                    entry.reason = Reason::GatewayConfiguration;
                    entry.due = turn.now.after(UNABLE_WAIT).min(entry.expires_at);
                }
            }
            self.outbox.save(&mut entry)?;
            self.agenda.note(&entry);
        }
        self.agenda.refresh_lane(priority, gateway, &self.outbox)
    }

    /// Goes on with the look for what has waited too long.
    fn expire_lane(&mut self, turn: &mut Turn, priority: Priority, gateway: &str) -> Result<()> {
        let place = (gateway.to_owned(), priority);
        let position = self.expiring.get(&place).copied().unwrap_or(Position::START);
        let (expired, next) = self.outbox.expired_in_lane(priority, gateway, turn.now, position, LOOKS)?;
        self.expiring.insert(place, next);
        for entry in expired {
            self.expire(turn, entry)?;
        }
        Ok(())
    }

    fn expire(&mut self, turn: &mut Turn, mut entry: Entry) -> Result<()> {
        if entry.reason == Reason::None {
            entry.reason = Reason::Expired;
        }
        self.finish(turn, entry, State::Expired, Certainty::NotSent)
    }

    fn carrier<'a>(&'a self, gateway: &'a str, now: Timestamp) -> Carrier<'a> {
        let routing = &self.settings.routing;
        let Some(gate) = self.gates.get(gateway).filter(|_| !routing.draining.contains(gateway)) else {
            return Carrier::Each;
        };
        let standby = routing.standby.get(gateway).filter(|_| gate.is_down(now));
        let able = standby.filter(|name| self.gates.get(name).is_some_and(|gate| !gate.is_down(now)));
        Carrier::Gateway(able.map_or(gateway, String::as_str))
    }

    fn passage(&self, gateway: &str, now: Timestamp) -> Passage {
        self.gates.get(gateway).map_or(Passage::Open, |gate| gate.breaker.passage(now))
    }

    /// How many more messages of a lane may leave for a gateway in this turn.
    pub(super) fn room(&self, gateway: &str, priority: Priority, turn: &Turn) -> usize {
        if self.stopping.is_some_and(|deadline| deadline <= Instant::now()) {
            return 0;
        }
        let departing = turn.departing(gateway);
        self.gates.get(gateway).map_or(0, |gate| gate.room(priority, departing, turn.now))
    }

    /// When something in a lane may leave; `now`, or earlier, where that is at once.
    pub(super) fn next_departure(&self, now: Timestamp) -> Timestamp {
        if self.agenda.must_learn() {
            return now;
        }
        let turn = Turn::new(now);
        let mut next = NEVER;
        for gateway in self.agenda.gateways() {
            let carrier = self.carrier(&gateway, now);
            for priority in Priority::ALL {
                let due = self.agenda.lane(*priority, &gateway);
                let free = match &carrier {
                    Carrier::Each => now,
                    Carrier::Gateway(carrier) if self.room(carrier, *priority, &turn) > 0 => now,
                    Carrier::Gateway(carrier) => match self.passage(carrier, now) {
                        Passage::Shut(until) => until,
                        // What comes back makes room, and wakes the engine.
                        _ => NEVER,
                    },
                };
                next = next.min(due.max(free));
            }
        }
        next
    }

    /// Whether something in the lanes is due, whoever is to carry it.
    pub(super) fn lanes_are_due(&mut self, now: Timestamp) -> bool {
        if self.agenda.refresh_stale(&self.outbox).is_err() {
            return true;
        }
        let gateways = self.agenda.gateways();
        let due = |gateway: &String| Priority::ALL.iter().any(|priority| self.agenda.lane(*priority, gateway) <= now);
        gateways.iter().any(due)
    }

    /// How a message leaves for a gateway within the turn.
    pub(super) fn departure(&self, gateway: &str, now: Timestamp) -> Departure {
        let by_gateway = self.settings.fallback.by == FallbackBy::Gateway;
        let falls_back = self.gates.get(gateway).filter(|_| by_gateway).map(|gate| gate.capabilities.falls_back);
        // The network gives up after twice the request's own time; this bound only holds should it not.
        let given_up = now.after(self.settings.retry.request_timeout * 2 + super::ANSWER_GRACE);
        Departure { at: now, given_up, falls_back: falls_back.unwrap_or_default() }
    }

    /// When a message may leave for a gateway: at its time, or before it where the gateway takes it as a reservation.
    pub(super) fn leaves_at(&self, gateway: &str, created: Timestamp, send_at: Timestamp, now: Timestamp) -> Timestamp {
        if send_at <= created {
            // For no time of its own; a clock that was set back since must not hold it up.
            return created.min(now);
        }
        match self.gates.get(gateway).and_then(|gate| gate.capabilities.reserves) {
            Some((least, most)) if send_at >= now.after(least) => now.max(send_at.before(most)),
            _ => send_at,
        }
    }

    /// Whether a message that is being kept leaves in the same turn: it is due, nothing waits before it, and there is
    /// room.
    pub(super) fn leaves_at_once(&self, gateway: &str, priority: Priority, turn: &Turn) -> bool {
        let before = match priority {
            Priority::Urgent => &Priority::ALL[..1],
            Priority::Normal => &Priority::ALL[..2],
            Priority::Bulk => Priority::ALL,
        };
        let itself = matches!(self.carrier(gateway, turn.now), Carrier::Gateway(carrier) if carrier == gateway);
        itself
            && before.iter().all(|priority| self.agenda.lane(*priority, gateway) > turn.now)
            && self.room(gateway, priority, turn) > 0
    }
}
