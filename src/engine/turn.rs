//! One turn of the engine: what it has done so far, and what follows from it once it is committed.
//!
//! Invariants: a [`Turn`] is applied to the engine only after the commit, and is dropped when that fails.

use super::event::{Event, Verdict};
use super::gates::UnderWay;
use super::reply::Reply;
use crate::error::Result;
use crate::gateway::{Job, SenderMark};
use crate::message::{Key, Payload};
use crate::outbox::{Entry, Reseal};
use crate::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a turn leads to, once it is committed.
#[derive(Default)]
pub(crate) struct Effects {
    pub replies: Vec<Response>,
    pub jobs: Vec<Job>,
    /// The engine has ended.
    pub stopped: bool,
}

/// An answer to a caller.
pub(crate) enum Response {
    Verdicts(Reply<Vec<Verdict>>, Result<Vec<Verdict>>),
    Done(Reply<()>, Result<()>),
    Cancelled(Reply<bool>, Result<bool>),
}

impl Response {
    /// Sends it; a caller that no longer waits is no error.
    pub fn send(self) {
        match self {
            Response::Verdicts(reply, verdicts) => reply.send(verdicts),
            Response::Done(reply, done) => reply.send(done),
            Response::Cancelled(reply, cancelled) => reply.send(cancelled),
        }
    }
}

/// What a turn has done so far: applied to the engine only after the commit.
pub(super) struct Turn {
    pub now: Timestamp,
    /// What callers will be told, in the order of their events.
    pub verdicts: VecDeque<Vec<Verdict>>,
    pub done: VecDeque<Result<()>>,
    pub cancelled: VecDeque<Result<bool>>,
    pub departed: Vec<(Entry, Arc<Payload>)>,
    /// How many of these for each gateway.
    departing: BTreeMap<String, UnderWay>,
    /// Messages that are no longer under way.
    pub landed: Vec<i64>,
    /// What gateways are to be told is kept.
    pub confirmations: Vec<Job>,
    /// Messages to ask about.
    pub look_ups: Vec<Entry>,
    /// Look-ups whose answer is in.
    pub looked_up: usize,
    /// Whose templates were asked for, and whether they told them.
    pub listed: Vec<(String, SenderMark, bool)>,
    pub kept: u64,
    pub finished: Vec<Entry>,
    /// Results that were let go by their keys.
    pub let_go: Vec<Key>,
    /// Results are to be fetched from the disk.
    pub refill: bool,
    /// A step of sealing anew is due.
    pub reseals: bool,
    pub resealed: Option<Reseal>,
}

impl Turn {
    pub fn new(now: Timestamp) -> Self {
        Turn {
            now,
            verdicts: VecDeque::new(),
            done: VecDeque::new(),
            cancelled: VecDeque::new(),
            departed: Vec::new(),
            departing: BTreeMap::new(),
            landed: Vec::new(),
            confirmations: Vec::new(),
            look_ups: Vec::new(),
            looked_up: 0,
            listed: Vec::new(),
            kept: 0,
            finished: Vec::new(),
            let_go: Vec::new(),
            refill: false,
            reseals: false,
            resealed: None,
        }
    }

    /// Notes a message that leaves.
    pub fn depart(&mut self, entry: Entry, payload: Arc<Payload>) {
        match self.departing.get_mut(&entry.gateway) {
            Some(departing) => departing,
            None => self.departing.entry(entry.gateway.clone()).or_default(),
        }
        .add(entry.channel);
        self.departed.push((entry, payload));
    }

    /// How much room the messages that leave for a gateway take of what may be under way there.
    pub fn departing(&self, gateway: &str) -> usize {
        self.departing.get(gateway).map_or(0, |departing| departing.weight())
    }
}

/// The answer to the caller behind an event, once its turn is committed. A missing one ends the caller's wait.
pub(super) fn respond(event: Event, turn: &mut Turn) -> Option<Response> {
    match event {
        Event::Submit { reply, .. } => Some(Response::Verdicts(reply, Ok(turn.verdicts.pop_front()?))),
        Event::Cancel { reply, .. } => Some(Response::Cancelled(reply, turn.cancelled.pop_front()?)),
        Event::AcknowledgeKey { reply, .. } | Event::Reconfigure { reply, .. } => {
            Some(Response::Done(reply, turn.done.pop_front()?))
        }
        _ => None,
    }
}
