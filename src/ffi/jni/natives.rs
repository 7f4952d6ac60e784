//! One native for every function of the C ABI. What each does stands at the function of the same name in
//! [`api`](super::super::api) and at the methods of `kr.alimi.AlimiClient`.
//!
//! Invariant: convert, the C function, convert back; nothing else.
#![allow(clippy::too_many_arguments, reason = "the arguments of the C functions")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one contract for all: texts end with a NUL, buffers have the \
    capacity given, and both live through the call"
)]
#![allow(non_snake_case, reason = "the names that the Java virtual machine looks for")]
#![allow(missing_docs, reason = "Java alone sees them")]

use super::super::api;
use super::super::result::alimi_result_t;
use super::{Text, native, sink, with_buffer};
use jni::objects::{JByteArray, JClass, JObject};
use jni::sys::{jbyte, jint};
use jni::{Env, EnvUnowned, errors};
use std::ffi::c_char;

/// Answers with a result: as many bytes of the structure as the array holds.
fn with_result(env: &Env, array: &JByteArray, call: impl FnOnce(*mut alimi_result_t) -> i32) -> errors::Result<jint> {
    // The first member is the size; an array too short for it counts as none.
    let length = if array.is_null() { 0 } else { array.len(env)? };
    let mut bytes: Vec<jbyte> = vec![0; length];
    let Some((size, _)) = bytes.split_first_chunk_mut::<4>() else { return Ok(call(std::ptr::null_mut())) };
    *size = i32::try_from(length).unwrap_or(i32::MAX).to_ne_bytes().map(u8::cast_signed);
    let code = call(bytes.as_mut_ptr().cast());
    if code == 0 {
        array.set_region(env, 0, &bytes)?;
    }
    Ok(code)
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_version(env: EnvUnowned, _: JClass, buffer: JByteArray) -> jint {
    native(env, |env| with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_version(buf, cap) }))
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_errorText(
    env: EnvUnowned,
    _: JClass,
    code: jint,
    buffer: JByteArray,
) -> jint {
    native(env, |env| with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_error_text(code, buf, cap) }))
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_lastError(env: EnvUnowned, _: JClass, buffer: JByteArray) -> jint {
    native(env, |env| with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_last_error(buf, cap) }))
}

/// The number of the client goes to `handle[0..4]` in the machine's byte order.
#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_init(
    env: EnvUnowned,
    _: JClass,
    config: JByteArray,
    handle: JByteArray,
) -> jint {
    native(env, |env| {
        let config = Text::new(env, &config)?;
        let mut client = 0;
        let code = unsafe { api::alimi_init(config.as_ptr(), &raw mut client) };
        handle.set_region(env, 0, &client.to_ne_bytes().map(u8::cast_signed))?;
        Ok(code)
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_shutdown(env: EnvUnowned, _: JClass, client: jint, timeout: jint) -> jint {
    native(env, |_| {
        let code = api::alimi_shutdown(client, timeout);
        if code >= 0 {
            sink::forget(client);
        }
        Ok(code)
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_flush(env: EnvUnowned, _: JClass, client: jint, timeout: jint) -> jint {
    native(env, |_| Ok(api::alimi_flush(client, timeout)))
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_sendAlimtalk(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    key: JByteArray,
    to: JByteArray,
    template: JByteArray,
    variables: JByteArray,
    options: JByteArray,
    out_key: JByteArray,
) -> jint {
    native(env, |env| {
        let (key, to, template) = (Text::new(env, &key)?, Text::new(env, &to)?, Text::new(env, &template)?);
        let (variables, options) = (Text::new(env, &variables)?, Text::new(env, &options)?);
        let [key, to, template, variables, options] =
            [&key, &to, &template, &variables, &options].map(|text| -> *const c_char { text.as_ptr() });
        with_buffer(env, &out_key, |buf, cap| unsafe {
            api::alimi_send_alimtalk(client, key, to, template, variables, options, buf, cap)
        })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_sendText(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    key: JByteArray,
    to: JByteArray,
    text: JByteArray,
    options: JByteArray,
    out_key: JByteArray,
) -> jint {
    native(env, |env| {
        let (key, to) = (Text::new(env, &key)?, Text::new(env, &to)?);
        let (text, options) = (Text::new(env, &text)?, Text::new(env, &options)?);
        let [key, to, text, options] = [&key, &to, &text, &options].map(|text| -> *const c_char { text.as_ptr() });
        with_buffer(env, &out_key, |buf, cap| unsafe { api::alimi_send_text(client, key, to, text, options, buf, cap) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_sendBatch(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    messages: JByteArray,
    verdicts: JByteArray,
) -> jint {
    native(env, |env| {
        let messages = Text::new(env, &messages)?;
        with_buffer(env, &verdicts, |buf, cap| unsafe { api::alimi_send_batch(client, messages.as_ptr(), buf, cap) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_cancel(env: EnvUnowned, _: JClass, client: jint, key: JByteArray) -> jint {
    native(env, |env| {
        let key = Text::new(env, &key)?;
        Ok(unsafe { api::alimi_cancel(client, key.as_ptr()) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_pollResult(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    timeout: jint,
    result: JByteArray,
) -> jint {
    native(env, |env| with_result(env, &result, |room| unsafe { api::alimi_poll_result(client, timeout, room) }))
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_pollResultJson(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    timeout: jint,
    buffer: JByteArray,
) -> jint {
    native(env, |env| {
        with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_poll_result_json(client, timeout, buf, cap) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_ackResult(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    key: JByteArray,
) -> jint {
    native(env, |env| {
        let key = Text::new(env, &key)?;
        Ok(unsafe { api::alimi_ack_result(client, key.as_ptr()) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_getStatus(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    key: JByteArray,
    result: JByteArray,
) -> jint {
    native(env, |env| {
        let key = Text::new(env, &key)?;
        with_result(env, &result, |room| unsafe { api::alimi_get_status(client, key.as_ptr(), room) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_getStatusJson(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    key: JByteArray,
    buffer: JByteArray,
) -> jint {
    native(env, |env| {
        let key = Text::new(env, &key)?;
        with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_get_status_json(client, key.as_ptr(), buf, cap) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_reload(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    config: JByteArray,
) -> jint {
    native(env, |env| {
        let config = Text::new(env, &config)?;
        Ok(unsafe { api::alimi_reload(client, config.as_ptr()) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_wake(env: EnvUnowned, _: JClass, client: jint) -> jint {
    native(env, |_| Ok(api::alimi_wake(client)))
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_getStats(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    query: JByteArray,
    buffer: JByteArray,
) -> jint {
    native(env, |env| {
        let query = Text::new(env, &query)?;
        with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_get_stats(client, query.as_ptr(), buf, cap) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_syncTemplates(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    timeout_ms: jint,
    buffer: JByteArray,
) -> jint {
    native(env, |env| {
        with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_sync_templates(client, timeout_ms, buf, cap) })
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_getHealth(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    buffer: JByteArray,
) -> jint {
    native(env, |env| with_buffer(env, &buffer, |buf, cap| unsafe { api::alimi_get_health(client, buf, cap) }))
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_setLogCallback(
    env: EnvUnowned,
    _: JClass,
    level: jint,
    sink: JObject,
) -> jint {
    native(env, |env| sink::set_log(env, level, &sink))
}

#[unsafe(no_mangle)]
pub extern "system" fn Java_kr_alimi_Native_setResultCallback(
    env: EnvUnowned,
    _: JClass,
    client: jint,
    sink: JObject,
) -> jint {
    native(env, |env| sink::set_result(env, client, &sink))
}
