//! Every exported function but those of UTF-16, which stand in [`super::wide`]: guard, convert, one call inward, convert
//! back. What takes or gives text does so in [`calls`]. The doc comments are the header's; `# Title` begins a section there.
//!
//! Invariants: the same for all and said once, in `cbindgen.toml`: what the caller answers for (pointers are NULL or
//! valid for the call, text ends with a NUL, buffers have the capacity given) is the safety contract of every `unsafe`
//! here; pointers are looked at only after the fork check of the guard.
#![allow(clippy::too_many_arguments, reason = "the arguments of C functions that cannot take structures")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "one contract for all, see above")]
#![allow(clippy::missing_safety_doc, reason = "the same; the header says it")]

use super::guard::{guard, with_client};
use super::log_callback::{self, alimi_log_callback_t};
use super::result::{Room, alimi_result_t};
use super::result_callback::{self, alimi_result_callback_t};
use super::text::SHORT_MAX;
use super::{calls, wait};
use crate::error::Code;
use std::ffi::{c_char, c_void};

/// # About the library
///
/// Writes the version of the library, e.g. "1.0.0", which may differ from ALIMI_VERSION of this header.
///
/// Needs no client. Does not block.
/// Returns ALIMI_OK, or ALIMI_ERR_BUFFER_TOO_SMALL (16 bytes suffice), ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_version(buf: *mut c_char, cap: i32) -> i32 {
    unsafe { calls::version::<u8>(buf.cast(), cap) }
}

/// Writes the name and the meaning of a code, e.g. "ALIMI_ERR_CLOSED: The client is shutting down and takes nothing
/// more."
///
/// Needs no client. Does not block. ASCII.
/// Returns ALIMI_OK, or ALIMI_ERR_BUFFER_TOO_SMALL (ALIMI_ERROR_SIZE bytes suffice), ALIMI_ERR_INVALID_ARGUMENT where
/// no code has this number.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_error_text(code: i32, buf: *mut c_char, cap: i32) -> i32 {
    unsafe { calls::error_text::<u8>(code, buf.cast(), cap) }
}

/// Writes the details of the last error of the calling thread: the code, which argument, file or key, what was wrong
/// and what is allowed. Empty where there was no error. Never holds personal data unmasked.
///
/// Reading does not consume it; a later error of the same thread replaces it, a success does not. An error of this
/// function itself is not remembered. Encoding: that of the client the error concerned, UTF-8 where there was none.
/// Does not block.
/// Returns ALIMI_OK, or ALIMI_ERR_BUFFER_TOO_SMALL (ALIMI_ERROR_SIZE bytes suffice), ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_last_error(buf: *mut c_char, cap: i32) -> i32 {
    unsafe { calls::details::<u8>(buf.cast(), cap) }
}

/// # Start and stop
///
/// Opens the outbox and starts a client.
///
/// `config` is JSON text, or the path of a JSON file; the first character of JSON is '{'. Its bytes are UTF-8, or
/// else CP949; the member "encoding" in it says how all other texts of this client are encoded.
/// `*out_client` becomes the number of the client, above 0; 0 after an error. There may be ALIMI_CLIENTS_MAX of
/// them, each with an outbox of its own.
/// Blocks on the disk: opens or creates the outbox and recovers what an earlier process left; never on the network.
/// Sending of what is in the outbox begins at once.
/// Returns ALIMI_OK, or any error of the groups configuration and outbox, ALIMI_ERR_TOO_MANY_CLIENTS,
/// ALIMI_ERR_THREAD, ALIMI_ERR_ENCODING, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_init(config: *const c_char, out_client: *mut i32) -> i32 {
    unsafe { calls::init::<u8>(config.cast(), out_client) }
}

/// Stops a client and ends its threads. Its number is invalid from then on.
///
/// Requests that are under way get `timeout_ms` (0 or more) to end; what has not left stays in the outbox and goes
/// out after the next alimi_init. Waiting polls of other threads end. A program may also end without this call:
/// nothing that was accepted is lost.
/// Blocks up to `timeout_ms` and a quarter of a second.
/// Returns ALIMI_OK when the outbox is empty; ALIMI_PENDING when messages remain in it; ALIMI_CALLBACK_RUNNING when
/// the result callback did not return in time. Errors: ALIMI_ERR_INVALID_HANDLE (also at the second call),
/// ALIMI_ERR_CLOSED while another thread shuts the client down, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "system" fn alimi_shutdown(client: i32, timeout_ms: i32) -> i32 {
    with_client(client, |c| result_callback::shut_down(client, c, wait("timeout_ms", timeout_ms)?))
}

/// Waits until no message is due or under way. Reserved messages, and those that wait for their next attempt or for
/// the report of the gateway, do not count.
///
/// Blocks up to `timeout_ms` (0 or more).
/// Returns ALIMI_OK; ALIMI_PENDING when the time ran out. Errors: ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
/// ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "system" fn alimi_flush(client: i32, timeout_ms: i32) -> i32 {
    with_client(client, |c| {
        let finished = c.client.flush(wait("timeout_ms", timeout_ms)?)?;
        Ok(if finished { Code::Ok } else { Code::Pending })
    })
}

/// # Sending
///
/// Accepts one AlimTalk. When it returns ALIMI_OK the message is on disk and will end in exactly one result.
///
/// `key`: your own id of the message, 1 to 64 printable ASCII characters; NULL or "" makes alimi create one. Sending
/// again with the same key and content is safe: it stays one message.
/// `to`: the recipient in any usual form, e.g. "010-1234-5678".
/// `template_name`: the name of a template in the configuration.
/// `variables`: values for its #{name} as "name=value" lines (\n between lines; \\n and \\\\ inside a value stand
/// for a new line and a backslash), or a JSON object; NULL or "" where it has none.
/// `options`: the same form; NULL or "" for none: account, send_at, expires_in, expires_at, priority (urgent,
/// normal, bulk), fallback (auto, none, sms, lms, mms), fallback_text, fallback_subject, fallback_image,
/// sender_number, gateway, text, buttons, tag.
/// `out_key`, `cap`: a buffer of ALIMI_KEY_SIZE bytes for the key; may be NULL, 0 where you gave a key.
/// Blocks on the disk until the message is synced; never on the network.
/// Returns ALIMI_OK; ALIMI_DUPLICATE when it had been accepted before. Errors, nothing was kept then: any of the
/// groups content and outbox, ALIMI_ERR_KEY_CONFLICT, ALIMI_ERR_UNKNOWN_OPTION, ALIMI_ERR_INVALID_JSON,
/// ALIMI_ERR_ENCODING, ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
/// ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_send_alimtalk(
    client: i32,
    key: *const c_char,
    to: *const c_char,
    template_name: *const c_char,
    variables: *const c_char,
    options: *const c_char,
    out_key: *mut c_char,
    cap: i32,
) -> i32 {
    unsafe {
        calls::send_alimtalk::<u8>(
            client,
            key.cast(),
            to.cast(),
            template_name.cast(),
            variables.cast(),
            options.cast(),
            out_key.cast(),
            cap,
        )
    }
}

/// Accepts one text message: SMS up to 90 bytes in CP949, else LMS; MMS where the option `image` names a JPEG.
///
/// `text`: the whole text. `options`: account, send_at, expires_in, expires_at, priority, subject, image,
/// sender_number, gateway, tag. All else as alimi_send_alimtalk.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_send_text(
    client: i32,
    key: *const c_char,
    to: *const c_char,
    text: *const c_char,
    options: *const c_char,
    out_key: *mut c_char,
    cap: i32,
) -> i32 {
    unsafe { calls::send_text::<u8>(client, key.cast(), to.cast(), text.cast(), options.cast(), out_key.cast(), cap) }
}

/// Accepts many messages with one write to the disk; much faster than one call for each.
///
/// `messages_json`: a JSON array of objects, each with "key", "to", "template" and "variables", or "text" in place
/// of these two, and any options; at most 16 MiB.
/// `out_json`, `cap`: receives a JSON array with one verdict per message, in the same order: {"key":"A-1","code":0},
/// or {"key":"A-2","code":-300,"error":"to: ..."}. The buffer must have ALIMI_BATCH_ENTRY_SIZE bytes for each
/// message and as many once more, e.g. 101 * 512 for 100 messages. A smaller one is refused before any message is
/// kept, so no verdict is ever lost.
/// Blocks on the disk until all are synced; never on the network.
/// Returns ALIMI_OK when all were accepted; ALIMI_DUPLICATE when some had been accepted before; ALIMI_PARTIAL when
/// some, or all, were refused: their verdicts have a code below 0. Errors, nothing was kept then:
/// ALIMI_ERR_INVALID_JSON, ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_ENCODING, any of the group outbox,
/// ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_send_batch(
    client: i32,
    messages_json: *const c_char,
    out_json: *mut c_char,
    cap: i32,
) -> i32 {
    unsafe { calls::send_batch::<u8>(client, messages_json.cast(), out_json.cast(), cap) }
}

/// Cancels a message that has not left. Its result, ALIMI_STATE_CANCELLED, is polled and acknowledged like every other.
///
/// Of one that is reserved at its gateway the gateway is asked: its result is ALIMI_STATE_CANCELLED once the gateway has
/// taken it back, or says what became of it where it was too late.
/// Blocks on the disk; never on the network.
/// Returns ALIMI_OK; ALIMI_PENDING while the gateway is asked. Errors: ALIMI_ERR_TOO_LATE, ALIMI_ERR_NOT_FOUND, any of
/// the group outbox, ALIMI_ERR_ENCODING, ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_cancel(client: i32, key: *const c_char) -> i32 {
    unsafe { calls::cancel::<u8>(client, key.cast()) }
}

/// # Results
///
/// Takes the next final result. It stays in the outbox until alimi_ack_result; one that was taken and not
/// acknowledged comes again after the next alimi_init.
///
/// `inout_result`: set its `size` before. Each result goes to one caller, also when several threads poll.
/// Blocks up to `timeout_ms` (0: not at all) while there is none; may end early (alimi_wake, alimi_shutdown). A
/// program with windows polls with 0 from a timer.
/// Returns ALIMI_OK; ALIMI_EMPTY, the structure is unchanged then. Errors: ALIMI_ERR_INVALID_HANDLE,
/// ALIMI_ERR_CLOSED, any of the group outbox, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_poll_result(
    client: i32,
    timeout_ms: i32,
    inout_result: *mut alimi_result_t,
) -> i32 {
    with_client(client, |c| {
        let room = unsafe { Room::new(inout_result) }?;
        let Some(result) = c.client.poll(wait("timeout_ms", timeout_ms)?)? else { return Ok(Code::Empty) };
        room.write(&result, c.encoding);
        Ok(Code::Ok)
    })
}

/// The same for callers without structures: writes the result as one flat JSON object with the members key, state,
/// channel, certainty, attempts, reason, account, gateway, gateway_id, gateway_code, template, tag, created, sent,
/// finished, text, in this order. state, channel, certainty and reason are the words of their constants in lower
/// case, e.g. "state":"delivered"; attempts is a number, all else is text.
///
/// A character that the encoding lacks is written as \uXXXX. 4096 bytes nearly always suffice.
/// Blocks and returns as alimi_poll_result; ALIMI_ERR_BUFFER_TOO_SMALL loses nothing: the next call gives the same
/// result.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_poll_result_json(client: i32, timeout_ms: i32, buf: *mut c_char, cap: i32) -> i32 {
    unsafe { calls::poll_result_json::<u8>(client, timeout_ms, buf.cast(), cap) }
}

/// Lets a result go, once your program has stored what it needs of it. Doing so again is ALIMI_OK.
///
/// Blocks on the disk; never on the network.
/// Returns ALIMI_OK. Errors: ALIMI_ERR_NOT_FOUND, ALIMI_ERR_UNFINISHED, any of the group outbox, ALIMI_ERR_ENCODING,
/// ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_ack_result(client: i32, key: *const c_char) -> i32 {
    unsafe { calls::ack_result::<u8>(client, key.cast()) }
}

/// Tells where a message stands, or how it ended. Takes nothing from the results.
///
/// `inout_result`: set its `size` before.
/// Blocks on the disk, not behind messages that are being written.
/// Returns ALIMI_OK. Errors: ALIMI_ERR_NOT_FOUND, any of the group outbox, ALIMI_ERR_ENCODING,
/// ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_get_status(
    client: i32,
    key: *const c_char,
    inout_result: *mut alimi_result_t,
) -> i32 {
    with_client(client, |c| {
        let room = unsafe { Room::new(inout_result) }?;
        let key = unsafe { c.read::<u8>("key", key.cast(), SHORT_MAX) }?;
        room.write(&c.client.status(&key)?, c.encoding);
        Ok(Code::Ok)
    })
}

/// The same for callers without structures: writes what alimi_get_status tells as JSON, as alimi_poll_result_json does.
///
/// Blocks and returns as alimi_get_status, or ALIMI_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_get_status_json(
    client: i32,
    key: *const c_char,
    buf: *mut c_char,
    cap: i32,
) -> i32 {
    unsafe { calls::get_status_json::<u8>(client, key.cast(), buf.cast(), cap) }
}

/// Ends the waiting polls of this client, or the next one where none waits; they return ALIMI_EMPTY.
///
/// Does not block.
/// Returns ALIMI_OK. Errors: ALIMI_ERR_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "system" fn alimi_wake(client: i32) -> i32 {
    with_client(client, |c| {
        c.client.wake();
        Ok(Code::Ok)
    })
}

/// # Changing the configuration
///
/// Gives a running client another configuration: gateways, accounts, templates, routes and everything else except
/// outbox.path, outbox.shared, outbox.key, encoding, logging and access_record, which must stay as they are.
///
/// `config`: as for alimi_init, UTF-8 or the path of a file. On an error nothing has changed. What waits and was
/// certainly not sent goes by the new configuration; what is under way ends with the gateway it went to, so leave that
/// one in the configuration until alimi_get_health shows nothing in_flight, and nothing accepted by it any more.
/// Blocks for the disk.
/// Returns ALIMI_OK. Errors: ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, any of the groups configuration and outbox,
/// ALIMI_ERR_INVALID_ARGUMENT, ALIMI_ERR_ENCODING, ALIMI_ERR_INSIDE_CALLBACK.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_reload(client: i32, config: *const c_char) -> i32 {
    unsafe { calls::reload(client, config.cast::<u8>()) }
}

/// Asks every gateway for its approved templates, keeps the answers in the outbox, and compares them with the
/// configuration.
///
/// `report_buf`, `cap`: receives a JSON object: "complete"; "lists", whom it asked; "findings", each template that a gateway
/// lacks, has not approved, or has otherwise, with the first difference; "differences", what is not the same at two gateways.
/// From then on a message is refused (ALIMI_ERR_TEMPLATE_MISMATCH) whose template its gateway is known not to have as
/// configured; a gateway that cannot be asked changes nothing.
/// Blocks up to `timeout_ms` (0 or more).
/// Returns ALIMI_OK; ALIMI_PENDING when the time ran out: the report has what is known so far, and asking goes on. Errors:
/// ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_ENCODING, ALIMI_ERR_INSIDE_CALLBACK, any of the group outbox,
/// ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_sync_templates(
    client: i32,
    timeout_ms: i32,
    report_buf: *mut c_char,
    cap: i32,
) -> i32 {
    unsafe { calls::sync_templates(client, timeout_ms, report_buf.cast::<u8>(), cap) }
}

/// # Looking inside
///
/// Writes statistics per account, day, channel and outcome.
///
/// `query`: "name=value" lines or a JSON object; NULL or "" for everything as JSON. The README lists its names.
/// A character that the encoding lacks is written as \uXXXX in JSON, and is ALIMI_ERR_ENCODING in CSV.
/// Blocks on the disk.
/// Returns ALIMI_OK. Errors: ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_UNKNOWN_OPTION, ALIMI_ERR_OPTION, ALIMI_ERR_TIME,
/// any of the group outbox, ALIMI_ERR_ENCODING, ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
/// ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_get_stats(client: i32, query: *const c_char, buf: *mut c_char, cap: i32) -> i32 {
    unsafe { calls::get_stats::<u8>(client, query.cast(), buf.cast(), cap) }
}

/// Writes how the client is, as a JSON object: messages waiting, the oldest of them, gateways, clock, disk.
///
/// "gateways" has an object for each configured gateway by its name; "accepted" in it is how many messages it has
/// accepted whose report is awaited.
/// Blocks on the disk; never on the network.
/// Returns ALIMI_OK. Errors: ALIMI_ERR_BUFFER_TOO_SMALL (4096 bytes nearly always suffice), any of the group outbox,
/// ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn alimi_get_health(client: i32, buf: *mut c_char, cap: i32) -> i32 {
    unsafe { calls::get_health::<u8>(client, buf.cast(), cap) }
}

/// # Callbacks, optional and never needed
///
/// Hands the lines of alimi's log to a function of yours, for all clients of the process; NULL removes it.
///
/// May be called before alimi_init, which is then logged too. When it has returned ALIMI_OK no function given before
/// is running or called again. Blocks up to 5 seconds while such a call has not returned.
/// Returns ALIMI_OK; ALIMI_CALLBACK_RUNNING when a call of a function given before goes on, always so when called
/// from inside that function: it is the last one, and a later call from outside waits for it. Errors: ALIMI_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "system" fn alimi_set_log_callback(level: i32, function: alimi_log_callback_t, context: *mut c_void) -> i32 {
    guard(|| log_callback::set(level, function, context))
}

/// Hands results to a function of yours, on a thread of alimi that is started for it; NULL removes it and ends the
/// thread.
///
/// Every result still needs alimi_ack_result. When this call has returned ALIMI_OK no function given before is running
/// or called again. Blocks up to 5 seconds while such a call has not returned.
/// Returns ALIMI_OK; ALIMI_CALLBACK_RUNNING when a call of a function given before goes on, always so when called
/// from inside that function: it is the last one, and a later call from outside waits for it. Errors: ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
/// ALIMI_ERR_THREAD.
#[unsafe(no_mangle)]
pub extern "system" fn alimi_set_result_callback(
    client: i32,
    function: alimi_result_callback_t,
    context: *mut c_void,
) -> i32 {
    with_client(client, |c| result_callback::set(client, c, function, context))
}
