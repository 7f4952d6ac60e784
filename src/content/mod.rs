//! What may be sent: templates, variables, lengths, numbers. No IO but reading the size of an image file.

mod phone;
mod template;

pub use phone::mask_number;
pub(crate) use phone::{normalise_recipient, normalise_sender};
pub use template::{Template, TemplateSource};

use crate::config::Settings;
use crate::error::Result;
use crate::message::{Message, Request};
use crate::time::Timestamp;

/// Checks a request against the configuration and makes the finished message. On an error nothing was kept.
pub(crate) fn prepare(_settings: &Settings, _request: Request, _now: Timestamp) -> Result<Message> {
    Err(crate::error::Error::new(crate::error::Code::Internal, "not written yet"))
}
