//! The bodies of the functions that take or give text, once for bytes and for UTF-16: guard, convert, one call inward,
//! convert back.
//!
//! Invariants: those of [`super::api`], which is also where each is described; pointers are looked at only after the fork
//! check of the guard.
#![allow(clippy::too_many_arguments, reason = "the arguments of C functions that cannot take structures")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "one contract for all, that of api.rs")]
#![allow(clippy::missing_safety_doc, reason = "the same")]

use super::guard::{guard, guard_in, last_error, with_client};
use super::result::to_json;
use super::send::{OutKey, send};
use super::text::{self, BATCH_MAX, LONG_MAX, Output, SHORT_MAX};
use super::unit::Unit;
use super::{batch, handles, wait};
use crate::config::Settings;
use crate::error::{Code, Error};
use crate::message::{Body, Request, parse_options, parse_variables};

pub(super) unsafe fn version<T: Unit>(buf: *mut T, cap: i32) -> i32 {
    guard(|| {
        let output = unsafe { Output::new("buf", buf, cap) }?;
        output.write_ascii(env!("CARGO_PKG_VERSION"))?;
        Ok(Code::Ok)
    })
}

pub(super) unsafe fn error_text<T: Unit>(code: i32, buf: *mut T, cap: i32) -> i32 {
    guard(|| {
        let output = unsafe { Output::new("buf", buf, cap) }?;
        let known = Code::from_number(code)
            .ok_or_else(|| Error::new(Code::InvalidArgument, format!("code: {code} is not a code of alimi")))?;
        output.write_ascii(&format!("{}: {}", known.name(), known.meaning()))?;
        Ok(Code::Ok)
    })
}

pub(super) unsafe fn details<T: Unit>(buf: *mut T, cap: i32) -> i32 {
    guard(|| {
        let output = unsafe { Output::new("buf", buf, cap) };
        // Answered as codes, not as errors: those would take the place of what is to be read.
        Ok(output.and_then(|output| output.write(&last_error())).map_or_else(|error| error.code(), |()| Code::Ok))
    })
}

pub(super) unsafe fn init<T: Unit>(config: *const T, out_client: *mut i32) -> i32 {
    guard_in(|encoding| {
        if out_client.is_null() {
            return Err(Error::new(Code::InvalidArgument, "out_client: is NULL; it must point to an int32_t"));
        }
        unsafe { out_client.write_unaligned(0) };
        let (config, found) = unsafe { text::read_config(config) }?;
        *encoding = found;
        unsafe { out_client.write_unaligned(handles::open(&config)?) };
        Ok(Code::Ok)
    })
}

pub(super) unsafe fn reload<T: Unit>(client: i32, config: *const T) -> i32 {
    with_client(client, |c| {
        let (config, _) = unsafe { text::read_config(config) }?;
        c.client.reload(Settings::parse(&config)?)?;
        Ok(Code::Ok)
    })
}

pub(super) unsafe fn send_alimtalk<T: Unit>(
    client: i32,
    key: *const T,
    to: *const T,
    template_name: *const T,
    variables: *const T,
    options: *const T,
    out_key: *mut T,
    cap: i32,
) -> i32 {
    with_client(client, |c| unsafe {
        let key = c.read_or_empty("key", key, SHORT_MAX)?;
        let out_key = OutKey::new(&key, out_key, cap)?;
        let to = c.read("to", to, SHORT_MAX)?;
        let template = c.read("template_name", template_name, SHORT_MAX)?;
        let variables = parse_variables(&c.read_or_empty("variables", variables, LONG_MAX)?)?;
        let options = parse_options(&c.read_or_empty("options", options, LONG_MAX)?)?;
        send(c, Request { key, to, body: Body::Alimtalk { template, variables }, options }, &out_key)
    })
}

pub(super) unsafe fn send_text<T: Unit>(
    client: i32,
    key: *const T,
    to: *const T,
    text: *const T,
    options: *const T,
    out_key: *mut T,
    cap: i32,
) -> i32 {
    with_client(client, |c| unsafe {
        let key = c.read_or_empty("key", key, SHORT_MAX)?;
        let out_key = OutKey::new(&key, out_key, cap)?;
        let to = c.read("to", to, SHORT_MAX)?;
        let text = c.read("text", text, LONG_MAX)?;
        let options = parse_options(&c.read_or_empty("options", options, LONG_MAX)?)?;
        send(c, Request { key, to, body: Body::Text { text }, options }, &out_key)
    })
}

pub(super) unsafe fn send_batch<T: Unit>(client: i32, messages_json: *const T, out_json: *mut T, cap: i32) -> i32 {
    with_client(client, |c| unsafe {
        let output = Output::new("out_json", out_json, cap)?;
        batch::send(c, &c.read("messages_json", messages_json, BATCH_MAX)?, &output)
    })
}

pub(super) unsafe fn cancel<T: Unit>(client: i32, key: *const T) -> i32 {
    with_client(client, |c| {
        let cancelled = c.client.cancel(&unsafe { c.read("key", key, SHORT_MAX) }?)?;
        Ok(if cancelled { Code::Ok } else { Code::Pending })
    })
}

pub(super) unsafe fn sync_templates<T: Unit>(client: i32, timeout_ms: i32, report_buf: *mut T, cap: i32) -> i32 {
    with_client(client, |c| {
        let output = unsafe { Output::new("report_buf", report_buf, cap) }?;
        let (report, complete) = c.client.sync_templates(wait("timeout_ms", timeout_ms)?)?;
        output.write(&text::encode_answer(&report, c.encoding)?)?;
        Ok(if complete { Code::Ok } else { Code::Pending })
    })
}

pub(super) unsafe fn poll_result_json<T: Unit>(client: i32, timeout_ms: i32, buf: *mut T, cap: i32) -> i32 {
    with_client(client, |c| {
        let output = unsafe { Output::new("buf", buf, cap) }?;
        let Some(result) = c.client.poll(wait("timeout_ms", timeout_ms)?)? else { return Ok(Code::Empty) };
        let written = output.write(&to_json(&result, c.encoding));
        if written.is_err() {
            c.client.unpoll(result);
        }
        written.map(|()| Code::Ok)
    })
}

pub(super) unsafe fn ack_result<T: Unit>(client: i32, key: *const T) -> i32 {
    with_client(client, |c| {
        c.client.acknowledge(&unsafe { c.read("key", key, SHORT_MAX) }?)?;
        Ok(Code::Ok)
    })
}

pub(super) unsafe fn get_status_json<T: Unit>(client: i32, key: *const T, buf: *mut T, cap: i32) -> i32 {
    with_client(client, |c| {
        let output = unsafe { Output::new("buf", buf, cap) }?;
        let key = unsafe { c.read("key", key, SHORT_MAX) }?;
        output.write(&to_json(&c.client.status(&key)?, c.encoding))?;
        Ok(Code::Ok)
    })
}

pub(super) unsafe fn get_stats<T: Unit>(client: i32, query: *const T, buf: *mut T, cap: i32) -> i32 {
    with_client(client, |c| {
        let output = unsafe { Output::new("buf", buf, cap) }?;
        let query = unsafe { c.read_or_empty("query", query, LONG_MAX) }?;
        output.write(&text::encode_answer(&c.client.statistics(&query)?, c.encoding)?)?;
        Ok(Code::Ok)
    })
}

pub(super) unsafe fn get_health<T: Unit>(client: i32, buf: *mut T, cap: i32) -> i32 {
    with_client(client, |c| {
        let output = unsafe { Output::new("buf", buf, cap) }?;
        output.write(&text::encode_value(&c.client.health()?, c.encoding)?)?;
        Ok(Code::Ok)
    })
}
