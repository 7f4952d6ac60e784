//! The numbers of the header. Plain literals, because cbindgen writes those as `#define`.
//!
//! Invariants: equal to [`crate::error::Code`] and to the enums of [`crate::message`], both ways, tested below; a number
//! is never changed or used again.
#![allow(dead_code, reason = "read by the header's generator; the library itself uses the enums")]

/// # Codes: 0 done, above 0 done with a notice, below 0 refused and nothing changed
///
/// Done.
pub const ALIMI_OK: i32 = 0;
/// Notice: this key with the same content was accepted before; it stays one message.
pub const ALIMI_DUPLICATE: i32 = 1;
/// Notice: no result is waiting.
pub const ALIMI_EMPTY: i32 = 2;
/// Notice: not finished yet; it goes on by itself. After a shutdown: messages remain in the outbox for the next start.
pub const ALIMI_PENDING: i32 = 3;
/// Notice: messages of the batch were refused; the verdicts say which and why.
pub const ALIMI_PARTIAL: i32 = 4;
/// Notice: a callback is still running; keep what it uses until it returns.
pub const ALIMI_CALLBACK_RUNNING: i32 = 5;
/// # Errors: use of the functions
///
/// An argument is missing, too long or outside its range.
pub const ALIMI_ERR_INVALID_ARGUMENT: i32 = -1;
/// The client number was never given out, or its client was shut down.
pub const ALIMI_ERR_INVALID_HANDLE: i32 = -2;
/// The client is shutting down and takes nothing more.
pub const ALIMI_ERR_CLOSED: i32 = -3;
/// The process was forked after alimi_init; the child cannot use alimi. Fork first, then call alimi_init.
pub const ALIMI_ERR_FORKED: i32 = -4;
/// The buffer is too small; the size needed is in it, where it fits, and in the details.
pub const ALIMI_ERR_BUFFER_TOO_SMALL: i32 = -5;
/// Text is not valid in the encoding of the client, or cannot be written in it.
pub const ALIMI_ERR_ENCODING: i32 = -6;
/// No message with this key is in the outbox.
pub const ALIMI_ERR_NOT_FOUND: i32 = -7;
/// The message has left or has ended; it cannot be cancelled.
pub const ALIMI_ERR_TOO_LATE: i32 = -8;
/// The key belongs to an earlier message with other content.
pub const ALIMI_ERR_KEY_CONFLICT: i32 = -9;
/// An option name is not known.
pub const ALIMI_ERR_UNKNOWN_OPTION: i32 = -10;
/// This process has too many open clients.
pub const ALIMI_ERR_TOO_MANY_CLIENTS: i32 = -11;
/// The message has no final result yet, so there is nothing to acknowledge.
pub const ALIMI_ERR_UNFINISHED: i32 = -12;
/// The text is not the JSON that this argument takes.
pub const ALIMI_ERR_INVALID_JSON: i32 = -13;
/// The log callback holds up the thread that would have to do this; call it from elsewhere.
pub const ALIMI_ERR_INSIDE_CALLBACK: i32 = -14;
/// # Errors: configuration (alimi_init)
///
/// The configuration is not valid JSON.
pub const ALIMI_ERR_CONFIG_SYNTAX: i32 = -100;
/// The configuration has a key that is not known.
pub const ALIMI_ERR_CONFIG_UNKNOWN_KEY: i32 = -101;
/// A value of the configuration has the wrong type or is outside its range.
pub const ALIMI_ERR_CONFIG_VALUE: i32 = -102;
/// A file of the configuration cannot be read.
pub const ALIMI_ERR_CONFIG_FILE: i32 = -103;
/// A secret cannot be read from its variable or file.
pub const ALIMI_ERR_CONFIG_SECRET: i32 = -104;
/// Two parts of the configuration contradict each other.
pub const ALIMI_ERR_CONFIG_CONTRADICTION: i32 = -105;
/// # Errors: outbox, the file in which messages are kept
///
/// Another process or client holds the outbox.
pub const ALIMI_ERR_OUTBOX_LOCKED: i32 = -200;
/// The outbox holds as many messages or bytes as its configuration allows.
pub const ALIMI_ERR_OUTBOX_FULL: i32 = -201;
/// The disk of the outbox is full; what was accepted is kept.
pub const ALIMI_ERR_DISK_FULL: i32 = -202;
/// The outbox cannot be written.
pub const ALIMI_ERR_OUTBOX_READ_ONLY: i32 = -203;
/// The outbox file is damaged or is not an outbox.
pub const ALIMI_ERR_OUTBOX_CORRUPT: i32 = -204;
/// Reading, writing or syncing the outbox failed.
pub const ALIMI_ERR_OUTBOX_IO: i32 = -205;
/// The outbox was written by a newer version of alimi.
pub const ALIMI_ERR_OUTBOX_VERSION: i32 = -206;
/// The outbox cannot be opened or created at its path.
pub const ALIMI_ERR_OUTBOX_PATH: i32 = -207;
/// The outbox is sealed with another key than the configuration gives.
pub const ALIMI_ERR_OUTBOX_KEY: i32 = -208;
/// # Errors: content of a message
///
/// The recipient is not a Korean number that can take messages.
pub const ALIMI_ERR_RECIPIENT: i32 = -300;
/// The sender number is missing or has no form that carriers allow.
pub const ALIMI_ERR_SENDER_NUMBER: i32 = -301;
/// The account is not in the configuration.
pub const ALIMI_ERR_UNKNOWN_ACCOUNT: i32 = -302;
/// The template is not in the configuration.
pub const ALIMI_ERR_UNKNOWN_TEMPLATE: i32 = -303;
/// A variable of the template has no value.
pub const ALIMI_ERR_VARIABLE_MISSING: i32 = -304;
/// The template has no variable of this name.
pub const ALIMI_ERR_VARIABLE_UNKNOWN: i32 = -305;
/// The text differs from the approved template, or the gateway is known not to have that template so.
pub const ALIMI_ERR_TEMPLATE_MISMATCH: i32 = -306;
/// A part of the message is longer than the channel allows.
pub const ALIMI_ERR_TOO_LONG: i32 = -307;
/// SMS, LMS and MMS cannot carry a character of the text.
pub const ALIMI_ERR_NOT_CP949: i32 = -308;
/// A part of the message breaks a rule of the channel.
pub const ALIMI_ERR_CONTENT: i32 = -309;
/// A time of the message is malformed or outside its range.
pub const ALIMI_ERR_TIME: i32 = -310;
/// The configuration or the gateway does not allow this recipient.
pub const ALIMI_ERR_RECIPIENT_NOT_ALLOWED: i32 = -311;
/// More messages per minute than max_per_minute allows.
pub const ALIMI_ERR_RATE_LIMITED: i32 = -312;
/// An image cannot be read or breaks the rules of MMS.
pub const ALIMI_ERR_IMAGE: i32 = -313;
/// The gateway is not in the configuration.
pub const ALIMI_ERR_UNKNOWN_GATEWAY: i32 = -314;
/// An option has a value that is not allowed.
pub const ALIMI_ERR_OPTION: i32 = -315;
/// # Errors: inside alimi
///
/// A fault inside alimi; the outbox is kept.
pub const ALIMI_ERR_INTERNAL: i32 = -900;
/// The system did not give a thread.
pub const ALIMI_ERR_THREAD: i32 = -901;

/// # States of a message (5 and above are final)
///
/// Waits for its turn.
pub const ALIMI_STATE_QUEUED: i32 = 1;
/// Waits for its `send_at`.
pub const ALIMI_STATE_SCHEDULED: i32 = 2;
/// A request that carries it is under way, or its fate is being settled with the gateway.
pub const ALIMI_STATE_SENDING: i32 = 3;
/// The gateway took it; the report of delivery is awaited.
pub const ALIMI_STATE_ACCEPTED: i32 = 4;
/// Final: the gateway reported delivery.
pub const ALIMI_STATE_DELIVERED: i32 = 5;
/// Final: it was certainly not delivered.
pub const ALIMI_STATE_FAILED: i32 = 6;
/// Final: its time ran out before it left.
pub const ALIMI_STATE_EXPIRED: i32 = 7;
/// Final: the caller cancelled it before it left.
pub const ALIMI_STATE_CANCELLED: i32 = 8;
/// Final: it may have been delivered; nobody can tell.
pub const ALIMI_STATE_UNKNOWN: i32 = 9;

/// # Channels
///
/// KakaoTalk AlimTalk.
pub const ALIMI_CHANNEL_ALIMTALK: i32 = 1;
/// Short message, at most 90 bytes in CP949.
pub const ALIMI_CHANNEL_SMS: i32 = 2;
/// Long message, at most 2,000 bytes in CP949.
pub const ALIMI_CHANNEL_LMS: i32 = 3;
/// Long message with images.
pub const ALIMI_CHANNEL_MMS: i32 = 4;

/// # Certainties: whether a message left by its channel
///
/// It certainly did not go out by the channel named.
pub const ALIMI_CERTAINTY_NOT_SENT: i32 = 1;
/// It may have gone out.
pub const ALIMI_CERTAINTY_POSSIBLY_SENT: i32 = 2;
/// The gateway confirmed it.
pub const ALIMI_CERTAINTY_SENT: i32 = 3;

/// # Reasons: why a message ended, or last failed, as it did
///
/// Nothing to say: delivered, or still under way.
pub const ALIMI_REASON_NONE: i32 = 0;
/// The number belongs to no KakaoTalk user.
pub const ALIMI_REASON_NOT_KAKAO_USER: i32 = 100;
/// The recipient blocks the channel or AlimTalk.
pub const ALIMI_REASON_BLOCKED_BY_RECIPIENT: i32 = 101;
/// KakaoTalk cannot deliver there: not used lately, too old, or another SIM.
pub const ALIMI_REASON_KAKAO_UNREACHABLE: i32 = 102;
/// The number does not exist or cannot take messages.
pub const ALIMI_REASON_INVALID_RECIPIENT: i32 = 103;
/// The handset is off, out of reach, busy or full.
pub const ALIMI_REASON_HANDSET_UNREACHABLE: i32 = 104;
/// The recipient or the carrier refuses messages of this sender.
pub const ALIMI_REASON_RECIPIENT_REFUSES: i32 = 105;
/// Text, buttons, title or items differ from the approved template.
pub const ALIMI_REASON_TEMPLATE_MISMATCH: i32 = 200;
/// The template is missing, not approved, dormant or stopped.
pub const ALIMI_REASON_TEMPLATE_UNAVAILABLE: i32 = 201;
/// The gateway refuses the content: length, characters, fields.
pub const ALIMI_REASON_CONTENT_REFUSED: i32 = 202;
/// A spam filter refused it.
pub const ALIMI_REASON_SPAM: i32 = 203;
/// The gateway took it for a repeat of an earlier message.
pub const ALIMI_REASON_DUPLICATE_REFUSED: i32 = 204;
/// The recipient is outside what the gateway allows, e.g. the range of the sandbox.
pub const ALIMI_REASON_RECIPIENT_NOT_ALLOWED: i32 = 205;
/// The sender key or channel is wrong, blocked or closed.
pub const ALIMI_REASON_SENDER_KEY_INVALID: i32 = 300;
/// The sender number is not registered or is barred.
pub const ALIMI_REASON_SENDER_NUMBER_INVALID: i32 = 301;
/// The gateway refuses the login, the contract or the address of this host.
pub const ALIMI_REASON_CREDENTIALS_REFUSED: i32 = 302;
/// The balance or quota with the vendor is used up.
pub const ALIMI_REASON_BALANCE_EXHAUSTED: i32 = 303;
/// The gateway refuses the request for another matter of set-up.
pub const ALIMI_REASON_GATEWAY_CONFIGURATION: i32 = 304;
/// The gateway asks to slow down.
pub const ALIMI_REASON_THROTTLED: i32 = 400;
/// The gateway or the network behind it has a fault.
pub const ALIMI_REASON_GATEWAY_ERROR: i32 = 401;
/// The gateway cannot be reached.
pub const ALIMI_REASON_CONNECTION_FAILED: i32 = 402;
/// Not allowed at this hour.
pub const ALIMI_REASON_OUTSIDE_HOURS: i32 = 403;
/// The request left and no answer came.
pub const ALIMI_REASON_ANSWER_LOST: i32 = 500;
/// The gateway itself cannot tell whether it arrived.
pub const ALIMI_REASON_DELIVERY_UNCONFIRMED: i32 = 501;
/// No report came within the time set for it.
pub const ALIMI_REASON_REPORT_OVERDUE: i32 = 502;
/// The program ended while the request was under way.
pub const ALIMI_REASON_INTERRUPTED: i32 = 503;
/// The outbox was damaged: it may have been sent already.
pub const ALIMI_REASON_OUTBOX_DAMAGED: i32 = 504;
/// Its time ran out before it could leave.
pub const ALIMI_REASON_EXPIRED: i32 = 600;
/// The caller cancelled it.
pub const ALIMI_REASON_CANCELLED_BY_CALLER: i32 = 601;
/// The gateway gave a code that is not in its documents.
pub const ALIMI_REASON_OTHER: i32 = 900;

/// # Levels of the log
///
/// Nothing.
pub const ALIMI_LOG_OFF: i32 = 0;
/// What the operator must look at.
pub const ALIMI_LOG_ERROR: i32 = 1;
/// What may need a look.
pub const ALIMI_LOG_WARN: i32 = 2;
/// What alimi does, in few lines.
pub const ALIMI_LOG_INFO: i32 = 3;
/// The way of every message.
pub const ALIMI_LOG_DEBUG: i32 = 4;
/// Everything.
pub const ALIMI_LOG_TRACE: i32 = 5;

/// # Sizes and limits
///
/// Bytes that hold every key and its NUL.
pub const ALIMI_KEY_SIZE: i32 = 65;
/// Bytes that hold every text of alimi_last_error and alimi_error_text and its NUL.
pub const ALIMI_ERROR_SIZE: i32 = 1024;
/// Bytes of out_json that alimi_send_batch needs for each message, and as many once more.
pub const ALIMI_BATCH_ENTRY_SIZE: i32 = 512;
/// Smallest size of an alimi_result_t: its members up to and with `key`.
pub const ALIMI_RESULT_SIZE_MIN: i32 = 92;
/// Longest wait of any function in milliseconds (one hour); a longer timeout means this one.
pub const ALIMI_TIMEOUT_MAX: i32 = 3600000;
/// Most clients open in one process.
pub const ALIMI_CLIENTS_MAX: i32 = 256;

#[cfg(test)]
mod tests {
    use crate::error::Code;
    use crate::message::{Certainty, Channel, Reason, State};
    use std::collections::BTreeMap;

    /// `NAME -> (number, doc)` of constants above, read from the text because that is what the generator reads. `codes`
    /// chooses between the codes, which come first, and everything else.
    fn constants(codes: bool) -> BTreeMap<String, (i32, String)> {
        let (first, second) = include_str!("codes.rs").split_once("/// # States of a message").unwrap();
        let mut found = BTreeMap::new();
        let mut doc = "";
        for line in if codes { first } else { second }.lines() {
            if let Some(text) = line.strip_prefix("/// ") {
                doc = text;
            } else if let Some(constant) = line.strip_prefix("pub const ") {
                let (name, rest) = constant.split_once(": i32 = ").unwrap();
                let number = rest.strip_suffix(';').unwrap().parse().unwrap();
                assert!(found.insert(name.to_owned(), (number, doc.to_owned())).is_none(), "{name} stands twice");
            }
        }
        found
    }

    #[test]
    fn the_codes_of_the_header_are_those_of_the_library_with_the_same_words() {
        let library = Code::ALL.iter().map(|code| (code.name().to_owned(), (*code as i32, code.meaning().to_owned())));
        assert_eq!(constants(true), library.collect());
    }

    #[test]
    fn the_enums_of_the_header_are_those_of_the_library() {
        let header = constants(false);
        let named = |prefix: &str| -> BTreeMap<String, i32> {
            let with_prefix = header.iter().filter(|(name, _)| name.starts_with(prefix));
            with_prefix.map(|(name, (number, _))| (name.clone(), *number)).collect()
        };
        let listed = |prefix: &str, words: Vec<(&str, i32)>| -> BTreeMap<String, i32> {
            words.into_iter().map(|(word, number)| (format!("{prefix}{}", word.to_uppercase()), number)).collect()
        };
        let states = State::ALL.iter().map(|s| (s.word(), *s as i32)).collect();
        assert_eq!(named("ALIMI_STATE_"), listed("ALIMI_STATE_", states));
        let channels = Channel::ALL.iter().map(|c| (c.word(), *c as i32)).collect();
        assert_eq!(named("ALIMI_CHANNEL_"), listed("ALIMI_CHANNEL_", channels));
        let certainties = Certainty::ALL.iter().map(|c| (c.word(), *c as i32)).collect();
        assert_eq!(named("ALIMI_CERTAINTY_"), listed("ALIMI_CERTAINTY_", certainties));
        let reasons = Reason::ALL.iter().map(|r| (r.word(), *r as i32)).collect();
        assert_eq!(named("ALIMI_REASON_"), listed("ALIMI_REASON_", reasons));
        let levels = log::LevelFilter::iter().map(|l| (l.as_str(), l as i32)).collect();
        assert_eq!(named("ALIMI_LOG_"), listed("ALIMI_LOG_", levels));
    }
}
