//! What reaches the engine, and how it answers.

use super::reply::Reply;
use crate::config::Settings;
use crate::error::Error;
use crate::gateway::News;
use crate::message::Key;
use crate::outbox::Sealed;
use std::sync::Arc;
use std::time::Instant;

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
    Submit { messages: Vec<Sealed>, reply: Reply<Vec<Verdict>> },
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
