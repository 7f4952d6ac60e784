//! Gateways that exist only here: they tell the truth or nothing, late and more than once. What they have just taken may not
//! be in their lists yet; else they never lie.
//!
//! Invariants: what becomes of a try is decided when it reaches its gateway; a message is never taken once an earlier try of
//! it was delivered, or may yet be, but for a text by which the configuration lets an AlimTalk in doubt be followed.

use super::super::*;
use crate::config::GatewaySettings;
use crate::gateway::{Capabilities, Mark, Parcel, Reference, Report, Settling};
use std::collections::BTreeMap;

/// Key, channel, number of the try.
type Name = (String, Channel, i32);

/// What a gateway did with one try.
#[derive(Clone, Debug)]
enum Fate {
    Refused,
    Taken {
        reference: String,
        /// When it left, which may be long before the gateway took it.
        left: Timestamp,
        at: Timestamp,
        ends_at: Timestamp,
        ends: Class,
        /// Before that the gateway itself does not know how it ended.
        known_at: Timestamp,
        /// It has sent its own text message in its place.
        by_fallback: bool,
    },
    /// Its reservation was taken back.
    TakenBack {
        reference: String,
    },
}

impl Fate {
    fn is_younger(&self, age: Duration, now: Timestamp) -> bool {
        matches!(self, Fate::Taken { at, .. } if now.since(*at) < age)
    }
}

pub(super) struct Gateways {
    pub random: fastrand::Rng,
    /// By their own clock.
    pub now: Timestamp,
    pub capabilities: BTreeMap<String, Capabilities>,
    /// How long at least an AlimTalk is in doubt before a text may follow it.
    pub hold: Option<Duration>,
    tries: BTreeMap<Name, Fate>,
}

impl Gateways {
    pub fn new(settings: &BTreeMap<String, GatewaySettings>, random: fastrand::Rng, now: Timestamp) -> Gateways {
        let capabilities = settings.iter().map(|(name, gateway)| (name.clone(), Capabilities::of(gateway))).collect();
        Gateways { random, now, capabilities, hold: None, tries: BTreeMap::new() }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(..100) < percent
    }

    /// How many tries of a message were delivered, or will be.
    pub fn delivered(&self, key: &str) -> usize {
        let mine = self.tries.iter().filter(|((of, ..), _)| of == key);
        mine.filter(|(_, fate)| matches!(fate, Fate::Taken { ends: Class::Ok, .. })).count()
    }

    /// An errand reaches its gateway; what the engine will hear of it.
    pub fn reached(&mut self, errand: Errand) -> News {
        let Errand { task, gateway, channel, parcels, .. } = errand;
        let (mut words, mut unasked) = (Vec::new(), Vec::new());
        for parcel in parcels {
            let outcome = match task {
                Task::Send => Some(self.sent(&gateway, channel, &parcel)),
                Task::LookUp => self.looked_up(&gateway, channel, &parcel),
                Task::Cancel => Some(self.cancelled(channel, &parcel)),
            };
            match outcome {
                Some(outcome) => words.push(Word { id: parcel.id, channel, attempt: parcel.attempt, outcome }),
                None => unasked.push(parcel.id),
            }
        }
        match task {
            Task::Send => News::Answered { gateway, words },
            Task::LookUp => News::LookedUp { words, unasked },
            Task::Cancel => News::Cancelled(words),
        }
    }

    /// It is taken or refused, or the request is lost on its way; so may be the answer.
    fn sent(&mut self, gateway: &str, channel: Channel, parcel: &Parcel) -> Outcome {
        self.assert_may_leave(channel, parcel);
        if self.chance(60) {
            let reference = self.take(gateway, channel, parcel);
            let heard = self.chance(70);
            return if heard { Outcome::new(Class::Ok, Reason::None).with_reference(reference) } else { lost() };
        }
        self.tries.insert(name(channel, parcel), Fate::Refused);
        match self.random.u32(..10) {
            0..3 => lost(),
            3 => Outcome::new(Class::Unsent, Reason::None),
            4..6 => Outcome::new(Class::Transient, Reason::GatewayError),
            6 => Outcome::new(Class::Operator, Reason::CredentialsRefused),
            7 => Outcome::new(Class::Configuration, Reason::GatewayConfiguration),
            8 => Outcome::new(Class::Permanent, Reason::Spam),
            _ => Outcome::new(Class::Fallback, Reason::GatewayError),
        }
    }

    fn assert_may_leave(&self, channel: Channel, parcel: &Parcel) {
        for ((key, by, attempt), fate) in &self.tries {
            let over = match fate {
                Fate::Refused | Fate::TakenBack { .. } => true,
                Fate::Taken { left, ends_at, ends, .. } => {
                    let failed = *ends != Class::Ok && *ends_at <= self.now;
                    let held = *by == Channel::Alimtalk && channel != Channel::Alimtalk;
                    failed || held && self.hold.is_some_and(|hold| self.now.since(*left) >= hold)
                }
            };
            let (other, own) =
                (format!("by {by}, try {attempt}: {fate:?}"), format!("by {channel}, try {}", parcel.attempt));
            assert!(key != parcel.key.as_str() || over, "{key} leaves {own} after {other}");
        }
    }

    /// The gateway takes it; returns its name for it.
    fn take(&mut self, gateway: &str, channel: Channel, parcel: &Parcel) -> String {
        let reference = format!("{gateway}-{}", self.random.u64(..));
        let most = if self.chance(80) { 5 } else { 300 };
        let minutes = self.random.u32(0..most);
        let ends_at = parcel.reserve_at.unwrap_or(self.now).max(self.now).after(MINUTE * minutes);
        let (ends, by_fallback) = match self.random.u32(..10) {
            0..6 => (Class::Ok, false),
            6..8 if parcel.falls_back => (Class::Ok, true),
            6..8 => (Class::Fallback, false),
            8 => (Class::Transient, false),
            _ => (Class::Permanent, false),
        };
        let doubted = self.hold.is_some() && self.chance(30);
        let known_at = if doubted { ends_at.after(MINUTE * self.random.u32(1..300)) } else { ends_at };
        let (left, at) = (parcel.left.unwrap_or(self.now), self.now);
        let fate = Fate::Taken { reference: reference.clone(), left, at, ends_at, ends, known_at, by_fallback };
        self.tries.insert(name(channel, parcel), fate);
        reference
    }

    /// `None`: nothing could be found out.
    fn looked_up(&mut self, gateway: &str, channel: Channel, parcel: &Parcel) -> Option<Outcome> {
        let absent = Outcome::new(Class::Absent, Reason::ConnectionFailed);
        match self.random.u32(..100) {
            0..15 => return None,
            // It may still be busy with what it has taken.
            15..20 if parcel.accepted.is_some() => return Some(absent),
            _ => {}
        }
        let fate = self.tries.get(&name(channel, parcel)).cloned().unwrap_or(Fate::Refused);
        let told = told(&fate, self.now);
        let capabilities = self.capabilities.get(gateway);
        let not_yet_listed =
            capabilities.is_some_and(|capabilities| fate.is_younger(capabilities.settle_after, self.now));
        match capabilities.map(|capabilities| capabilities.settling) {
            // The same request once more: what was lost is taken now.
            Some(Settling::Repeat(life)) if told.is_none() => match parcel.left {
                Some(left) if self.now.since(left) < life => {
                    self.assert_may_leave(channel, parcel);
                    let reference = self.take(gateway, channel, parcel);
                    Some(Outcome::new(Class::Pending, Reason::None).with_reference(reference))
                }
                _ => Some(lost()),
            },
            _ if not_yet_listed && self.chance(50) => Some(absent),
            _ => Some(told.unwrap_or(absent)),
        }
    }

    fn cancelled(&mut self, channel: Channel, parcel: &Parcel) -> Outcome {
        if self.chance(20) {
            return lost();
        }
        let name = name(channel, parcel);
        let taken_back = match self.tries.get(&name).cloned() {
            Some(Fate::Taken { reference, ends_at, .. }) if ends_at > self.now && self.chance(80) => {
                self.tries.insert(name, Fate::TakenBack { reference });
                true
            }
            fate => matches!(fate, Some(Fate::TakenBack { .. })),
        };
        let class = if taken_back { Class::Ok } else { Class::Permanent };
        Outcome::new(class, Reason::GatewayConfiguration)
    }

    /// A poll: some of what a gateway has to report, whether it has done so before or not.
    pub fn polled(&mut self, gateway: String) -> News {
        let theirs = self.capabilities.get(&gateway).is_some_and(|capabilities| capabilities.found_by_its_name);
        let mut reports = Vec::new();
        for ((key, channel, attempt), fate) in self.tries.clone() {
            let Some(outcome) = told(&fate, self.now).filter(|outcome| outcome.class != Class::Pending) else {
                continue;
            };
            if !outcome.reference.starts_with(&gateway) || !self.chance(40) {
                continue;
            }
            let mark = match theirs {
                true => Mark::Theirs(outcome.reference.clone()),
                false => Mark::Ours(Reference { key: Key::parse(&key).unwrap(), channel, attempt }),
            };
            reports.push(Report { mark, outcome });
        }
        self.random.shuffle(&mut reports);
        News::Polled { gateway, reports, cursor: String::new(), more: false, receipt: None }
    }
}

fn name(channel: Channel, parcel: &Parcel) -> Name {
    (parcel.key.as_str().to_owned(), channel, parcel.attempt)
}

/// What a gateway says of a try; `None`: it does not know it.
fn told(fate: &Fate, now: Timestamp) -> Option<Outcome> {
    let (reference, said) = match fate {
        Fate::Refused => return None,
        Fate::TakenBack { reference } => (reference, Outcome::new(Class::Permanent, Reason::CancelledByCaller)),
        Fate::Taken { reference, ends_at, .. } if *ends_at > now => {
            (reference, Outcome::new(Class::Pending, Reason::None))
        }
        Fate::Taken { reference, known_at, .. } if *known_at > now => {
            (reference, Outcome::new(Class::Uncertain, Reason::DeliveryUnconfirmed))
        }
        Fate::Taken { reference, ends, by_fallback, .. } => {
            (reference, Outcome { by_fallback: *by_fallback, ..Outcome::new(*ends, Reason::None) })
        }
    };
    Some(said.with_reference(reference.clone()))
}
