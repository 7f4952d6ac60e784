//! Telephone numbers: any usual spelling -> digits, and the mask under which a number may be shown.
//!
//! Invariants: what leaves here is ASCII digits in the form that is dialled inside Korea; no error shows a number unmasked.

use crate::error::{Code, Error, Result};
use crate::message::Recipient;

/// Longer texts are no telephone numbers, however they are punctuated.
const SPELLING_BYTES_MAX: usize = 64;

/// `01012345678` -> `010-****-5678`: all but the first three and last four digits hidden. Anything that is not 10 to 15
/// digits is hidden altogether: of fewer digits the mask would show too much, and other text may be anything.
pub fn mask_number(digits: &str) -> String {
    if !(10..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return String::from("***");
    }
    let hidden = "*".repeat(digits.len() - 7);
    format!("{}-{hidden}-{}", &digits[..3], &digits[digits.len() - 4..])
}

/// Any usual form of a Korean number -> digits that start with 0.
pub(crate) fn normalise_recipient(text: &str) -> Result<Recipient> {
    match digits(text) {
        Some(digits) if is_recipient(&digits) => Ok(Recipient::from_digits(digits)),
        refused => Err(refusal(
            Code::Recipient,
            "to",
            refused,
            "Korean mobile numbers (010 with 8 more digits; 011, 016 to 019 with 7 or 8 more) and safe numbers (050, 11 or 12 \
             digits), also with +82 or 82 instead of the first 0",
        )),
    }
}

/// A sender number in any usual form -> digits.
pub(crate) fn normalise_sender(text: &str) -> Result<String> {
    match digits(text) {
        Some(digits) if is_sender(&digits) => Ok(digits),
        refused => Err(refusal(
            Code::SenderNumber,
            "sender_number",
            refused,
            "lines with their area code (02, 031, ...), 010, 070, 050 and 030 numbers, and 8-digit numbers that begin with 15, \
             16 or 18",
        )),
    }
}

fn refusal(code: Code, part: &str, digits: Option<String>, allowed: &str) -> Error {
    let found = match digits {
        Some(digits) => format!("{} with {} digits has no allowed form", mask_number(&digits), digits.len()),
        None => String::from("not a telephone number"),
    };
    Error::new(code, format!("{part}: {found}; allowed are {allowed}"))
}

/// The digits without punctuation and country code; `None` when the text holds anything that no number is written with.
fn digits(text: &str) -> Option<String> {
    if text.len() > SPELLING_BYTES_MAX {
        return None;
    }
    let mut digits = String::with_capacity(16);
    let mut plus = false;
    for character in text.chars() {
        match narrow(character) {
            digit @ '0'..='9' => digits.push(digit),
            ' ' | '-' | '.' | '(' | ')' => {}
            '+' if digits.is_empty() && !plus => plus = true,
            _ => return None,
        }
    }
    let abroad = match digits.strip_prefix("0082") {
        Some(rest) if !plus => Some(rest),
        _ => digits.strip_prefix("82"),
    };
    match abroad {
        // "+82 (0)10 ...": people leave the 0 that the country code replaces.
        Some(rest) if rest.starts_with('0') => Some(rest.to_owned()),
        Some(rest) => Some(format!("0{rest}")),
        None if plus => None,
        None => Some(digits),
    }
}

/// Full-width forms and the dashes and spaces of word processors as their ASCII twins.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

fn is_recipient(digits: &str) -> bool {
    match digits.get(..3) {
        Some("010") => digits.len() == 11,
        Some("011" | "016" | "017" | "018" | "019") => (10..=11).contains(&digits.len()),
        // Some gateways refuse safe numbers; that is theirs to say.
        Some("050") => (11..=12).contains(&digits.len()),
        _ => false,
    }
}

fn is_sender(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    match bytes {
        [b'1', b'5' | b'6' | b'8', ..] => bytes.len() == 8,
        [b'0', b'1', b'0', ..] | [b'0', b'7', b'0', ..] => bytes.len() == 11,
        [b'0', b'5', b'0', ..] => (11..=12).contains(&bytes.len()),
        [b'0', b'3', b'0', ..] => (10..=12).contains(&bytes.len()),
        [b'0', b'2', ..] => (8..=10).contains(&bytes.len()),
        [b'0', b'3', b'1'..=b'3', ..]
        | [b'0', b'4', b'1'..=b'4', ..]
        | [b'0', b'5', b'1'..=b'5', ..]
        | [b'0', b'6', b'1'..=b'4', ..] => (9..=11).contains(&bytes.len()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_usual_spelling_is_one_number() {
        let spellings = [
            "01000001234",
            "010-0000-1234",
            "010.0000.1234",
            " 010 0000 1234 ",
            "(010)0000-1234",
            "+82 10 0000 1234",
            "+82-10-0000-1234",
            "+82 (0)10 0000 1234",
            "82-10-0000-1234",
            "0082 10 0000 1234",
            "008201000001234",
            "０１０－００００－１２３４",
            "＋８２　１０　００００　１２３４",
            "010–0000–1234",
        ];
        for spelling in spellings {
            assert_eq!(normalise_recipient(spelling).unwrap().digits(), "01000001234", "{spelling}");
        }
    }

    #[test]
    fn old_mobile_and_safe_numbers_are_recipients() {
        for number in ["0110001234", "01900001234", "050412341234", "05041234123"] {
            assert_eq!(normalise_recipient(number).unwrap().digits(), number);
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused_and_never_shown() {
        let refused = [
            "",
            "abc",
            "02-000-1234",
            "031-000-1234",
            "15880000",
            "0100001234",
            "010000012345",
            "0120001234",
            "1000001234",
            "+1 212 555 0100",
            "++821000001234",
            "8201",
            "01000001234 내선",
            "010/0000/1234",
            "0700001234",
            "00000000000",
        ];
        for number in refused {
            let error = normalise_recipient(number).unwrap_err();
            assert_eq!(error.code(), Code::Recipient, "{number}");
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            assert!(digits.len() < 8 || !error.text().replace('-', "").contains(&digits), "{number}");
        }
    }

    #[test]
    fn every_form_of_sender_number_is_taken() {
        for (spelling, digits) in [
            ("02-123-4567", "021234567"),
            ("02-1234-5678", "0212345678"),
            ("031-123-4567", "0311234567"),
            ("064-1234-5678", "06412345678"),
            ("+82 2 1234 5678", "0212345678"),
            ("010-0000-1234", "01000001234"),
            ("070-1234-5678", "07012345678"),
            ("0504-1234-5678", "050412345678"),
            ("0303-1234-5678", "030312345678"),
            ("1588-0000", "15880000"),
            ("1661 0000", "16610000"),
            ("1899.0000", "18990000"),
        ] {
            assert_eq!(normalise_sender(spelling).unwrap(), digits, "{spelling}");
        }
    }

    #[test]
    fn other_sender_numbers_are_refused() {
        for number in
            ["", "1388", "17001234", "158800001", "020-1234-5678-90", "080-123-4567", "0101234567", "0391234567"]
        {
            assert_eq!(normalise_sender(number).unwrap_err().code(), Code::SenderNumber, "{number}");
        }
    }

    #[test]
    fn a_mask_shows_three_and_four_digits_or_nothing() {
        assert_eq!(mask_number("01012345678"), "010-****-5678");
        assert_eq!(mask_number("0111234567"), "011-***-4567");
        assert_eq!(mask_number("050412345678"), "050-*****-5678");
        for hidden in ["", "1", "021234567", "010-1234-5678", "홍길동홍길동홍길동", "0123456789012345"] {
            assert_eq!(mask_number(hidden), "***");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_of_numbers_panic(text in "\\PC{0,80}") {
            let _ = normalise_recipient(&text);
            let _ = normalise_sender(&text);
            let _ = mask_number(&text);
        }

        #[test]
        fn an_accepted_recipient_is_a_fixed_point(text in "[0-9 +().-]{8,20}") {
            if let Ok(number) = normalise_recipient(&text) {
                prop_assert_eq!(normalise_recipient(number.digits()).unwrap(), number);
            }
        }
    }
}
