//! What a text costs in CP949, the code that Korean text messages are counted and carried in.
//!
//! Invariants: strict, a character that CP949 lacks is an error and never replaced; no allocation.

use encoding_rs::EUC_KR;

/// A character that CP949 lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unencodable {
    /// Which character of the text, counted from 1.
    pub(super) position: usize,
    /// The character itself.
    pub(super) character: char,
}

/// Length of `text` in CP949 bytes, or its first character that CP949 lacks.
pub(super) fn length(text: &str) -> Result<usize, Unencodable> {
    let mut bytes = 0;
    for (index, character) in text.chars().enumerate() {
        bytes += width(character).ok_or(Unencodable { position: index + 1, character })?;
    }
    Ok(bytes)
}

fn width(character: char) -> Option<usize> {
    match character {
        '\0'..='\x7f' => Some(1),
        // CP949 was made to hold all 11,172 syllables; asking the encoder would be a search in its table for each.
        '가'..='힣' => Some(2),
        _ => {
            let (mut source, mut target) = ([0; 4], [0; 4]);
            let source = character.encode_utf8(&mut source);
            let (result, _, written) =
                EUC_KR.new_encoder().encode_from_utf8_without_replacement(source, &mut target, true);
            (result == encoding_rs::EncoderResult::InputEmpty).then_some(written)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hangul_syllables_take_two_bytes_as_the_encoder_says() {
        for syllable in '가'..='힣' {
            let text = String::from(syllable);
            let (bytes, _, failed) = EUC_KR.encode(&text);
            assert!(!failed);
            assert_eq!(length(&text), Ok(bytes.len()), "{syllable}");
        }
        assert_eq!(length("뙠똠펲햏"), Ok(8));
    }

    #[test]
    fn symbols_of_the_set_are_counted_and_others_named() {
        assert_eq!(length("abc 가\n"), Ok(7));
        for text in
            ["…", "·", "※", "★", "▶", "→", "①", "㎡", "㈜", "☎", "♥", "～", "€", "’", "￦", "Ω", "\u{2126}", "\u{212b}"]
        {
            assert_eq!(length(text), Ok(2), "{text}");
        }
        for (text, position, character) in [
            ("가나–다", 3, '–'),
            ("—", 1, '—'),
            ("1,000₩", 6, '₩'),
            ("é", 1, 'é'),
            ("a❤b", 2, '❤'),
            ("안녕😀", 3, '😀'),
            ("\u{1100}\u{1161}", 1, '\u{1100}'),
        ] {
            assert_eq!(length(text), Err(Unencodable { position, character }));
        }
    }
}
