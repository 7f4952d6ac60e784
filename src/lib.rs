//! alimi (알리미) sends KakaoTalk AlimTalk messages and falls back to SMS, LMS or MMS. It is a durable queue with a
//! worker: what [`Client::send`] accepts is on disk, goes out at most once per channel, and ends in exactly one result
//! that stays until it is acknowledged.

pub mod config;
pub mod error;
pub mod gateway;
pub mod message;
pub mod time;

mod client;
mod content;
mod encoding;
mod engine;
#[allow(unsafe_code, reason = "the C border, and nowhere else")]
mod ffi;
/// Not there in a library that is built to be used.
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod hash;
mod json;
mod logging;
mod net;
mod outbox;
mod thread;

pub use client::{Accepted, Client, GatewayHealth, Health};
pub use config::Settings;
pub use error::{Code, Error, Result};

/// The fates of the sandbox's numbers: the gateway simulator gives the same ones.
pub mod sandbox {
    pub use crate::gateway::sandbox::{Answer, answer, look_up, report};
}
