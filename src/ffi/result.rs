//! `alimi_result_t`: a result as C sees it.
//!
//! Invariants: 32-bit integers and byte arrays of a multiple of four bytes only, so every compiler lays it out the same
//! way under every packing; it grows at its end alone; never more than the caller's `size` bytes are written, and only
//! whole members.

use super::codes::{ALIMI_KEY_SIZE, ALIMI_RESULT_SIZE_MIN};
use super::text::{encode_cut, encode_json};
use super::unit::Unit;
use crate::config::Encoding;
use crate::error::{Code, Error, Result};
use crate::message::MessageResult;
use crate::time::Timestamp;
use std::ffi::c_char;
use std::mem::{offset_of, size_of};
use std::ptr;

/// # The result
///
/// Where a message stands, or how it ended.
///
/// Set `size` to sizeof(alimi_result_t) before each call; alimi writes at most that many bytes, and leaves in `size`
/// how many it has written, so a program built with an older or a newer header than the library works. Texts are
/// NUL-terminated in the encoding of the client; a text that is longer than its member is cut at a character, and a
/// character that the encoding lacks is written as '?' (alimi_poll_result_json gives everything whole).
/// Times are ISO 8601 in Korean time, e.g. 2026-12-01T09:00:00.000+09:00; empty where it has not happened.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct alimi_result_t {
    /// In: bytes that alimi may write, at least ALIMI_RESULT_SIZE_MIN. Out: bytes written.
    pub size: i32,
    /// ALIMI_STATE_...
    pub state: i32,
    /// ALIMI_CHANNEL_...: the channel it stands at, or ended by.
    pub channel: i32,
    /// ALIMI_CERTAINTY_...: whether it left by that channel.
    pub certainty: i32,
    /// Requests that carried it, over all channels.
    pub attempts: i32,
    /// ALIMI_REASON_...: why it ended, or last failed.
    pub reason: i32,
    /// The key of the message.
    pub key: [c_char; 68],
    /// The sending institution, by its name in the configuration.
    pub account: [c_char; 128],
    /// The gateway, by its name in the configuration.
    pub gateway: [c_char; 64],
    /// The gateway's name for the message; empty where it gave none.
    pub gateway_id: [c_char; 128],
    /// The gateway's own code; empty where it gave none.
    pub gateway_code: [c_char; 32],
    /// When alimi accepted it.
    pub created: [c_char; 32],
    /// When the gateway last accepted it.
    pub sent: [c_char; 32],
    /// When it ended.
    pub finished: [c_char; 32],
    /// A sentence in English for logs and screens, without personal data.
    pub text: [c_char; 256],
}

macro_rules! members {
    ($($name:ident)*) => { [$((stringify!($name), offset_of!(alimi_result_t, $name))),*] };
}

/// Where each member begins. A smaller `size` is cut back to one of these.
const MEMBERS: [(&str, usize); 15] = members! {
    size state channel certainty attempts reason key account gateway gateway_id gateway_code created sent finished text
};

/// A larger `size` is not that of a structure but memory that was never set.
const SIZE_MAX: usize = 64 * 1024;

// The constants of the header and the layout must agree.
const _: () = {
    assert!(offset_of!(alimi_result_t, account) == ALIMI_RESULT_SIZE_MIN as usize);
    assert!(offset_of!(alimi_result_t, account) - offset_of!(alimi_result_t, key) >= ALIMI_KEY_SIZE as usize);
};

impl alimi_result_t {
    /// The whole result.
    pub(super) fn new(result: &MessageResult, encoding: Encoding) -> Self {
        let time = |time: Option<Timestamp>| text(&time.map(Timestamp::to_iso).unwrap_or_default(), encoding);
        alimi_result_t {
            size: size_of::<Self>() as i32,
            state: result.state as i32,
            channel: result.channel as i32,
            certainty: result.certainty as i32,
            attempts: result.attempts,
            reason: result.reason as i32,
            key: text(&result.key, encoding),
            account: text(&result.account, encoding),
            gateway: text(&result.gateway, encoding),
            gateway_id: text(&result.reference, encoding),
            gateway_code: text(&result.vendor_code, encoding),
            created: text(&result.created.to_iso(), encoding),
            sent: time(result.sent),
            finished: time(result.finished),
            text: text(&result.text, encoding),
        }
    }
}

/// A NUL-terminated member.
fn text<const N: usize>(text: &str, encoding: Encoding) -> [c_char; N] {
    let mut member = [0; N];
    for (to, from) in member.iter_mut().zip(&*encode_cut::<u8>(text, encoding, N - 1)) {
        *to = *from as c_char;
    }
    member
}

/// A caller's structure, checked.
pub(super) struct Room {
    start: *mut u8,
    size: usize,
}

impl Room {
    /// Reads and checks `size`.
    ///
    /// # Safety
    /// `result` is NULL or points to `size` writable bytes that begin with `size` itself. It need not be aligned.
    pub(super) unsafe fn new(result: *mut alimi_result_t) -> Result<Room> {
        let refuse = |what: String| Err(Error::new(Code::InvalidArgument, what));
        if result.is_null() {
            return refuse("inout_result: is NULL; it must point to an alimi_result_t".into());
        }
        // SAFETY: `size` is the first member, and the caller of this function answers for it.
        let given = unsafe { result.cast::<i32>().read_unaligned() };
        match usize::try_from(given) {
            Ok(size) if (ALIMI_RESULT_SIZE_MIN as usize..=SIZE_MAX).contains(&size) => {
                Ok(Room { start: result.cast(), size })
            }
            _ => refuse(format!(
                "inout_result: size is {given}; set it to sizeof(alimi_result_t), at least {ALIMI_RESULT_SIZE_MIN}"
            )),
        }
    }

    /// Writes as many whole members as there is room for.
    pub(super) fn write(&self, result: &MessageResult, encoding: Encoding) {
        let ends = MEMBERS.into_iter().map(|(_, begin)| begin).chain([size_of::<alimi_result_t>()]);
        let length = ends.filter(|&end| end <= self.size).max().unwrap_or(0);
        let mut whole = alimi_result_t::new(result, encoding);
        whole.size = length as i32;
        // SAFETY: `length` is at most the size of either side; `new` was promised that many writable bytes.
        unsafe { ptr::copy_nonoverlapping((&raw const whole).cast::<u8>(), self.start, length) };
    }
}

/// A result as JSON in the caller's encoding: one flat object, always with all members, in this order.
pub(super) fn to_json<T: Unit>(result: &MessageResult, encoding: Encoding) -> Vec<T> {
    let time = |time: Option<Timestamp>| time.map(Timestamp::to_iso).unwrap_or_default();
    let members = [
        ("key", result.key.as_str().into()),
        ("state", result.state.word().into()),
        ("channel", result.channel.word().into()),
        ("certainty", result.certainty.word().into()),
        ("attempts", serde_json::Value::from(result.attempts)),
        ("reason", result.reason.word().into()),
        ("account", result.account.as_str().into()),
        ("gateway", result.gateway.as_str().into()),
        ("gateway_id", result.reference.as_str().into()),
        ("gateway_code", result.vendor_code.as_str().into()),
        ("template", result.template.as_str().into()),
        ("tag", result.tag.as_str().into()),
        ("created", result.created.to_iso().into()),
        ("sent", time(result.sent).into()),
        ("finished", time(result.finished).into()),
        ("text", result.text.as_str().into()),
    ];
    // Written member by member: a map of serde_json would sort them.
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    encode_json(&format!("{{{}}}", members.join(",")), encoding).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Certainty, Channel, Reason, State};
    use std::ffi::CStr;

    fn example() -> MessageResult {
        MessageResult {
            key: "APPT-1".into(),
            state: State::Delivered,
            channel: Channel::Lms,
            certainty: Certainty::Sent,
            attempts: 3,
            reason: Reason::NotKakaoUser,
            account: "본원".into(),
            gateway: "sandbox".into(),
            reference: "가".repeat(100),
            vendor_code: String::new(),
            template: "visit".into(),
            tag: "\u{a9}\"".into(),
            created: Timestamp(1_796_083_200_000),
            sent: None,
            finished: Some(Timestamp(1_796_083_201_000)),
            text: "Delivered.".into(),
        }
    }

    fn read(member: &[c_char]) -> &[u8] {
        // SAFETY: the tests look at members that must be terminated; the slice ends the search.
        assert!(member.contains(&0));
        unsafe { CStr::from_ptr(member.as_ptr()) }.to_bytes()
    }

    #[test]
    fn members_follow_each_other_without_a_gap_and_start_at_multiples_of_four() {
        assert_eq!(size_of::<alimi_result_t>(), 6 * 4 + 68 + 128 + 64 + 128 + 32 + 3 * 32 + 256);
        assert!(MEMBERS.iter().all(|(_, begin)| begin % 4 == 0));
        assert!(MEMBERS.is_sorted_by_key(|(_, begin)| begin));
    }

    /// The same file is compared with what C compilers make of the header.
    #[test]
    fn the_layout_is_the_one_promised() {
        let mut lines: Vec<_> = MEMBERS.iter().map(|(name, begin)| format!("{name} {begin}\n")).collect();
        lines.push(format!("sizeof {}\n", size_of::<alimi_result_t>()));
        assert_eq!(lines.concat(), include_str!("../../tests/c/layout.txt"));
    }

    #[test]
    fn texts_are_in_the_encoding_of_the_client_and_cut_at_a_character() {
        let utf8 = alimi_result_t::new(&example(), Encoding::Utf8);
        assert_eq!(read(&utf8.account), "본원".as_bytes());
        assert_eq!(read(&utf8.gateway_id), "가".repeat(42).as_bytes());
        let cp949 = alimi_result_t::new(&example(), Encoding::Cp949);
        assert_eq!(read(&cp949.account), b"\xba\xbb\xbf\xf8");
        assert_eq!(read(&cp949.gateway_id), b"\xb0\xa1".repeat(63));
        assert_eq!(read(&cp949.sent), b"");
        assert_eq!(read(&cp949.finished), b"2026-12-01T09:00:01.000+09:00");
        assert_eq!((cp949.state, cp949.channel, cp949.certainty, cp949.reason), (5, 3, 3, 100));
    }

    #[test]
    fn no_size_makes_it_write_more_than_that_or_half_a_member() {
        for size in 0..(size_of::<alimi_result_t>() + 64) {
            // One byte off, so that the structure is not aligned.
            let mut memory = vec![0xee_u8; 1 + size.max(4) + 16];
            memory[1..5].copy_from_slice(&(size as i32).to_ne_bytes());
            // SAFETY: the memory is larger than `size`.
            let room = unsafe { Room::new(memory.as_mut_ptr().add(1).cast()) };
            if size < ALIMI_RESULT_SIZE_MIN as usize {
                let error = room.err().unwrap();
                assert!(error.text().starts_with(&format!("inout_result: size is {size};")), "{error}");
                continue;
            }
            room.unwrap().write(&example(), Encoding::Utf8);
            let written = i32::from_ne_bytes(memory[1..5].try_into().unwrap()) as usize;
            let ends = MEMBERS.iter().map(|(_, begin)| *begin).chain([size_of::<alimi_result_t>()]);
            assert_eq!(Some(written), ends.filter(|end| *end <= size).max());
            assert!(memory[1 + written..].iter().all(|&byte| byte == 0xee));
            assert_eq!(memory[written], 0, "the last member is terminated");
        }
    }

    #[test]
    fn sizes_that_no_structure_has_are_refused() {
        for size in [i32::MIN, -1, 65_537, i32::MAX] {
            let mut memory = [size; 256];
            // SAFETY: refused before anything but the size is touched.
            let error = unsafe { Room::new(memory.as_mut_ptr().cast()) }.err().unwrap();
            assert_eq!(error.code(), Code::InvalidArgument);
        }
        // SAFETY: NULL is refused.
        assert!(unsafe { Room::new(ptr::null_mut()) }.is_err());
    }

    #[test]
    fn json_has_every_member_of_the_result_in_a_fixed_order() {
        let json = String::from_utf8(to_json::<u8>(&example(), Encoding::Utf8)).unwrap();
        assert!(
            json.starts_with(r#"{"key":"APPT-1","state":"delivered","channel":"lms","certainty":"sent","attempts":3,"#)
        );
        let parsed: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(parsed.len(), 16);
        assert_eq!(parsed["gateway_id"], "가".repeat(100));
        assert_eq!(parsed["tag"], "\u{a9}\"");
        assert_eq!(parsed["sent"], "");
        let cp949 = to_json::<u8>(&example(), Encoding::Cp949);
        let text = crate::encoding::decode(&cp949, Encoding::Cp949).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).unwrap(), parsed);
    }
}
