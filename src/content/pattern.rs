//! Text with `#{name}` placeholders, parsed once so that filling it is a plain concatenation.
//!
//! Invariants: segments are never empty and no two fixed ones are neighbours; a variable is an index into the template's
//! [`Names`].

use crate::error::{Code, Error, Result};
use std::fmt::{Display, Write};

/// What opens a placeholder.
pub(super) const OPENING: &str = "#{";

/// The variables of a template in the order of their first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<Box<str>>);

impl Names {
    /// All names.
    pub(super) fn list(&self) -> &[Box<str>] {
        &self.0
    }

    /// The name of a variable.
    pub(super) fn of(&self, variable: usize) -> &str {
        self.0.get(variable).map_or("", |name| name)
    }

    fn intern(&mut self, name: &str) -> usize {
        self.0.iter().position(|known| **known == *name).unwrap_or_else(|| {
            self.0.push(name.into());
            self.0.len() - 1
        })
    }
}

/// A piece of a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Stands as it is.
    Fixed(Box<str>),
    /// Stands for a value.
    Variable(usize),
}

/// A parsed text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Segment>);

impl Pattern {
    /// Parses the text of `part`; new names are added to `names`.
    pub(super) fn parse(part: impl Display, text: &str, names: &mut Names) -> Result<Pattern> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPENING) {
            let closed = after.split_once('}').filter(|(name, _)| {
                let inside = !name.contains(OPENING) && !name.contains('\n');
                inside && !name.trim().is_empty()
            });
            let Some((name, after)) = closed else {
                let place = text.len() - rest.len() + before.len();
                let character = text.get(..place).map_or(0, |head| head.chars().count()) + 1;
                return Err(Error::new(
                    Code::Content,
                    format!("{part}: the placeholder at character {character} has no name or no closing brace"),
                ));
            };
            if !before.is_empty() {
                segments.push(Segment::Fixed(before.into()));
            }
            segments.push(Segment::Variable(names.intern(name)));
            rest = after;
        }
        if !rest.is_empty() {
            segments.push(Segment::Fixed(rest.into()));
        }
        Ok(Pattern(segments))
    }

    /// The pieces in order.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The text with `values` (by variable) in the places of the placeholders.
    pub(super) fn fill(&self, values: &[&str]) -> String {
        let piece = |segment: &'_ Segment| -> usize {
            match segment {
                Segment::Fixed(text) => text.len(),
                Segment::Variable(variable) => values.get(*variable).map_or(0, |value| value.len()),
            }
        };
        let mut text = String::with_capacity(self.0.iter().map(piece).sum());
        for segment in &self.0 {
            match segment {
                Segment::Fixed(fixed) => text.push_str(fixed),
                Segment::Variable(variable) => text.push_str(values.get(*variable).copied().unwrap_or_default()),
            }
        }
        text
    }
}

/// At most `limit` characters of `segments` as they stand in the template, from `skip` bytes inside the first.
pub(super) fn excerpt(segments: &[Segment], skip: usize, names: &Names, limit: usize) -> String {
    let mut source = String::new();
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Fixed(text) if index == 0 => source.push_str(text.get(skip..).unwrap_or_default()),
            Segment::Fixed(text) => source.push_str(text),
            // Writing to a String cannot fail.
            Segment::Variable(variable) => drop(write!(source, "#{{{}}}", names.of(*variable))),
        }
        if source.len() > limit * 4 {
            break;
        }
    }
    source.chars().take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_its_placeholders_and_filled_again() {
        let mut names = Names::default();
        let pattern = Pattern::parse("text", "#{이름}님, #{1:시각}에 #{이름}", &mut names).unwrap();
        assert_eq!(names.list().iter().map(|n| &**n).collect::<Vec<_>>(), ["이름", "1:시각"]);
        assert_eq!(pattern.segments().len(), 5);
        assert_eq!(pattern.fill(&["A", "9시"]), "A님, 9시에 A");
        assert_eq!(excerpt(&pattern.segments()[1..], "님".len(), &names, 8), ", #{1:시각");
    }

    #[test]
    fn text_without_placeholders_is_one_piece_or_none() {
        let mut names = Names::default();
        assert_eq!(Pattern::parse("text", "# {a} }", &mut names).unwrap().fill(&[]), "# {a} }");
        assert!(Pattern::parse("text", "", &mut names).unwrap().segments().is_empty());
    }

    #[test]
    fn a_placeholder_without_name_or_end_is_refused_with_its_place() {
        for text in ["가 #{", "가 #{a", "가 #{}", "가 #{ }", "가 #{a#{b}", "가 #{a\n}"] {
            let error = Pattern::parse("text", text, &mut Names::default()).unwrap_err();
            assert_eq!(error.code(), Code::Content);
            assert!(error.text().contains("character 3"), "{error}");
        }
    }
}
