//! What passes between the engine and the network: errands out, news back.
//!
//! Invariants: the engine gets exactly one word for every parcel of an errand, in [`News::Answered`] or
//! [`News::LookedUp`]; reports come on top, any number of times, in any order.

use crate::message::{Channel, Key, Outcome, Payload};
use crate::time::Timestamp;
use std::sync::Arc;

/// What is asked of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Send the parcels.
    Send,
    /// Ask what became of them.
    LookUp,
}

/// One message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub id: i64,
    /// Our reference towards the gateway.
    pub key: Key,
    /// Which try by this channel it is; 1 is the first.
    pub attempt: i32,
    /// When the gateway accepted it.
    pub accepted: Option<Timestamp>,
    pub payload: Arc<Payload>,
}

/// A task for one gateway, account, template and channel: what one request can carry.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub task: Task,
    pub gateway: String,
    pub account: String,
    pub template: String,
    pub channel: Channel,
    pub parcels: Vec<Parcel>,
}

/// What was said about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub id: i64,
    /// The channel it speaks of; a late word about the AlimTalk must not pass for one about its fallback.
    pub channel: Channel,
    /// Which try by this channel it speaks of.
    pub attempt: i32,
    pub outcome: Outcome,
}

/// What comes back from the network.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// Answers to sends, lost ones included.
    Answered { gateway: String, words: Vec<Word> },
    /// Reports of delivery.
    Reported(Vec<Word>),
    /// Answers to look-ups; the ids are those nothing could be asked about.
    LookedUp { words: Vec<Word>, unasked: Vec<i64> },
}
