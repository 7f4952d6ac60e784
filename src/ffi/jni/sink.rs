//! Java objects that take lines of the log and results: `kr.alimi.Native.Sink`.
//!
//! Invariants: a sink is held by its number here and not by the library's `context`, so none is freed under a call that
//! runs; no lock is held while Java runs; a thread of ours is attached to the virtual machine for the length of one call
//! only, because an attached thread keeps the machine from ending; what a sink throws is cleared.

use super::super::api;
use super::super::result::alimi_result_t;
use jni::objects::{JObject, JValue};
use jni::refs::Global;
use jni::sys::jint;
use jni::{AttachConfig, Env, JavaVM, errors, jni_sig, jni_str};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

type Sink = Arc<Global<JObject<'static>>>;

/// By the number of the client. The log has the number 0, which no client has.
static SINKS: Mutex<BTreeMap<i32, Sink>> = Mutex::new(BTreeMap::new());
const LOG: i32 = 0;

/// Installs, replaces or removes what takes the log.
pub(super) fn set_log(env: &Env, level: jint, object: &JObject) -> errors::Result<jint> {
    let function = (!object.is_null()).then_some(on_log as unsafe extern "system" fn(_, _, _));
    set(env, LOG, object, || api::alimi_set_log_callback(level, function, std::ptr::null_mut()))
}

/// Installs, replaces or removes what takes the results of a client.
pub(super) fn set_result(env: &Env, client: jint, object: &JObject) -> errors::Result<jint> {
    let function = (!object.is_null()).then_some(on_result as unsafe extern "system" fn(_, _, _));
    set(env, client, object, || api::alimi_set_result_callback(client, function, std::ptr::null_mut()))
}

/// Lets go of the sink of a client that was shut down.
pub(super) fn forget(client: i32) {
    let last = SINKS.lock().remove(&client);
    drop(last);
}

/// The new sink is in its place before the library may call it; the old one comes back when the library refuses.
fn set(env: &Env, number: i32, object: &JObject, install: impl FnOnce() -> i32) -> errors::Result<jint> {
    let next = if object.is_null() { None } else { Some(Arc::new(env.new_global_ref(object)?)) };
    let before = put(number, next);
    let code = install();
    if code < 0 {
        drop(put(number, before));
    }
    Ok(code)
}

fn put(number: i32, sink: Option<Sink>) -> Option<Sink> {
    let mut sinks = SINKS.lock();
    match sink {
        Some(sink) => sinks.insert(number, sink),
        None => sinks.remove(&number),
    }
}

unsafe extern "system" fn on_log(level: i32, text: *const c_char, _: *mut c_void) {
    // SAFETY: the library gives a text that ends with a NUL and lives through the call.
    call(LOG, level, unsafe { CStr::from_ptr(text) }.to_bytes());
}

unsafe extern "system" fn on_result(client: i32, result: *const alimi_result_t, _: *mut c_void) {
    // SAFETY: the library gives a whole result, which is plain bytes without gaps and lives through the call.
    call(client, client, unsafe { std::slice::from_raw_parts(result.cast(), size_of::<alimi_result_t>()) });
}

/// Hands bytes to a sink. There is nobody to tell of a failure: the result stays unacknowledged, the line is in the file.
fn call(sink: i32, number: i32, bytes: &[u8]) {
    let _ = std::panic::catch_unwind(|| {
        let found = SINKS.lock().get(&sink).cloned();
        let (Some(object), Ok(machine)) = (found, JavaVM::singleton()) else { return };
        let config = || AttachConfig::new().scoped(true).thread_name(jni_str!("alimi"));
        let _ = machine.attach_current_thread_with_config(config, Some(4), |env| {
            let array = JObject::from(env.byte_array_from_slice(bytes)?);
            let arguments = [JValue::Int(number), JValue::Object(&array)];
            if env.call_method(object.as_ref(), jni_str!("accept"), jni_sig!("(I[B)V"), &arguments).is_err() {
                env.exception_clear();
            }
            // In here, where the thread is attached.
            drop(object);
            errors::Result::Ok(())
        });
    });
}
