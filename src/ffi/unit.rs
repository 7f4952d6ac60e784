//! What texts of C are made of: bytes in the encoding of the client, or units of UTF-16, whatever that encoding is.
//!
//! Invariants: conversion is strict both ways; a failure is the position of the first unit that is wrong; every function
//! of the border is written once, over this trait.

use crate::config::Encoding;
use std::borrow::Cow;

/// One unit of a text.
pub(super) trait Unit: Copy + PartialEq + 'static {
    /// The end of every text.
    const NUL: Self;
    /// Several of them, in errors.
    const NAME: &'static str;
    /// The encodings that a configuration may have.
    const TRIED: &'static [Encoding];

    /// An ASCII character.
    fn from_ascii(byte: u8) -> Self;

    /// Units -> text. The error is the position of the first unit that is not valid.
    fn decode(units: &[Self], encoding: Encoding) -> Result<String, usize>;

    /// Text -> units. The error is the position in `text` of the first character that the encoding lacks.
    fn encode(text: &str, encoding: Encoding) -> Result<Cow<'_, [Self]>, usize>;

    /// Says that the unit at `position` is not valid.
    fn wrong(position: usize, encoding: Encoding) -> String;
}

/// `char` of C, which has a sign on some processors and none on others, is read as `u8`.
impl Unit for u8 {
    const NUL: Self = 0;
    const NAME: &'static str = "bytes";
    const TRIED: &'static [Encoding] = &[Encoding::Utf8, Encoding::Cp949];

    fn from_ascii(byte: u8) -> Self {
        byte
    }

    fn decode(units: &[Self], encoding: Encoding) -> Result<String, usize> {
        crate::encoding::decode(units, encoding).map(Cow::into_owned)
    }

    fn encode(text: &str, encoding: Encoding) -> Result<Cow<'_, [Self]>, usize> {
        crate::encoding::encode(text, encoding)
    }

    fn wrong(position: usize, encoding: Encoding) -> String {
        let expected = match encoding {
            Encoding::Utf8 => "UTF-8",
            Encoding::Cp949 => "CP949",
        };
        format!("byte {position} (counted from 0) is not {expected} text")
    }
}

impl Unit for u16 {
    const NUL: Self = 0;
    const NAME: &'static str = "UTF-16 units";
    const TRIED: &'static [Encoding] = &[Encoding::Utf8];

    fn from_ascii(byte: u8) -> Self {
        byte.into()
    }

    fn decode(units: &[Self], _: Encoding) -> Result<String, usize> {
        let mut text = String::with_capacity(units.len());
        let mut position = 0;
        for character in char::decode_utf16(units.iter().copied()) {
            let character = character.map_err(|_| position)?;
            position += character.len_utf16();
            text.push(character);
        }
        Ok(text)
    }

    fn encode(text: &str, _: Encoding) -> Result<Cow<'_, [Self]>, usize> {
        Ok(text.encode_utf16().collect())
    }

    fn wrong(position: usize, _: Encoding) -> String {
        format!("UTF-16 unit {position} (counted from 0) is one half of a surrogate pair without the other")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn half_a_pair_is_an_error_with_its_position() {
        for (units, position) in [
            (&[0xd800][..], 0),
            (&[0x61, 0xac00, 0xdc00], 2),
            (&[0xd83d, 0xde00, 0xd83d], 2),
            (&[0xd83d, 0xd83d, 0xde00], 0),
            (&[0x61, 0xd83d, 0x61], 1),
        ] {
            assert_eq!(u16::decode(units, Encoding::Utf8), Err(position), "{units:x?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_passes_both_ways_whatever_the_encoding(text: String) {
            for encoding in [Encoding::Utf8, Encoding::Cp949] {
                let units = u16::encode(&text, encoding).unwrap();
                prop_assert_eq!(u16::decode(&units, encoding).unwrap(), text.clone());
            }
        }

        #[test]
        fn what_decodes_is_what_the_standard_library_decodes(units: Vec<u16>) {
            match u16::decode(&units, Encoding::Utf8) {
                Ok(text) => prop_assert_eq!(String::from_utf16(&units).unwrap(), text),
                Err(position) => {
                    prop_assert!(String::from_utf16(&units).is_err());
                    prop_assert!(String::from_utf16(&units[..position]).is_ok());
                    prop_assert!((0xd800..0xe000).contains(&units[position]));
                }
            }
        }
    }
}
