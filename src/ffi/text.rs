//! Text across the border, in bytes or in UTF-16.
//!
//! Invariants: text in is read up to its NUL or a limit, never further, and copied before anything else happens; text
//! out is always NUL-terminated, never more than the capacity, and whole or not there at all. Lengths, limits, positions
//! and capacities count units: bytes, or those of UTF-16. No pointer need be aligned.

use super::unit::Unit;
use crate::config::Encoding;
use crate::error::{Code, Error, Result};
use std::borrow::Cow;
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
/// `text` is NULL or readable up to its NUL, or up to `max` + 1 units.
pub(super) unsafe fn read<T: Unit>(name: &str, text: *const T, max: usize, encoding: Encoding) -> Result<String> {
    if text.is_null() {
        return Err(Error::new(Code::InvalidArgument, format!("{name}: is NULL; it must point to text")));
    }
    // SAFETY: not NULL; the caller of this function answers for the rest.
    let units = unsafe { units(name, text, max) }?;
    T::decode(&units, encoding)
        .map_err(|position| Error::new(Code::Encoding, format!("{name}: {}", T::wrong(position, encoding))))
}

/// Reads an argument that may be NULL, which is the empty text.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn read_or_empty<T: Unit>(
    name: &str,
    text: *const T,
    max: usize,
    encoding: Encoding,
) -> Result<String> {
    if text.is_null() {
        return Ok(String::new());
    }
    // SAFETY: the caller of this function answers for it.
    unsafe { read(name, text, max, encoding) }
}

/// Reads the configuration, whose encoding is not known yet: the first of [`Unit::TRIED`] in which it is text. Korean in
/// CP949 is practically never valid UTF-8, and ASCII is both.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn read_config<T: Unit>(config: *const T) -> Result<(String, Encoding)> {
    let mut refused = None;
    for &encoding in T::TRIED {
        // SAFETY: the caller of this function answers for it.
        match unsafe { read("config", config, CONFIG_MAX, encoding) } {
            Ok(text) => return Ok((text, encoding)),
            Err(error) if error.code() == Code::Encoding => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    let last = refused.as_ref().map_or("", Error::text);
    let others = if T::TRIED.len() > 1 { ", nor is the whole UTF-8 text" } else { "" };
    Err(Error::new(Code::Encoding, format!("{last}{others}")))
}

/// # Safety
/// `text` is readable up to its NUL, or up to `max` + 1 units.
unsafe fn units<T: Unit>(name: &str, text: *const T, max: usize) -> Result<Vec<T>> {
    let mut length = 0;
    // The plainest loop: a batch is looked through byte by byte, and a range with its end costs three times as much.
    // SAFETY: every unit before this one was not NUL and `length` is at most `max`.
    while unsafe { text.add(length).read_unaligned() } != T::NUL {
        if length == max {
            let what = format!("{name}: no NUL within {max} {}; that is the most allowed", T::NAME);
            return Err(Error::new(Code::InvalidArgument, what));
        }
        length += 1;
    }
    let mut units = vec![T::NUL; length];
    // SAFETY: these units were just read; bytes need no alignment.
    unsafe { ptr::copy_nonoverlapping(text.cast::<u8>(), units.as_mut_ptr().cast(), length * size_of::<T>()) };
    Ok(units)
}

/// A caller's buffer, checked.
pub(super) struct Output<T> {
    start: *mut T,
    capacity: usize,
}

impl<T: Unit> Output<T> {
    /// Takes a buffer of `capacity` units. `name` is the argument's, for the error.
    ///
    /// # Safety
    /// `start` is NULL or writable for `capacity` units.
    pub(super) unsafe fn new(name: &str, start: *mut T, capacity: i32) -> Result<Output<T>> {
        let refuse = |what: String| Err(Error::new(Code::InvalidArgument, what));
        let Ok(capacity) = usize::try_from(capacity) else {
            let units = T::NAME;
            return refuse(format!("capacity of {name}: is {capacity}; it must be the size of the buffer in {units}"));
        };
        if start.is_null() {
            return refuse(format!("{name}: is NULL; it must point to a buffer"));
        }
        Ok(Output { start, capacity })
    }

    /// Writes text and its NUL, or says how much room is needed.
    pub(super) fn write(&self, text: &[T]) -> Result<()> {
        self.require(text.len() + 1)?;
        self.put(text);
        Ok(())
    }

    /// [`Output::write`] of text that every encoding has.
    pub(super) fn write_ascii(&self, text: &str) -> Result<()> {
        self.write(&ascii(text))
    }

    /// Refuses when there is less room than `needed`; the buffer then holds `needed` in decimal digits, where they fit.
    pub(super) fn require(&self, needed: usize) -> Result<()> {
        if needed <= self.capacity {
            return Ok(());
        }
        let digits = needed.to_string();
        if digits.len() < self.capacity {
            self.put(&ascii(&digits));
        } else if self.capacity > 0 {
            self.put(&[]);
        }
        let (capacity, units) = (self.capacity, T::NAME);
        Err(Error::new(Code::BufferTooSmall, format!("{needed} {units} are needed, the buffer has {capacity}")))
    }

    fn put(&self, text: &[T]) {
        debug_assert!(text.len() < self.capacity);
        // SAFETY: `new` was promised `capacity` writable units, the callers checked that text and NUL fit, and `text`
        // is memory of ours; bytes need no alignment.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr().cast::<u8>(), self.start.cast(), size_of_val(text));
            self.start.add(text.len()).write_unaligned(T::NUL);
        }
    }
}

fn ascii<T: Unit>(text: &str) -> Vec<T> {
    text.bytes().map(T::from_ascii).collect()
}

/// An answer that is JSON or another text, e.g. CSV.
pub(super) fn encode_answer<T: Unit>(text: &str, encoding: Encoding) -> Result<Cow<'_, [T]>> {
    if text.starts_with(['{', '[']) { Ok(encode_json(text, encoding)) } else { encode_strict(text, encoding) }
}

/// A value as JSON.
pub(super) fn encode_value<T: Unit>(value: &impl serde::Serialize, encoding: Encoding) -> Result<Vec<T>> {
    let json = serde_json::to_string(value)
        .map_err(|error| Error::new(Code::Internal, format!("an answer could not be written as JSON: {error}")))?;
    Ok(encode_json(&json, encoding).into_owned())
}

fn encode_strict<T: Unit>(text: &str, encoding: Encoding) -> Result<Cow<'_, [T]>> {
    T::encode(text, encoding).map_err(|position| {
        let character = text.get(position..).and_then(|rest| rest.chars().next()).map_or(0, u32::from);
        Error::new(Code::Encoding, format!("the answer holds U+{character:04X}, which CP949 lacks; ask for JSON"))
    })
}

/// JSON in the caller's encoding. Outside ASCII, JSON has text inside strings alone, so a character that the encoding
/// lacks is written as `\uXXXX` and nothing is lost.
pub(super) fn encode_json<T: Unit>(json: &str, encoding: Encoding) -> Cow<'_, [T]> {
    if let Ok(units) = T::encode(json, encoding) {
        return units;
    }
    let mut units = Vec::with_capacity(json.len());
    for character in json.chars() {
        match T::encode(character.encode_utf8(&mut [0; 4]), encoding) {
            Ok(encoded) => units.extend_from_slice(&encoded),
            Err(_) => character
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| units.extend(ascii::<T>(&format!("\\u{unit:04x}")))),
        }
    }
    units.into()
}

/// At most `max` units of text for people: cut at a character, `?` for what the encoding lacks and for NUL.
pub(super) fn encode_cut<T: Unit>(text: &str, encoding: Encoding, max: usize) -> Cow<'_, [T]> {
    // Nearly every text fits whole and has nothing to replace; character by character costs some fifty times as much.
    if let Ok(whole) = T::encode(text, encoding)
        && whole.len() <= max
        && !text.contains('\0')
    {
        return whole;
    }
    let mut units = Vec::with_capacity(text.len().min(max));
    for character in text.chars().map(|character| if character == '\0' { '?' } else { character }) {
        let mut buffer = [0; 4];
        let encoded = T::encode(character.encode_utf8(&mut buffer), encoding).unwrap_or_else(|_| ascii("?").into());
        if units.len() + encoded.len() > max {
            break;
        }
        units.extend_from_slice(&encoded);
    }
    units.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::decode;
    use std::ffi::CStr;

    fn start(text: &CStr) -> *const u8 {
        text.as_ptr().cast()
    }

    fn written(text: &[u8], capacity: usize) -> (Result<()>, Vec<u8>) {
        let mut buffer = vec![0xee_u8; capacity + 8];
        // SAFETY: the buffer is larger than the capacity.
        let output = unsafe { Output::new("buf", buffer.as_mut_ptr(), capacity as i32) }.unwrap();
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
        let mut byte = 0_u8;
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
            let ok = read("to", start(c"abc"), 3, Encoding::Utf8);
            assert_eq!(ok.unwrap(), "abc");
            let unterminated = [b'a'; 5];
            let error = read("to", unterminated.as_ptr(), 4, Encoding::Utf8).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert_eq!(error.text(), "to: no NUL within 4 bytes; that is the most allowed");
            assert_eq!(read("to", ptr::null::<u8>(), 4, Encoding::Utf8).unwrap_err().code(), Code::InvalidArgument);
            assert_eq!(read_or_empty("to", ptr::null::<u8>(), 4, Encoding::Utf8).unwrap(), "");
        }
    }

    #[test]
    fn wrong_bytes_are_an_error_with_the_argument_and_the_position_but_not_the_text() {
        // SAFETY: the text is terminated.
        let error = unsafe { read("text", start(c"kim\xff"), 100, Encoding::Utf8) }.unwrap_err();
        assert_eq!(error.code(), Code::Encoding);
        assert_eq!(error.text(), "text: byte 3 (counted from 0) is not UTF-8 text");
    }

    #[test]
    fn the_encoding_of_a_configuration_is_found() {
        // SAFETY: the texts are terminated.
        unsafe {
            assert_eq!(read_config(start(c"{}")).unwrap(), ("{}".into(), Encoding::Utf8));
            assert_eq!(read_config(start(c"가")).unwrap(), ("가".into(), Encoding::Utf8));
            assert_eq!(read_config(start(c"\xb0\xa1")).unwrap(), ("가".into(), Encoding::Cp949));
            let error = read_config(start(c"ab\xff")).unwrap_err();
            assert_eq!(error.code(), Code::Encoding);
            assert!(error.text().starts_with("config: byte 2 "), "{error}");
        }
    }

    #[test]
    fn json_loses_nothing_that_cp949_lacks() {
        let json = serde_json::to_string("가\u{a9}나\u{1f600}").unwrap();
        let bytes = encode_json::<u8>(&json, Encoding::Cp949);
        let text = decode(&bytes, Encoding::Cp949).unwrap();
        assert!(text.contains("\\u00a9"), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "가\u{a9}나\u{1f600}");
        assert_eq!(encode_json::<u8>(&json, Encoding::Utf8), json.as_bytes());
    }

    #[test]
    fn other_text_that_cp949_lacks_is_an_error_or_a_question_mark_for_people() {
        let error = encode_strict::<u8>("가\u{a9}", Encoding::Cp949).unwrap_err();
        assert_eq!(error.code(), Code::Encoding);
        assert!(error.text().contains("U+00A9"), "{error}");
        assert_eq!(&*encode_cut::<u8>("\u{a9}가\0b", Encoding::Cp949, 10), b"?\xb0\xa1?b");
        assert_eq!(&*encode_cut::<u8>("a가가", Encoding::Cp949, 4), b"a\xb0\xa1");
        assert_eq!(&*encode_cut::<u8>("a가가", Encoding::Utf8, 6), "a가".as_bytes());
        assert_eq!(&*encode_cut::<u8>("a가가", Encoding::Utf8, 7), "a가가".as_bytes());
        assert_eq!(&*encode_cut::<u8>("a\0b", Encoding::Utf8, 7), b"a?b");
    }

    #[test]
    fn utf16_is_read_and_written_by_units_at_odd_addresses_too() {
        let text: Vec<u16> = "가\u{1f600}".encode_utf16().chain([0]).collect();
        let mut memory = [0xee_u8; 1 + 2 * 6];
        let odd = memory[1..].as_mut_ptr().cast::<u16>();
        // SAFETY: the memory has room for six units behind its first byte, and the text is terminated.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr().cast::<u8>(), odd.cast(), 2 * text.len());
            assert_eq!(read("to", odd, 3, Encoding::Cp949).unwrap(), "가\u{1f600}");
            let error = read("to", odd, 2, Encoding::Cp949).unwrap_err();
            assert_eq!(error.text(), "to: no NUL within 2 UTF-16 units; that is the most allowed");
            odd.add(2).write_unaligned(0x41);
            let error = read("to", odd, 3, Encoding::Utf8).unwrap_err();
            assert_eq!(error.code(), Code::Encoding);
            assert!(error.text().starts_with("to: UTF-16 unit 1 (counted from 0) is one half of"), "{error}");

            let output = Output::new("buf", odd, 4).unwrap();
            output.write(&text[..3]).unwrap();
            assert_eq!(read("to", odd, 3, Encoding::Utf8).unwrap(), "가\u{1f600}");
            let error = Output::new("buf", odd, 3).unwrap().write(&text[..3]).unwrap_err();
            assert_eq!(error.text(), "4 UTF-16 units are needed, the buffer has 3");
            assert_eq!(read("to", odd, 3, Encoding::Utf8).unwrap(), "4");
        }
        assert_eq!((memory[0], &memory[9..]), (0xee, &[0xee; 4][..]), "nothing is written behind the capacity");
        assert_eq!(&*encode_cut::<u16>("a\u{1f600}b", Encoding::Cp949, 2), &[0x61]);
    }
}
