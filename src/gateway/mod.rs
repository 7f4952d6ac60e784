//! Gateways: what a vendor's API can do and how it speaks. No IO.
//!
//! Invariants: an adapter only turns messages into requests and answers into [`crate::message::Outcome`]s; the engine reads its
//! [`Capabilities`] and never asks which vendor it is.

mod errand;
pub(crate) mod sandbox;

pub(crate) use errand::{Errand, News, Parcel, Task, Word};

use crate::config::GatewaySettings;
use std::time::Duration;

/// What the engine needs to know of a gateway.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// Most messages in one request.
    pub batch_max: usize,
    /// Whether a message can be looked up by our key after a lost answer.
    pub look_up: bool,
    /// How long after a lost answer a look-up is meaningful.
    pub settle_after: Duration,
    /// How often an accepted message without a report is asked for.
    pub check_every: Duration,
    /// Content limits.
    pub limits: Limits,
}

impl Capabilities {
    /// What the gateway of these settings can do.
    pub(crate) fn of(settings: &GatewaySettings) -> Capabilities {
        match settings {
            GatewaySettings::Sandbox(settings) => sandbox::capabilities(settings),
        }
    }
}

/// Content limits of a gateway, in the unit of each name. Sources: `content-rules` 1 and 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// AlimTalk body.
    pub alimtalk_chars_max: usize,
    /// LMS and MMS subject.
    pub subject_bytes_max: usize,
    /// One MMS image.
    pub image_bytes_max: u64,
    /// One link of a button.
    pub link_chars_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { alimtalk_chars_max: 1_000, subject_bytes_max: 40, image_bytes_max: 300 * 1024, link_chars_max: 500 }
    }
}
