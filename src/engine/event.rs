//! What reaches the engine, and how it answers.

use crate::error::{Error, Result};
use crate::gateway::News;
use crate::message::{Key, Message};
use std::time::Instant;

/// Where an answer goes; the caller waits on the other end.
pub(crate) type Reply<T> = crossbeam_channel::Sender<Result<T>>;

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
    /// Keep these messages.
    Submit { messages: Vec<Message>, reply: Reply<Vec<Verdict>> },
    /// The network has news.
    Heard(News),
    /// Let results go that were handed out by this process: no answer, they come back should this be lost.
    Acknowledge(i64),
    /// Let a result go by its key.
    AcknowledgeKey { key: Key, reply: Reply<()> },
    /// Do not send it.
    Cancel { key: Key, reply: Reply<()> },
    /// Answer when nothing is due or in flight; nobody waits beyond the deadline.
    Flush { reply: Reply<()>, deadline: Instant },
    /// The queue of results has room again.
    Refill,
    /// Hand over what is due until the deadline, then end.
    Stop { deadline: Instant },
}
