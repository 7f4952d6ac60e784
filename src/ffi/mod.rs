//! The C ABI: what `include/alimi.h` shows, and the only `unsafe` of the crate.
//!
//! Invariants: every exported function stands in [`api`] or [`wide`] and is guard, convert, one call inward, convert back; no panic
//! leaves; nothing is kept of the caller's memory; nothing starts at load; no global of the host is touched. The header
//! is generated from the doc comments of these files, so they speak to C programmers.

mod api;
mod batch;
mod calls;
mod codes;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod guard;
mod handles;
#[cfg(feature = "jni")]
mod jni;
mod lent;
mod log_callback;
mod pin;
mod result;
mod result_callback;
mod send;
mod text;
mod unit;
mod wide;

use crate::error::{Code, Error, Result};
use std::time::Duration;

/// A timeout in milliseconds; a longer one means the longest.
fn wait(name: &str, milliseconds: i32) -> Result<Duration> {
    let allowed = u64::try_from(milliseconds).map_err(|_| {
        Error::new(Code::InvalidArgument, format!("{name}: is {milliseconds}; it must be 0 or more milliseconds"))
    })?;
    Ok(Duration::from_millis(allowed.min(codes::ALIMI_TIMEOUT_MAX.unsigned_abs().into())))
}
