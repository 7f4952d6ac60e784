//! What reaches the engine, and how it answers.

use super::reply::Reply;
use crate::config::Settings;
use crate::error::Error;
use crate::gateway::News;
use crate::message::Key;
use crate::outbox::Sealed;
use crossbeam_channel::{Receiver, never};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What became of one submitted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is on disk.
    Kept,
    /// It was on disk before.
    Duplicate,
    /// It was not kept.
    Refused(Error),
}

/// What reaches the engine.
pub(crate) enum Event {
    /// Keep these messages, with one commit.
    Submit { batch: Batch, reply: Reply<Vec<Verdict>> },
    /// The network has news.
    Heard(News),
    /// Let results go that were handed out by this process: no answer, they come back should this be lost.
    Acknowledge(i64),
    /// Let a result go by its key.
    AcknowledgeKey { key: Key, reply: Reply<()> },
    /// Do not send it. True when it is cancelled; else its gateway is asked to take it back.
    Cancel { key: Key, reply: Reply<bool> },
    /// Answer when nothing is due or in flight; nobody waits beyond the deadline.
    Flush { reply: Reply<()>, deadline: Instant },
    /// From now on these settings.
    Reconfigure { settings: Arc<Settings>, reply: Reply<()> },
    /// Ask all gateways for their templates; answered when all have said something.
    SyncTemplates { reply: Reply<()> },
    /// The queue of results has room again.
    Refill,
    /// Hand over what is due until the deadline, then end.
    Stop { deadline: Instant },
}

/// Messages to keep, as far as the caller has them ready; the rest comes part by part while the first are being written.
///
/// A part is handed over from hand to hand: what the engine no longer waits for stays with the caller, who submits it
/// anew.
pub(crate) struct Batch {
    ready: Vec<Sealed>,
    rest: Receiver<Vec<Sealed>>,
    /// How much longer the transaction may stay open for a caller that does not come on.
    patience: Duration,
}

impl Batch {
    const PATIENCE: Duration = Duration::from_millis(50);

    /// Messages that are ready.
    pub fn whole(messages: Vec<Sealed>) -> Batch {
        Batch { ready: messages, rest: never(), patience: Duration::ZERO }
    }

    /// The first part; the others come through `rest`, which must have no room of its own, until its sender goes.
    pub fn first(messages: Vec<Sealed>, rest: Receiver<Vec<Sealed>>) -> Batch {
        debug_assert_eq!(rest.capacity(), Some(0));
        Batch { ready: messages, rest, patience: Self::PATIENCE }
    }

    /// How many are ready.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// The next part. `None` after the last one, and for a caller that does not come on.
    pub fn next(&mut self) -> Option<Vec<Sealed>> {
        if !self.ready.is_empty() {
            return Some(std::mem::take(&mut self.ready));
        }
        let start = Instant::now();
        let part = self.rest.recv_timeout(self.patience).ok();
        self.patience = self.patience.saturating_sub(start.elapsed());
        if part.is_none() {
            // The caller learns at once that nobody waits any more.
            self.rest = never();
        }
        part
    }
}
