//! Text across the border.
//!
//! Invariants: text in is read up to its NUL or a limit, never further, and copied before anything else happens; text
//! out is always NUL-terminated, never more than the capacity, and whole or not there at all.

use crate::config::Encoding;
use crate::encoding::{decode, encode};
use crate::error::{Code, Error, Result};
use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr;

/// Keys, numbers, names.
pub(super) const SHORT_MAX: usize = 1024;
/// Texts, variables, options, queries.
pub(super) const LONG_MAX: usize = 256 * 1024;
/// The configuration.
pub(super) const CONFIG_MAX: usize = 4 * 1024 * 1024;
/// A batch.
pub(super) const BATCH_MAX: usize = 16 * 1024 * 1024;

/// Reads an argument that must be there.
///
/// # Safety
/// `text` is NULL or readable up to its NUL, or up to `max` + 1 bytes.
pub(super) unsafe fn read(name: &str, text: *const c_char, max: usize, encoding: Encoding) -> Result<String> {
    if text.is_null() {
        return Err(Error::new(Code::InvalidArgument, format!("{name}: is NULL; it must point to text")));
    }
    // SAFETY: not NULL; the caller of this function answers for the rest.
    let bytes = unsafe { bytes(name, text, max) }?;
    match decode(bytes, encoding) {
        Ok(text) => Ok(text.into_owned()),
        Err(position) => {
            let expected = match encoding {
                Encoding::Utf8 => "UTF-8",
                Encoding::Cp949 => "CP949",
            };
            Err(Error::new(Code::Encoding, format!("{name}: byte {position} (counted from 0) is not {expected} text")))
        }
    }
}

/// Reads an argument that may be NULL, which is the empty text.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn read_or_empty(name: &str, text: *const c_char, max: usize, encoding: Encoding) -> Result<String> {
    if text.is_null() {
        return Ok(String::new());
    }
    // SAFETY: the caller of this function answers for it.
    unsafe { read(name, text, max, encoding) }
}

/// Reads the configuration, whose encoding is not known yet: UTF-8, or else CP949. Korean in CP949 is practically never
/// valid UTF-8, and ASCII is both.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn read_config(config: *const c_char) -> Result<(String, Encoding)> {
    // SAFETY: the caller of this function answers for it.
    match unsafe { read("config", config, CONFIG_MAX, Encoding::Utf8) } {
        Err(error) if error.code() == Code::Encoding => {}
        other => return other.map(|text| (text, Encoding::Utf8)),
    }
    // SAFETY: the same.
    match unsafe { read("config", config, CONFIG_MAX, Encoding::Cp949) } {
        Err(error) if error.code() == Code::Encoding => {
            Err(Error::new(Code::Encoding, format!("{}, nor is the whole UTF-8 text", error.text())))
        }
        other => other.map(|text| (text, Encoding::Cp949)),
    }
}

/// # Safety
/// `text` is readable up to its NUL, or up to `max` + 1 bytes.
unsafe fn bytes<'a>(name: &str, text: *const c_char, max: usize) -> Result<&'a [u8]> {
    let start = text.cast::<u8>();
    for length in 0..=max {
        // SAFETY: every byte before this one was not NUL and `length` is at most `max`.
        if unsafe { start.add(length).read() } == 0 {
            // SAFETY: these bytes were just read.
            return Ok(unsafe { std::slice::from_raw_parts(start, length) });
        }
    }
    Err(Error::new(Code::InvalidArgument, format!("{name}: no NUL within {max} bytes; that is the most allowed")))
}

/// A caller's buffer, checked.
pub(super) struct Output {
    start: *mut u8,
    capacity: usize,
}

impl Output {
    /// Takes a buffer of `capacity` bytes. `name` is the argument's, for the error.
    ///
    /// # Safety
    /// `start` is NULL or writable for `capacity` bytes.
    pub(super) unsafe fn new(name: &str, start: *mut c_char, capacity: i32) -> Result<Output> {
        let refuse = |what: String| Err(Error::new(Code::InvalidArgument, what));
        let Ok(capacity) = usize::try_from(capacity) else {
            return refuse(format!("capacity of {name}: is {capacity}; it must be the size of the buffer in bytes"));
        };
        if start.is_null() {
            return refuse(format!("{name}: is NULL; it must point to a buffer"));
        }
        Ok(Output { start: start.cast(), capacity })
    }

    /// Writes text and its NUL, or says how much room is needed.
    pub(super) fn write(&self, text: &[u8]) -> Result<()> {
        self.require(text.len() + 1)?;
        self.put(text);
        Ok(())
    }

    /// Refuses when there is less room than `needed`; the buffer then holds `needed` in decimal digits, where they fit.
    pub(super) fn require(&self, needed: usize) -> Result<()> {
        if needed <= self.capacity {
            return Ok(());
        }
        let digits = needed.to_string();
        if digits.len() < self.capacity {
            self.put(digits.as_bytes());
        } else if self.capacity > 0 {
            self.put(b"");
        }
        let capacity = self.capacity;
        Err(Error::new(Code::BufferTooSmall, format!("{needed} bytes are needed, the buffer has {capacity}")))
    }

    fn put(&self, text: &[u8]) {
        debug_assert!(text.len() < self.capacity);
        // SAFETY: `new` was promised `capacity` writable bytes, the callers checked that text and NUL fit, and `text`
        // is memory of ours.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), self.start, text.len());
            self.start.add(text.len()).write(0);
        }
    }
}

/// An answer that is JSON or another text, e.g. CSV.
pub(super) fn encode_answer(text: &str, encoding: Encoding) -> Result<Vec<u8>> {
    if text.starts_with(['{', '[']) { Ok(encode_json(text, encoding)) } else { encode_strict(text, encoding) }
}

/// A value as JSON.
pub(super) fn encode_value(value: &impl serde::Serialize, encoding: Encoding) -> Result<Vec<u8>> {
    let json = serde_json::to_string(value)
        .map_err(|error| Error::new(Code::Internal, format!("an answer could not be written as JSON: {error}")))?;
    Ok(encode_json(&json, encoding))
}

fn encode_strict(text: &str, encoding: Encoding) -> Result<Vec<u8>> {
    encode(text, encoding).map(|bytes| bytes.into_owned()).map_err(|position| {
        let character = text.get(position..).and_then(|rest| rest.chars().next()).map_or(0, u32::from);
        Error::new(Code::Encoding, format!("the answer holds U+{character:04X}, which CP949 lacks; ask for JSON"))
    })
}

/// JSON in the caller's encoding. Outside ASCII, JSON has text inside strings alone, so a character that the encoding
/// lacks is written as `\uXXXX` and nothing is lost.
pub(super) fn encode_json(json: &str, encoding: Encoding) -> Vec<u8> {
    if let Ok(bytes) = encode(json, encoding) {
        return bytes.into_owned();
    }
    let mut bytes = Vec::with_capacity(json.len());
    for character in json.chars() {
        match encode(character.encode_utf8(&mut [0; 4]), encoding) {
            Ok(encoded) => bytes.extend_from_slice(&encoded),
            Err(_) => character
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| bytes.extend_from_slice(format!("\\u{unit:04x}").as_bytes())),
        }
    }
    bytes
}

/// At most `max` bytes of text for people: cut at a character, `?` for what the encoding lacks and for NUL.
pub(super) fn encode_cut(text: &str, encoding: Encoding, max: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len().min(max));
    for character in text.chars().map(|character| if character == '\0' { '?' } else { character }) {
        let mut buffer = [0; 4];
        let encoded = encode(character.encode_utf8(&mut buffer), encoding).unwrap_or(Cow::Borrowed(b"?"));
        if bytes.len() + encoded.len() > max {
            break;
        }
        bytes.extend_from_slice(&encoded);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &[u8], capacity: usize) -> (Result<()>, Vec<u8>) {
        let mut buffer = vec![0xee_u8; capacity + 8];
        // SAFETY: the buffer is larger than the capacity.
        let output = unsafe { Output::new("buf", buffer.as_mut_ptr().cast(), capacity as i32) }.unwrap();
        let result = output.write(text);
        assert!(buffer[capacity..].iter().all(|&byte| byte == 0xee), "nothing is written behind the capacity");
        buffer.truncate(capacity);
        (result, buffer)
    }

    #[test]
    fn text_is_whole_and_terminated_or_the_buffer_holds_the_size_it_needs() {
        let text = b"0123456789abcdef";
        for capacity in 0..40 {
            let (result, buffer) = written(text, capacity);
            if capacity > text.len() {
                assert_eq!(result, Ok(()));
                assert_eq!(&buffer[..=text.len()], b"0123456789abcdef\0");
                continue;
            }
            let error = result.unwrap_err();
            assert_eq!(error.code(), Code::BufferTooSmall);
            assert_eq!(error.text(), format!("17 bytes are needed, the buffer has {capacity}"));
            match capacity {
                0 => {}
                1 | 2 => assert_eq!(buffer[0], 0),
                _ => assert_eq!(&buffer[..3], b"17\0"),
            }
        }
    }

    #[test]
    fn a_buffer_that_is_null_or_has_a_negative_size_is_refused_by_name() {
        let mut byte = 0;
        for (start, capacity, says) in [
            (ptr::null_mut(), 10, "out_key: is NULL"),
            (&raw mut byte, -1, "capacity of out_key: is -1"),
            (&raw mut byte, i32::MIN, "capacity of out_key: is -2147483648"),
        ] {
            // SAFETY: refused before the buffer is used.
            let error = unsafe { Output::new("out_key", start, capacity) }.err().unwrap();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.text().starts_with(says), "{error}");
        }
    }

    #[test]
    fn text_is_read_to_its_nul_or_to_the_limit_and_not_further() {
        // SAFETY: every text here is terminated, or as long as the limit allows to read.
        unsafe {
            let ok = read("to", c"abc".as_ptr(), 3, Encoding::Utf8);
            assert_eq!(ok.unwrap(), "abc");
            let unterminated = [b'a' as c_char; 5];
            let error = read("to", unterminated.as_ptr(), 4, Encoding::Utf8).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert_eq!(error.text(), "to: no NUL within 4 bytes; that is the most allowed");
            assert_eq!(read("to", ptr::null(), 4, Encoding::Utf8).unwrap_err().code(), Code::InvalidArgument);
            assert_eq!(read_or_empty("to", ptr::null(), 4, Encoding::Utf8).unwrap(), "");
        }
    }

    #[test]
    fn wrong_bytes_are_an_error_with_the_argument_and_the_position_but_not_the_text() {
        // SAFETY: the text is terminated.
        let error = unsafe { read("text", c"kim\xff".as_ptr(), 100, Encoding::Utf8) }.unwrap_err();
        assert_eq!(error.code(), Code::Encoding);
        assert_eq!(error.text(), "text: byte 3 (counted from 0) is not UTF-8 text");
    }

    #[test]
    fn the_encoding_of_a_configuration_is_found() {
        // SAFETY: the texts are terminated.
        unsafe {
            assert_eq!(read_config(c"{}".as_ptr()).unwrap(), ("{}".into(), Encoding::Utf8));
            assert_eq!(read_config(c"가".as_ptr()).unwrap(), ("가".into(), Encoding::Utf8));
            assert_eq!(read_config(c"\xb0\xa1".as_ptr()).unwrap(), ("가".into(), Encoding::Cp949));
            let error = read_config(c"ab\xff".as_ptr()).unwrap_err();
            assert_eq!(error.code(), Code::Encoding);
            assert!(error.text().starts_with("config: byte 2 "), "{error}");
        }
    }

    #[test]
    fn json_loses_nothing_that_cp949_lacks() {
        let json = serde_json::to_string("가\u{a9}나\u{1f600}").unwrap();
        let bytes = encode_json(&json, Encoding::Cp949);
        let text = decode(&bytes, Encoding::Cp949).unwrap();
        assert!(text.contains("\\u00a9"), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "가\u{a9}나\u{1f600}");
        assert_eq!(encode_json(&json, Encoding::Utf8), json.as_bytes());
    }

    #[test]
    fn other_text_that_cp949_lacks_is_an_error_or_a_question_mark_for_people() {
        let error = encode_strict("가\u{a9}", Encoding::Cp949).unwrap_err();
        assert_eq!(error.code(), Code::Encoding);
        assert!(error.text().contains("U+00A9"), "{error}");
        assert_eq!(encode_cut("\u{a9}가\0b", Encoding::Cp949, 10), b"?\xb0\xa1?b");
        assert_eq!(encode_cut("a가가", Encoding::Cp949, 4), b"a\xb0\xa1");
        assert_eq!(encode_cut("a가가", Encoding::Utf8, 6), "a가".as_bytes());
    }
}
