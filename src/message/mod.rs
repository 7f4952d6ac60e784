//! What a message is, from the caller's request to its final result. No IO.
//!
//! Invariants: every number of an enum here is stored and crosses the C border, so it is never changed or reused; a
//! [`Message`] is complete and checked: what was accepted is what will be sent, whatever the configuration says later.

mod content;
mod outcome;
mod parse;
mod request;
mod result;
mod types;
mod variables;

pub use content::{Alimtalk, Button, Highlight, Image, Item, ItemList, Payload, Text};
pub use outcome::{Class, Outcome};
pub(crate) use parse::parse_pairs;
pub use parse::{parse_batch, parse_options, parse_variables};
pub use request::{Body, Options, Request};
pub use result::MessageResult;
pub use types::{Certainty, Channel, Key, Priority, Reason, Recipient, State};
pub use variables::Variables;

use crate::time::Timestamp;
use std::sync::Arc;

/// A checked message, ready to be kept. Made by `content::prepare`, stored by `outbox`.
#[derive(Clone, Debug)]
pub struct Message {
    /// The caller's name for it, unique in the outbox.
    pub key: Key,
    /// The sending institution, a name from the configuration.
    pub account: String,
    /// The gateway that carries it, a name from the configuration.
    pub gateway: String,
    /// The hospital's own template name; empty for a plain text.
    pub template: String,
    /// Free text for statistics; may be empty.
    pub tag: String,
    /// Its lane.
    pub priority: Priority,
    /// The channel it leaves by first.
    pub channel: Channel,
    /// When it was asked for.
    pub created: Timestamp,
    /// Not before this time.
    pub send_at: Timestamp,
    /// Not after this time.
    pub expires_at: Timestamp,
    /// Tells the same key with the same content from the same key with another.
    pub digest: [u8; 16],
    /// The personal part: recipient and texts.
    pub payload: Arc<Payload>,
}

impl Message {
    /// The personal part, to be changed; copied where somebody else has it too.
    pub(crate) fn payload_mut(&mut self) -> &mut Payload {
        Arc::make_mut(&mut self.payload)
    }
}
