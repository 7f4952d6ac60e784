//! The one thread that owns the outbox: it takes what callers submit and what the network says, decides by the policy
//! table, and commits everything of one turn with one sync.
//!
//! Invariants:
//! - [`Engine::step`] is a function of (state, events, now): no clock, no network, no sleeping inside;
//!   only for a caller that hands over its batch part by part it waits, for 50 ms at most.
//! - Nothing is answered, sent or handed out before the commit that keeps it; after a failed commit nothing of the turn
//!   has happened, callers are told so, and what the network said is kept for the next turn.
//! - Light load: a message leaves in the turn that keeps it. Heavy load: what arrives during one commit is the next
//!   group. There is no linger timer.

mod agenda;
mod backoff;
mod breaker;
mod clock;
mod departures;
mod due;
mod early;
mod event;
mod gates;
mod hear;
mod inlet;
// Not on Windows: what it shows is the same on every system, and loom ends its threads by a panic that GNU cannot begin there.
#[cfg(unix)]
#[cfg(test)]
mod model;
mod policy;
mod polls;
mod pulse;
mod rate;
mod reply;
mod reseal;
mod rest;
mod results;
mod shared;
mod state;
mod submit;
mod sync;
mod templates;
#[cfg(test)]
pub(crate) mod tests;
mod turn;
mod worker;

pub(crate) use event::{Batch, Event, Verdict};
pub(crate) use inlet::Inlet;
pub(crate) use pulse::Pulse;
pub(crate) use reply::{Answer, NoAnswer, Reply, ask};
pub(crate) use results::ResultQueue;
pub(crate) use shared::Role;
pub(crate) use state::Engine;
pub(crate) use submit::not_found;
pub(crate) use worker::{Outlet, run};

use std::time::Duration;

/// Most messages that may be under way at once; bounds memory and what a crash leaves to be settled.
pub(crate) const IN_FLIGHT_MAX: usize = 4_000;
/// As how many of these a message with images counts: at most 100 of them, 30 MiB, are under way.
const IMAGE_WEIGHT: usize = IN_FLIGHT_MAX / 100;
/// Most messages taken into one transaction.
const GROUP_MAX: usize = 4_000;
/// Most rows of one phase handled in one turn.
const ROWS_MAX: usize = 1_000;
/// Most messages asked about at once.
const LOOK_UPS_MAX: usize = 1_000;
/// How much longer than the network the engine waits for the answer to a send.
const ANSWER_GRACE: Duration = Duration::from_secs(1);
/// How long after a failed commit the engine tries again by itself.
const RECOVERY: Duration = Duration::from_secs(1);
/// How long the answer to a look-up is waited for before the question is put again.
const LOOK_UP_LEASE: Duration = Duration::from_secs(60);
