//! The first thing that happens to every text from outside: bounded, composed, its line breaks made one, controls refused.
//!
//! Invariants: clean text is stable (cleaning it again changes nothing) and holds no control character but LF and TAB;
//! usual text is neither copied nor looked up in Unicode tables.

use crate::error::{Code, Error, Result};
use std::borrow::Cow;
use std::fmt::Display;
use unicode_normalization::char::compose;

/// More than any part of a message can need (1,300 characters of 9 bytes each when decomposed); checked before any work.
pub(super) const RAW_BYTES_MAX: usize = 16 * 1024;

/// Whether a part may have several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// No line break and no TAB.
    One,
    /// LF and TAB are allowed.
    Many,
}

/// Cleans one part of a message. CR LF becomes LF; decomposed Hangul and accents are composed.
pub(super) fn clean<'a>(part: impl Display, text: &'a str, lines: Lines) -> Result<Cow<'a, str>> {
    if text.len() > RAW_BYTES_MAX {
        let bytes = text.len();
        return Err(Error::new(Code::TooLong, format!("{part}: has {bytes} bytes, more than any message can carry")));
    }
    let mut tidy = true;
    let mut rest = text.chars();
    let mut index = 0;
    while let Some(character) = rest.next() {
        index += 1;
        match character {
            '\n' | '\t' if lines == Lines::Many => {}
            '\r' if lines == Lines::Many && rest.as_str().starts_with('\n') => tidy = false,
            control if control.is_control() => return Err(forbidden(part, index, control)),
            other => tidy &= never_joins(other),
        }
    }
    Ok(if tidy { Cow::Borrowed(text) } else { Cow::Owned(composed(text)) })
}

fn forbidden(part: impl Display, index: usize, control: char) -> Error {
    let code = control as u32;
    Error::new(
        Code::Content,
        format!(
            "{part}: character {index} is the control character U+{code:04X}; no control characters are allowed (line breaks \
             LF or CR LF, and TAB, only in texts of several lines)"
        ),
    )
}

/// Characters that never join the one before them: the usual ones, so that usual text takes the short way.
fn never_joins(character: char) -> bool {
    matches!(character,
        '\0'..='\u{2ff}' | '\u{2000}'..='\u{2fff}' | '\u{3130}'..='\u{9fff}' | '가'..='힣' | '\u{ff00}'..='\u{ffef}')
}

/// NFC without its replacement of single characters: that would turn the Å (U+212B), Ω (U+2126) and double-coded hanja
/// which CP949 holds into others, and away from the text that Kakao approved.
fn composed(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut last = None;
    for character in text.chars().filter(|&c| c != '\r') {
        let joined = last.and_then(|last| compose(last, character));
        if joined.is_some() {
            result.pop();
        }
        last = joined.or(Some(character));
        result.extend(last);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::decompose_canonical;

    fn many(text: &str) -> String {
        clean("text", text, Lines::Many).unwrap().into_owned()
    }

    #[test]
    fn every_decomposed_syllable_is_composed() {
        for syllable in '가'..='힣' {
            let apart: String = std::iter::once(syllable).nfd().collect();
            assert_eq!(many(&apart), syllable.to_string());
        }
        assert_eq!(many("cafe\u{301}"), "café");
    }

    #[test]
    fn characters_of_cp949_that_nfc_would_replace_stay() {
        for kept in ["\u{212b}", "\u{2126}", "\u{f914}"] {
            assert_eq!(many(kept), kept);
        }
    }

    #[test]
    fn no_character_of_the_short_way_ever_joins_the_one_before() {
        for character in '\0'..=char::MAX {
            let mut place = 0;
            decompose_canonical(character, |part| {
                assert!(place == 0 || !never_joins(part), "{part:?}");
                place += 1;
            });
        }
    }

    #[test]
    fn line_breaks_become_one_kind_and_other_controls_are_refused_with_their_place() {
        assert_eq!(many("가\r\n나\n\t다"), "가\n나\n\t다");
        for (text, place) in
            [("가\r나", "character 2"), ("\0", "character 1"), ("ab\u{7f}", "character 3"), ("\u{85}", "U+0085")]
        {
            let error = clean("text", text, Lines::Many).unwrap_err();
            assert_eq!(error.code(), Code::Content);
            assert!(error.text().contains(place), "{error}");
        }
        for text in ["a\nb", "a\r\nb", "a\tb"] {
            assert_eq!(clean("subject", text, Lines::One).unwrap_err().code(), Code::Content);
        }
    }

    #[test]
    fn a_huge_text_is_refused_by_its_length_alone() {
        let huge = "\u{1}".repeat(100 << 20);
        assert_eq!(clean("text", &huge, Lines::Many).unwrap_err().code(), Code::TooLong);
    }

    proptest! {
        #[test]
        fn clean_text_stays_as_it_is(text in "[a가-힣\u{1100}-\u{11ff}\u{300}-\u{310}\n😀]{0,40}") {
            let once = many(&text);
            prop_assert_eq!(many(&once), once);
        }
    }
}
