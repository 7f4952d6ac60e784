//! What may be sent: templates, variables, lengths, numbers.
//!
//! Invariants: no IO but the reading of an MMS image; a finished [`Message`](crate::message::Message) leaves here only if
//! gateway and carriers can take it; no error shows a number, a value or a text of the caller.

mod buttons;
mod catalogue;
mod clean;
mod cp949;
mod digest;
mod fallback;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod image;
mod lengths;
mod matching;
mod parts;
mod pattern;
mod phone;
mod prepare;
mod route;
mod schedule;
mod template;
mod text;
mod there;
mod values;

pub(crate) use catalogue::{Catalogue, Report, inquiries};
pub(crate) use image::Album;
pub use phone::mask_number;
pub(crate) use phone::normalise_sender;
pub(crate) use prepare::prepare;
pub use template::{Template, TemplateSource};
