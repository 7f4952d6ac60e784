//! What a caller gets back.

use super::types::{Certainty, Channel, Reason, State};
use crate::time::Timestamp;

/// Where a message stands, or its final result. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageResult {
    /// The caller's key.
    pub key: String,
    /// Where it stands.
    pub state: State,
    /// The channel it stands at, or ended by.
    pub channel: Channel,
    /// How sure it is that it went out by that channel.
    pub certainty: Certainty,
    /// Requests that carried it, over all channels.
    pub attempts: i32,
    /// Why it ended, or last failed, by `channel`. Why an AlimTalk fell back is not kept once its text message has left.
    pub reason: Reason,
    /// The institution.
    pub account: String,
    /// The gateway.
    pub gateway: String,
    /// The gateway's name for the message; may be empty.
    pub reference: String,
    /// The gateway's own code; may be empty.
    pub vendor_code: String,
    /// The hospital's template name; empty for a plain text.
    pub template: String,
    /// The caller's free text for statistics.
    pub tag: String,
    /// When `send` accepted it.
    pub created: Timestamp,
    /// When the gateway last accepted it.
    pub sent: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// A sentence in English for logs and screens.
    pub text: String,
}
