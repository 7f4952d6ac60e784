//! What a gateway said about one message, in our words.

use super::types::Reason;
use std::time::Duration;

/// The kind of an answer, a report or a look-up: what `engine::policy` decides by. Adapters map every vendor code to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Answer: accepted. Report: delivered.
    Ok,
    /// Accepted, no final word yet.
    Pending,
    /// Certainly not delivered by this channel; a text message may reach the patient.
    Fallback,
    /// Certainly not sent, and the same request may succeed later.
    Transient,
    /// Certainly not sent until the operator acts (login, balance); the same request may succeed then.
    Operator,
    /// Certainly not sent; the set-up of this channel is wrong (sender key, template).
    Configuration,
    /// Certainly not sent and never will be: the number or the content is bad.
    Permanent,
    /// It may have been sent.
    Uncertain,
    /// Look-up only: the gateway certainly never got it.
    Absent,
    /// Its turn to be sent did not come: nothing was tried, and nothing is known of the gateway.
    Unsent,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Class] = &[
        Class::Ok,
        Class::Pending,
        Class::Fallback,
        Class::Transient,
        Class::Operator,
        Class::Configuration,
        Class::Permanent,
        Class::Uncertain,
        Class::Absent,
        Class::Unsent,
    ];
}

/// What a gateway said about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it means for us.
    pub class: Class,
    /// Our stable reason.
    pub reason: Reason,
    /// The gateway's own code, as it was given; may be empty.
    pub vendor_code: String,
    /// The gateway's name for the message, needed to match reports; may be empty.
    pub reference: String,
    /// How long the gateway asks us to wait.
    pub retry_after: Option<Duration>,
    /// Of an AlimTalk: it is the gateway's own text message that was delivered in its place.
    pub by_fallback: bool,
}

impl Outcome {
    /// An outcome with nothing but its class and reason.
    pub fn new(class: Class, reason: Reason) -> Self {
        Outcome {
            class,
            reason,
            vendor_code: String::new(),
            reference: String::new(),
            retry_after: None,
            by_fallback: false,
        }
    }

    /// The same with the gateway's own code.
    pub fn with_code(mut self, vendor_code: impl Into<String>) -> Self {
        self.vendor_code = vendor_code.into();
        self
    }

    /// The same with the gateway's name for the message.
    pub fn with_reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = reference.into();
        self
    }
}
