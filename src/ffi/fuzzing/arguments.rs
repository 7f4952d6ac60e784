//! Texts and buffers as C gives them, in both forms.
//!
//! Invariants: a text ends, or is NULL; a buffer is exactly as large as said, so that the sanitizer sees the byte beside it.

use arbitrary::Arbitrary;
use std::ffi::c_char;
use std::ptr::null_mut;

#[derive(Arbitrary, Debug)]
pub(super) enum Text {
    Null,
    Known(u8),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
pub(super) enum Room {
    Null(i16),
    Negative(i16),
    Of(u16),
    Ample,
}

const KNOWN: [&str; 20] = [
    "",
    "K1",
    "K2",
    "a key with blanks",
    "010-0000-0000",
    "+82 10 0000 0010",
    "01000000030",
    "visit",
    "name=Kim\ntime=9\nid=1",
    r#"{"name":"\ud55c","time":9,"id":true}"#,
    "priority=urgent\nexpires_in=3600\nfallback=lms\ntag=t",
    "send_at=2099-12-01T09:00:00+09:00",
    r#"{"fallback":"auto","fallback_text":"x","fallback_subject":"y","account":"clinic"}"#,
    "text=Kim - 9",
    r#"[{"key":"K1","to":"010-0000-0000","template":"visit","variables":{"name":"A","time":"9","id":"1"}}]"#,
    r#"[{"to":"010-0000-0001","text":"x"},{"key":"K2","to":"010-0000-0015","text":"y","tag":"z"},7]"#,
    "from=2026-01-01\nto=2026-12-31\nby=result\nformat=csv",
    r#"{"by":"request","format":"json","account":"clinic"}"#,
    "\u{ac00}\u{1f600}\r\n\\n",
    "{}",
];

/// A text as C has it, in both forms.
pub(super) struct Given(pub Option<(Vec<u8>, Vec<u16>)>);

impl Text {
    pub fn given(&self) -> Given {
        let (mut bytes, mut units) = match self {
            Text::Null => return Given(None),
            Text::Known(number) => {
                let text = KNOWN[usize::from(*number) % KNOWN.len()];
                (text.as_bytes().to_vec(), text.encode_utf16().collect::<Vec<u16>>())
            }
            Text::Bytes(bytes) => {
                let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                (bytes.clone(), units)
            }
        };
        bytes.push(0);
        units.push(0);
        Given(Some((bytes, units)))
    }
}

/// What a pointer to a text or a buffer is for one form or the other.
pub(super) trait Pointer {
    fn of(narrow: *mut u8, wide: *mut u16) -> Self;
}

impl Pointer for *const c_char {
    fn of(narrow: *mut u8, _: *mut u16) -> Self {
        narrow.cast()
    }
}
impl Pointer for *mut c_char {
    fn of(narrow: *mut u8, _: *mut u16) -> Self {
        narrow.cast()
    }
}
impl Pointer for *const u16 {
    fn of(_: *mut u8, wide: *mut u16) -> Self {
        wide
    }
}
impl Pointer for *mut u16 {
    fn of(_: *mut u8, wide: *mut u16) -> Self {
        wide
    }
}

impl Given {
    pub fn at<P: Pointer>(&self) -> P {
        match &self.0 {
            None => P::of(null_mut(), null_mut()),
            Some((bytes, units)) => P::of(bytes.as_ptr().cast_mut(), units.as_ptr().cast_mut()),
        }
    }
}

pub(super) const UNTOUCHED: u8 = 0xee;

/// A buffer as C gives it, in both forms.
pub(super) struct Buffer {
    narrow: Box<[u8]>,
    wide: Box<[u16]>,
    pub capacity: i32,
    missing: bool,
}

impl Room {
    pub fn buffer(&self) -> Buffer {
        let (capacity, missing) = match self {
            Room::Null(capacity) => (i32::from(*capacity), true),
            Room::Negative(capacity) => (-1 - i32::from(*capacity).abs(), false),
            Room::Of(capacity) => (i32::from(*capacity % 2048), false),
            Room::Ample => (65_536, false),
        };
        let length = if missing { 0 } else { usize::try_from(capacity).unwrap_or(0) };
        let narrow = vec![UNTOUCHED; length].into();
        Buffer { narrow, wide: vec![u16::from(UNTOUCHED); length].into(), capacity, missing }
    }
}

impl Buffer {
    pub fn at<P: Pointer>(&mut self) -> P {
        if self.missing {
            return P::of(null_mut(), null_mut());
        }
        P::of(self.narrow.as_mut_ptr(), self.wide.as_mut_ptr())
    }

    /// What was written is a whole text.
    pub fn check(&self) {
        let bare = self.narrow.iter().all(|byte| *byte == UNTOUCHED)
            && self.wide.iter().all(|unit| *unit == u16::from(UNTOUCHED));
        assert!(bare || self.narrow.contains(&0) || self.wide.contains(&0), "a text without its end");
    }
}
