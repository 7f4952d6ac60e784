//! The functions behind the natives of `kr.alimi.Native`, so that Java needs no second library.
//!
//! Invariants: every one calls the C function of the same name, so both languages get the same answers and the same
//! guard; byte arrays are copied at the border, in with a NUL behind them, out only where the call succeeded or said the
//! size it needs; no panic and no Java exception leaves; nothing is kept of Java but the sinks of [`sink`].

mod natives;
mod sink;

use super::guard;
use crate::error::{Code, Error};
use jni::objects::JByteArray;
use jni::sys::{jbyte, jint};
use jni::{Env, EnvUnowned, Outcome, errors};
use std::ffi::c_char;
use std::ptr;

/// Runs the body of a native; what it could not do with Java's own objects is an internal error.
fn native<'a>(mut env: EnvUnowned<'a>, body: impl FnOnce(&mut Env<'a>) -> errors::Result<jint>) -> jint {
    let fault = match env.with_env(body).into_outcome() {
        Outcome::Ok(code) => return code,
        // Neither text goes on: it may repeat what the caller's texts hold.
        Outcome::Err(_) => "Java did not give or take a byte array",
        Outcome::Panic(payload) => {
            // Dropping a foreign payload may panic again.
            std::mem::forget(payload);
            "a fault between Java and alimi was caught; the outbox is kept"
        }
    };
    guard::guard(|| Err(Error::new(Code::Internal, fault)))
}

/// A text for C: the bytes of an array and a NUL, or NULL where there is no array.
struct Text(Option<Vec<jbyte>>);

impl Text {
    fn new(env: &Env, array: &JByteArray) -> errors::Result<Text> {
        if array.is_null() {
            return Ok(Text(None));
        }
        let length = array.len(env)?;
        let mut bytes = vec![0; length + 1];
        if let Some(text) = bytes.get_mut(..length) {
            array.get_region(env, 0, text)?;
        }
        Ok(Text(Some(bytes)))
    }

    fn as_ptr(&self) -> *const c_char {
        self.0.as_ref().map_or(ptr::null(), |bytes| bytes.as_ptr().cast())
    }
}

/// Calls a C function that writes to a buffer, and hands the buffer to Java's array.
fn with_buffer(env: &Env, array: &JByteArray, call: impl FnOnce(*mut c_char, i32) -> i32) -> errors::Result<jint> {
    if array.is_null() {
        return Ok(call(ptr::null_mut(), 0));
    }
    let mut bytes: Vec<jbyte> = vec![0; array.len(env)?];
    let code = call(bytes.as_mut_ptr().cast(), i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    if code >= 0 || code == Code::BufferTooSmall as i32 {
        let end = bytes.iter().position(|byte| *byte == 0).map_or(bytes.len(), |nul| nul + 1);
        array.set_region(env, 0, bytes.get(..end).unwrap_or(&bytes))?;
    }
    Ok(code)
}
