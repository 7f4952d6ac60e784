//! The functions that take or give text once more, in UTF-16, for callers whose texts are UTF-16: PowerBuilder 10 and
//! later, VB6 by StrPtr, .NET, Delphi 2009 and later. The doc comments are the header's.
//!
//! Invariants: those of [`super::api`]; each does what the function without `_w` does, by the same code.
#![allow(clippy::too_many_arguments, reason = "the arguments of C functions that cannot take structures")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "one contract for all, that of api.rs")]
#![allow(clippy::missing_safety_doc, reason = "the same")]

use super::calls;

/// A unit of UTF-16. The header has a definition of its own, after the compiler.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type alimi_utf16_t = u16;

/// # The same in UTF-16, for callers whose texts are UTF-16
///
/// Each does what its namesake without _w does, and both may be used with one client: texts in and out are UTF-16 in the
/// byte order of the machine, whatever the encoding of the client; sizes, limits and positions count UTF-16 units where
/// the namesake counts bytes. One half of a surrogate pair without the other is ALIMI_ERR_ENCODING with its position.
/// alimi_result_t has no such form: use the functions whose names end in json_w.
///
/// As alimi_version.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_version_w(buf: *mut alimi_utf16_t, cap: i32) -> i32 {
    unsafe { calls::version(buf, cap) }
}

/// As alimi_error_text.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_error_text_w(code: i32, buf: *mut alimi_utf16_t, cap: i32) -> i32 {
    unsafe { calls::error_text(code, buf, cap) }
}

/// As alimi_last_error. Tells the last error of every function, with or without _w.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_last_error_w(buf: *mut alimi_utf16_t, cap: i32) -> i32 {
    unsafe { calls::details(buf, cap) }
}

/// As alimi_init. The member "encoding" is then that of the functions without _w alone.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_init_w(config: *const alimi_utf16_t, out_client: *mut i32) -> i32 {
    unsafe { calls::init(config, out_client) }
}

/// As alimi_reload.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_reload_w(client: i32, config: *const alimi_utf16_t) -> i32 {
    unsafe { calls::reload(client, config) }
}

/// As alimi_send_alimtalk.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_send_alimtalk_w(
    client: i32,
    key: *const alimi_utf16_t,
    to: *const alimi_utf16_t,
    template_name: *const alimi_utf16_t,
    variables: *const alimi_utf16_t,
    options: *const alimi_utf16_t,
    out_key: *mut alimi_utf16_t,
    cap: i32,
) -> i32 {
    unsafe { calls::send_alimtalk(client, key, to, template_name, variables, options, out_key, cap) }
}

/// As alimi_send_text.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_send_text_w(
    client: i32,
    key: *const alimi_utf16_t,
    to: *const alimi_utf16_t,
    text: *const alimi_utf16_t,
    options: *const alimi_utf16_t,
    out_key: *mut alimi_utf16_t,
    cap: i32,
) -> i32 {
    unsafe { calls::send_text(client, key, to, text, options, out_key, cap) }
}

/// As alimi_send_batch, with ALIMI_BATCH_ENTRY_SIZE units for each message and as many once more.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_send_batch_w(
    client: i32,
    messages_json: *const alimi_utf16_t,
    out_json: *mut alimi_utf16_t,
    cap: i32,
) -> i32 {
    unsafe { calls::send_batch(client, messages_json, out_json, cap) }
}

/// As alimi_cancel.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_cancel_w(client: i32, key: *const alimi_utf16_t) -> i32 {
    unsafe { calls::cancel(client, key) }
}

/// As alimi_poll_result_json; every character is written as it is.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_poll_result_json_w(
    client: i32,
    timeout_ms: i32,
    buf: *mut alimi_utf16_t,
    cap: i32,
) -> i32 {
    unsafe { calls::poll_result_json(client, timeout_ms, buf, cap) }
}

/// As alimi_ack_result.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_ack_result_w(client: i32, key: *const alimi_utf16_t) -> i32 {
    unsafe { calls::ack_result(client, key) }
}

/// As alimi_get_status_json; every character is written as it is.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_get_status_json_w(
    client: i32,
    key: *const alimi_utf16_t,
    buf: *mut alimi_utf16_t,
    cap: i32,
) -> i32 {
    unsafe { calls::get_status_json(client, key, buf, cap) }
}

/// As alimi_sync_templates.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_sync_templates_w(
    client: i32,
    timeout_ms: i32,
    report_buf: *mut alimi_utf16_t,
    cap: i32,
) -> i32 {
    unsafe { calls::sync_templates(client, timeout_ms, report_buf, cap) }
}

/// As alimi_get_stats; every character is written as it is.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_get_stats_w(
    client: i32,
    query: *const alimi_utf16_t,
    buf: *mut alimi_utf16_t,
    cap: i32,
) -> i32 {
    unsafe { calls::get_stats(client, query, buf, cap) }
}

/// As alimi_get_health.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_get_health_w(client: i32, buf: *mut alimi_utf16_t, cap: i32) -> i32 {
    unsafe { calls::get_health(client, buf, cap) }
}
