//! A finished text compared with its pattern: the values of the variables, or the first difference.
//!
//! Invariants: time is bounded whatever the texts (see [`SEARCH_STEPS_MAX`]); found values, filled into the pattern, give
//! the very text; a difference shows template text only, never the caller's.

use super::pattern::{Names, Pattern, Segment, excerpt};
use crate::error::{Code, Error, Result};
use std::fmt::Display;

/// Most ways tried to give a variable that stands several times one value. Without such a variable nothing is tried twice.
const SEARCH_STEPS_MAX: u32 = 20_000;

/// How much of the template an error shows, in characters.
const EXCERPT_CHARS: usize = 20;

/// Compares `text` with `pattern`. Values go to `known` (by variable); one that is known already must be the same here.
/// Where several ways fit, each variable from the left takes the shortest value.
pub(super) fn extract(
    part: impl Display,
    pattern: &Pattern,
    text: &str,
    names: &Names,
    known: &mut [Option<String>],
) -> Result<()> {
    let segments = pattern.segments();
    let captures = capture(segments, text).map_err(|miss| miss.explain(&part, text, segments, names))?;
    let mut search = Search {
        segments,
        text,
        values: known.iter().map(|value| value.as_deref()).collect(),
        steps: SEARCH_STEPS_MAX,
    };
    let conflict = captures.iter().find(|capture| !search.agrees(capture));
    if let Some(conflict) = conflict {
        search.values = known.iter().map(|value| value.as_deref()).collect();
        if !search.run(0, 0) {
            let (name, place) = (names.of(conflict.variable), place(text, conflict.start));
            let wrong = if search.steps == 0 {
                format!("#{{{name}}} can have too many different values; give the variables instead of the text")
            } else {
                format!("#{{{name}}} has two different values, the second at {place}; a variable has one value")
            };
            return Err(Error::new(Code::TemplateMismatch, format!("{part}: {wrong}")));
        }
    }
    let values: Vec<Option<String>> = search.values.iter().map(|value| value.map(str::to_owned)).collect();
    for (known, value) in known.iter_mut().zip(values) {
        *known = value;
    }
    Ok(())
}

/// A variable and the bytes of the text it stands for.
struct Capture {
    variable: usize,
    start: usize,
    end: usize,
}

/// Matches with every placeholder taken for itself. Each fixed text is looked for behind the one before it and taken where it
/// comes first: if the rest does not fit there, it fits at no later place either, so nothing is tried twice.
fn capture(segments: &[Segment], text: &str) -> std::result::Result<Vec<Capture>, Miss> {
    let mut captures = Vec::with_capacity(segments.len() / 2 + 1);
    let mut open: Option<usize> = None;
    let mut position = 0;
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Variable(variable) => {
                if let Some(variable) = open.replace(*variable) {
                    captures.push(Capture { variable, start: position, end: position });
                }
            }
            Segment::Fixed(fixed) => {
                let rest = text.get(position..).unwrap_or_default();
                let last = index + 1 == segments.len();
                let found = match (open, last) {
                    (None, true) => (rest == &**fixed).then_some(0),
                    (None, false) => rest.starts_with(&**fixed).then_some(0),
                    (Some(_), true) => rest.strip_suffix(&**fixed).map(str::len),
                    (Some(_), false) => rest.find(&**fixed),
                };
                let Some(found) = found else {
                    return Err(Miss::nearest(index, fixed, rest, position, open.is_none(), last));
                };
                if let Some(variable) = open.take() {
                    captures.push(Capture { variable, start: position, end: position + found });
                }
                position += found + fixed.len();
            }
        }
    }
    match open {
        Some(variable) => captures.push(Capture { variable, start: position, end: text.len() }),
        None if position < text.len() => return Err(Miss { at: position, index: segments.len(), skip: 0 }),
        None => {}
    }
    Ok(captures)
}

/// Where a text leaves its pattern.
struct Miss {
    /// Byte of the text.
    at: usize,
    /// Fixed segment of the pattern, and how many bytes of it the text still has.
    index: usize,
    skip: usize,
}

impl Miss {
    /// The place where `rest` comes nearest to `fixed`: where most of its beginning stands. Of equal places the first, but
    /// the last for the end of a template, because there a text that was cut or continued differs.
    fn nearest(index: usize, fixed: &str, rest: &str, position: usize, anchored: bool, last: bool) -> Miss {
        let mut best = (0, 0);
        for (start, _) in rest.char_indices() {
            let tail = rest.as_bytes().get(start..).unwrap_or_default();
            let mut common = fixed.bytes().zip(tail).take_while(|(a, b)| a == *b).count();
            while !fixed.is_char_boundary(common) {
                common -= 1;
            }
            if common > best.1 || (last && common == best.1 && common > 0) {
                best = (start, common);
            }
            if anchored {
                break;
            }
        }
        Miss { at: position + best.0 + best.1, index, skip: best.1 }
    }

    fn explain(&self, part: impl Display, text: &str, segments: &[Segment], names: &Names) -> Error {
        let template = excerpt(segments.get(self.index..).unwrap_or_default(), self.skip, names, EXCERPT_CHARS);
        let has = if template.is_empty() { String::from("ends") } else { format!("has {template:?}") };
        let place = place(text, self.at);
        Error::new(Code::TemplateMismatch, format!("{part}: differs at {place}, where the template {has}"))
    }
}

fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    let (character, line) = (before.chars().count() + 1, before.matches('\n').count() + 1);
    format!("character {character} (line {line})")
}

/// Looks for one value for each variable, also where one stands several times or is known from elsewhere. That is a hard
/// problem in general, so the steps are counted.
struct Search<'a> {
    segments: &'a [Segment],
    text: &'a str,
    values: Vec<Option<&'a str>>,
    steps: u32,
}

impl<'a> Search<'a> {
    /// Takes the captured value, or says that the variable has another already.
    fn agrees(&mut self, capture: &Capture) -> bool {
        let value = self.text.get(capture.start..capture.end);
        match self.values.get_mut(capture.variable) {
            Some(known) if known.is_none() => {
                *known = value;
                true
            }
            known => known.is_some_and(|known| *known == value),
        }
    }

    /// Matches the segments from `index` on with the text from `position` on. One level of recursion for each variable.
    fn run(&mut self, mut index: usize, mut position: usize) -> bool {
        let segments = self.segments;
        while let Some(segment) = segments.get(index) {
            let rest = self.text.get(position..).unwrap_or_default();
            let Some(fixed) = self.fixed(segment) else {
                return self.choose(index, position, rest);
            };
            if !rest.starts_with(fixed) {
                return false;
            }
            position += fixed.len();
            index += 1;
        }
        position == self.text.len()
    }

    /// What the segment stands for, when that is settled.
    fn fixed(&self, segment: &'a Segment) -> Option<&'a str> {
        match segment {
            Segment::Fixed(fixed) => Some(fixed),
            Segment::Variable(variable) => self.values.get(*variable).copied().flatten(),
        }
    }

    /// Tries the values of the open variable at `index`, the shortest first.
    fn choose(&mut self, index: usize, position: usize, rest: &'a str) -> bool {
        let Some(Segment::Variable(variable)) = self.segments.get(index) else { return false };
        let next = self.segments.get(index + 1);
        let follows = next.and_then(|segment| self.fixed(segment));
        for end in rest.char_indices().map(|(end, _)| end).chain([rest.len()]) {
            let (value, tail) = rest.split_at(end);
            let possible = match (next, follows) {
                (None, _) => tail.is_empty(),
                (Some(_), Some(fixed)) => tail.starts_with(fixed),
                (Some(_), None) => true,
            };
            if !possible {
                continue;
            }
            if self.steps == 0 {
                return false;
            }
            self.steps -= 1;
            if let Some(slot) = self.values.get_mut(*variable) {
                *slot = Some(value);
            }
            if self.run(index + 1, position + end) {
                return true;
            }
            if let Some(slot) = self.values.get_mut(*variable) {
                *slot = None;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extracted(template: &str, text: &str) -> Result<Vec<String>> {
        let mut names = Names::default();
        let pattern = Pattern::parse("text", template, &mut names).unwrap();
        let mut known = vec![None; names.list().len()];
        extract("text", &pattern, text, &names, &mut known)?;
        let values: Vec<String> = known.into_iter().map(Option::unwrap).collect();
        let borrowed: Vec<&str> = values.iter().map(String::as_str).collect();
        assert_eq!(pattern.fill(&borrowed), text, "the values give the text again");
        Ok(values)
    }

    fn difference(template: &str, text: &str) -> String {
        let error = extracted(template, text).unwrap_err();
        assert_eq!(error.code(), Code::TemplateMismatch);
        error.text().to_owned()
    }

    #[test]
    fn values_are_found_also_where_they_hold_the_fixed_text_that_follows() {
        assert_eq!(extracted("#{a}님", "김님님").unwrap(), ["김님"]);
        assert_eq!(extracted("#{a}님 예약 #{b}", "김님 이님 예약 9시").unwrap(), ["김님 이", "9시"]);
        assert_eq!(extracted("[#{a}] #{b}.", "[x] y.z. w.").unwrap(), ["x", "y.z. w"]);
        assert_eq!(extracted("#{a}-#{b}-#{c}", "1-2-3-4").unwrap(), ["1", "2", "3-4"]);
        assert_eq!(extracted("고정", "고정").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn of_several_ways_the_shortest_from_the_left_is_taken() {
        assert_eq!(extracted("#{a}#{b}", "xyz").unwrap(), ["", "xyz"]);
        assert_eq!(extracted("#{a} #{b}", "x y z").unwrap(), ["x", "y z"]);
    }

    #[test]
    fn a_variable_that_stands_twice_has_one_value() {
        assert_eq!(extracted("#{a}/#{a}", "x/x").unwrap(), ["x"]);
        assert_eq!(extracted("#{a} #{b} / #{a}", "x y z / x y").unwrap(), ["x y", "z"]);
        assert_eq!(extracted("#{a}#{b}#{a}", "abcab").unwrap(), ["", "abcab"]);
        let text = difference("#{a}/#{a}", "x/y");
        assert!(text.contains("#{a} has two different values") && text.contains("character 3"), "{text}");
    }

    #[test]
    fn the_first_difference_is_named_with_character_line_and_template_text() {
        for (template, text, expected) in [
            ("안녕하세요\n#{a}님", "안녕하세요 김님", "character 6 (line 1), where the template has \"\\n#{a}님\""),
            (
                "#{a}님,\n예약일: #{b}",
                "김님,\n예약 일: 9시",
                "character 7 (line 2), where the template has \"일: #{b}\"",
            ),
            ("#{a}님 안녕", "김님  안녕", "character 4 (line 1), where the template has \"안녕\""),
            ("고정 글", "고정 글\n", "character 5 (line 1), where the template ends"),
            ("#{a} 끝", "김 끝.", "character 4 (line 1), where the template ends"),
            ("#{a} 끝입니다", "김 끝입니", "character 6 (line 1), where the template has \"다\""),
            ("#{a}님 안녕", "김 씨", "character 1 (line 1), where the template has \"님 안녕\""),
            ("가", "", "character 1 (line 1), where the template has \"가\""),
            ("", "가", "character 1 (line 1), where the template ends"),
        ] {
            let found = difference(template, text);
            assert!(found.ends_with(expected), "{found}");
        }
    }

    #[test]
    fn a_difference_shows_nothing_of_the_callers_text_and_little_of_the_template() {
        let found = difference(&format!("#{{a}}{}", "나".repeat(100)), "김철수 010-0000-1234");
        assert!(!found.contains('김') && !found.contains("0000"), "{found}");
        assert!(found.matches('나').count() <= EXCERPT_CHARS);
    }

    #[test]
    fn texts_made_to_be_slow_end_all_the_same() {
        let template: String = (0..40).map(|i| format!("#{{v{i}}}a")).collect::<String>() + "b";
        assert!(extracted(&template, &"a".repeat(4_000)).is_err());
        let twice: String = (0..20).map(|i| format!("#{{v{i}}}a")).collect();
        let back: String = (0..20).map(|i| format!("#{{v{i}}}c")).collect();
        assert!(extracted(&(twice + &back), &("a".repeat(600) + &"c".repeat(600))).is_err());
    }

    #[test]
    fn a_text_whose_values_are_not_found_in_time_is_not_called_contradictory() {
        let text = difference("#{a}#{b}#{c}#{d}#{a}#{b}#{c}#{d}", &"x".repeat(201));
        assert!(text.contains("#{d} can have too many different values; give the variables"), "{text}");
    }

    /// Fixed texts of a small alphabet, so that they often stand in the values too.
    fn pieces() -> impl Strategy<Value = Vec<(usize, String)>> {
        prop::collection::vec((0..4_usize, "[ab가\n]{0,3}"), 0..8)
    }

    proptest! {
        #[test]
        fn what_a_template_renders_matches_it_again(pieces in pieces(), values in prop::collection::vec("[ab가 ]{0,4}", 4)) {
            let template: String = pieces.iter().map(|(v, fixed)| format!("#{{v{v}}}{fixed}")).collect();
            let text: String = pieces.iter().map(|(v, fixed)| format!("{}{fixed}", values[*v])).collect();
            extracted(&template, &text).unwrap();
        }

        #[test]
        fn values_without_the_fixed_characters_come_back_as_they_were(values in prop::collection::vec("[가-힣0-9 ]{0,9}", 3)) {
            let text = format!("{}|{}|{}|{}", values[0], values[1], values[0], values[2]);
            prop_assert_eq!(extracted("#{a}|#{b}|#{a}|#{c}", &text).unwrap(), values);
        }

        #[test]
        fn no_text_and_no_template_makes_the_comparison_panic(template in "(#\\{[ab]\\}|[ab가]){0,12}", text in "\\PC{0,40}") {
            let _ = extracted(&template, &text);
        }
    }
}
