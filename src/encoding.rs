//! Strict conversion between bytes and text.
//!
//! Invariants: nothing is replaced, guessed or dropped; a failure is the position of the first offending byte. "CP949" is
//! the code page of Korean Windows with all 11,172 syllables, which the field calls EUC-KR.

use crate::config::Encoding;
use encoding_rs::{DecoderResult, EUC_KR, EncoderResult};
use std::borrow::Cow;

/// Bytes -> text. The error is the position of the first byte that is not valid.
pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, str>, usize> {
    if encoding == Encoding::Utf8 || bytes.is_ascii() {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to());
    }
    let mut decoder = EUC_KR.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).ok_or(0_usize)?;
    let mut text = String::with_capacity(capacity);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(Cow::Owned(text)),
        // `read` stands behind the bytes that the decoder had to look at to know that they are wrong.
        (DecoderResult::Malformed(wrong, after), read) => {
            Err(read.saturating_sub(usize::from(wrong) + usize::from(after)))
        }
        (DecoderResult::OutputFull, read) => Err(read),
    }
}

/// Text -> bytes. The error is the position in `text` of the first character that the encoding lacks.
pub(crate) fn encode(text: &str, encoding: Encoding) -> Result<Cow<'_, [u8]>, usize> {
    if encoding == Encoding::Utf8 || text.is_ascii() {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    let mut encoder = EUC_KR.new_encoder();
    let capacity = encoder.max_buffer_length_from_utf8_without_replacement(text.len()).ok_or(0_usize)?;
    let mut bytes = Vec::with_capacity(capacity);
    match encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true) {
        (EncoderResult::InputEmpty, _) => Ok(Cow::Owned(bytes)),
        (EncoderResult::Unmappable(character), read) => Err(read.saturating_sub(character.len_utf8())),
        (EncoderResult::OutputFull, read) => Err(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_syllables_pass_through_cp949_both_ways() {
        let syllables: Vec<char> = ('\u{ac00}'..='\u{d7a3}').collect();
        assert_eq!(syllables.len(), 11_172);
        for syllable in &syllables {
            let text = syllable.to_string();
            let bytes = encode(&text, Encoding::Cp949).unwrap();
            assert_eq!(bytes.len(), 2, "{syllable}");
            assert_eq!(decode(&bytes, Encoding::Cp949).unwrap(), text);
        }
        let whole: String = syllables.into_iter().collect();
        assert_eq!(decode(&encode(&whole, Encoding::Cp949).unwrap(), Encoding::Cp949).unwrap(), whole);
    }

    #[test]
    fn the_position_is_that_of_the_first_wrong_byte() {
        for (bytes, encoding, position) in [
            (&b"abc\xff"[..], Encoding::Utf8, 3),
            (b"ab\xed\x95", Encoding::Utf8, 2),
            (b"\xb0\xa1\x80", Encoding::Cp949, 2),
            (b"ab\xb0", Encoding::Cp949, 2),
            (b"\xb0\xa1\xb0 x", Encoding::Cp949, 2),
            (b"\xb0\xa1\xc9\xa1z", Encoding::Cp949, 2),
            (b"\xff", Encoding::Cp949, 0),
        ] {
            assert_eq!(decode(bytes, encoding), Err(position), "{bytes:x?}");
        }
        assert_eq!(encode("가나\u{a9}다", Encoding::Cp949), Err(6));
        assert_eq!(encode("a\u{1f600}", Encoding::Cp949), Err(1));
        assert_eq!(encode("\u{20a9}", Encoding::Cp949), Err(0));
    }

    #[test]
    fn the_second_half_of_a_syllable_may_be_a_letter() {
        assert_eq!(decode(b"\x94\x77\x8cc", Encoding::Cp949).unwrap(), "봶똠");
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_text_that_decodes_the_same(bytes: Vec<u8>) {
            for encoding in [Encoding::Utf8, Encoding::Cp949] {
                match decode(&bytes, encoding) {
                    Ok(text) => {
                        let again = encode(&text, encoding).unwrap();
                        prop_assert_eq!(decode(&again, encoding).unwrap(), text.clone());
                    }
                    Err(position) => {
                        prop_assert!(position < bytes.len());
                        prop_assert!(decode(&bytes[..position], encoding).is_ok());
                    }
                }
            }
        }
    }
}
