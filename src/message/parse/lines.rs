//! `name=value` lines.

use crate::error::{Code, Error, Result};
use std::borrow::Cow;

pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
}

impl Line<'_> {
    pub(super) fn refused(&self, wrong: &str) -> Error {
        refused(self.number, wrong)
    }
}

fn refused(number: usize, wrong: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("line {number} {wrong}"))
}

/// The lines that are not blank.
pub(super) fn read(text: &str) -> impl Iterator<Item = Result<Line<'_>>> {
    text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty()).map(|(at, line)| {
        let number = at.saturating_add(1);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or_else(|| {
            refused(number, "has no `=`; expected name=value, with a line feed inside a value written as \\n")
        })?;
        let name = name.trim();
        if name.is_empty() {
            return Err(refused(number, "has no name before `=`"));
        }
        let value = unescaped(value).ok_or_else(|| {
            refused(number, "has a backslash with something else than `n` or a backslash after it; write \\\\ for one")
        })?;
        Ok(Line { number, name, value })
    })
}

/// `None` where an escape does not exist.
fn unescaped(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('\\') {
        return Some(Cow::Borrowed(value));
    }
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                '\\' => '\\',
                _ => return None,
            },
            c => c,
        });
    }
    Some(Cow::Owned(text))
}
