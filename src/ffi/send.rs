//! Handing one message inward, and its key back.
//!
//! Invariant: everything about the caller's key buffer is checked before the message is kept, so an error always means
//! that nothing was kept.

use super::codes::ALIMI_KEY_SIZE;
use super::handles::Opened;
use super::text::Output;
use super::unit::Unit;
use crate::error::{Code, Error, Result};
use crate::message::{Key, Request};

/// Where the key goes; nowhere when the caller gave one and wants none back.
pub(super) struct OutKey<T>(Option<Output<T>>);

impl<T: Unit> OutKey<T> {
    /// Checks the buffer for the key that the message has or will get.
    ///
    /// # Safety
    /// `out_key` is NULL or writable for `cap` units.
    pub(super) unsafe fn new(key: &str, out_key: *mut T, cap: i32) -> Result<OutKey<T>> {
        if !key.is_empty() {
            Key::parse(key)?;
        }
        match (out_key.is_null(), key.is_empty()) {
            (true, false) => Ok(OutKey(None)),
            (true, true) => Err(Error::new(
                Code::InvalidArgument,
                format!(
                    "out_key: is NULL; give a key, or a buffer of {ALIMI_KEY_SIZE} {} for the key that alimi makes",
                    T::NAME
                ),
            )),
            (false, missing) => {
                // SAFETY: the caller of this function answers for it.
                let output = unsafe { Output::new("out_key", out_key, cap) }?;
                output.require(if missing { ALIMI_KEY_SIZE as usize } else { key.len() + 1 })?;
                Ok(OutKey(Some(output)))
            }
        }
    }
}

/// Keeps one message.
pub(super) fn send<T: Unit>(opened: &Opened, request: Request, out_key: &OutKey<T>) -> Result<Code> {
    let accepted = opened.client.send(request)?;
    if let Some(output) = &out_key.0 {
        output.write_ascii(&accepted.key)?;
    }
    Ok(if accepted.duplicate { Code::Duplicate } else { Code::Ok })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, buffer: Option<&mut [u8]>) -> Result<OutKey<u8>> {
        let cap = buffer.as_ref().map_or(0, |buffer| buffer.len() as i32);
        let start = buffer.map_or(std::ptr::null_mut(), |buffer| buffer.as_mut_ptr());
        // SAFETY: the buffer has `cap` bytes.
        unsafe { OutKey::new(key, start, cap) }
    }

    #[test]
    fn a_key_that_has_no_room_is_refused_before_anything_is_kept() {
        assert!(check("APPT-1", None).is_ok());
        assert!(check("APPT-1", Some(&mut [0; 7])).is_ok());
        assert_eq!(check("APPT-1", Some(&mut [0; 6])).err().unwrap().code(), Code::BufferTooSmall);
        assert!(check("", Some(&mut [0; 65])).is_ok());
        let mut short = [0xee; 64];
        assert_eq!(check("", Some(&mut short)).err().unwrap().code(), Code::BufferTooSmall);
        assert_eq!(&short[..3], b"65\0");
        assert_eq!(check("", None).err().unwrap().code(), Code::InvalidArgument);
        assert_eq!(check("", Some(&mut [])).err().unwrap().code(), Code::BufferTooSmall);
    }

    #[test]
    fn a_key_with_a_wrong_form_is_named_before_its_buffer() {
        let error = check(&"k".repeat(65), Some(&mut [0; 10])).err().unwrap();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.text().starts_with("key: has 65 bytes"), "{error}");
    }
}
