//! The caller's texts -> variables, options, batches: `name=value` lines or JSON.
//!
//! Limits: 256 KiB and 10,000 JSON values for one argument; 16 MiB, 10,000 messages and 10,000 JSON values a message for a
//! batch. Beyond them the whole argument is refused.
//!
//! Lines: separated by `\n`, a `\r` before it is dropped, blank ones are ignored. The name ends at the first `=` and is
//! trimmed; the value is everything after it, exactly. `\n` in a value stands for a line feed, `\\` for a backslash; no other
//! escape exists, so a Windows path is written with `\\`.
//!
//! JSON: text that begins with `{` (after white space) is an object. Variables are strings; whole numbers and booleans are
//! taken as their text; a number with a fraction is refused, because its text may differ from what the caller wrote. Options
//! are strings; times and spans may be whole numbers; `buttons` is an array (in lines: its JSON text). `null` is an option
//! that is not given.
//!
//! A batch is a JSON array of objects with `key`, `to`, `template`, `variables` (an object), `text` and the options beside
//! them. Without a template, `text` is the whole text message; with one, it is the option of this name.
//!
//! Invariants: an error names the argument and the line or path, never a value; a name that may be part of a text cut in the
//! wrong place is not shown either.

mod batch;
mod lines;
mod options;

pub use batch::parse_batch;

use super::{Options, Variables};
use crate::error::{Code, Error, Result};
use crate::json::{self, Malformed, Node, shown_name};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Longest argument.
const ARGUMENT_BYTES_MAX: usize = 256 << 10;
/// Most JSON values in an argument, or in one message of a batch.
const VALUES_MAX: usize = 10_000;

/// Reads variables: `name=value` lines or a JSON object of strings, whole numbers and booleans.
pub fn parse_variables(text: &str) -> Result<Variables> {
    parse_pairs("variables", text)
}

/// Reads any argument of names and values, e.g. a query; `argument` is its name in errors.
pub(crate) fn parse_pairs(argument: &str, text: &str) -> Result<Variables> {
    if let Some(object) = object(argument, text)? {
        return variables(&object).map_err(|error| error.at(argument));
    }
    let (mut variables, mut names) = (Variables::default(), BTreeSet::new());
    for line in lines::read(text) {
        let line = line.map_err(|error| error.at(argument))?;
        if !names.insert(line.name) {
            return Err(line.refused("has a name that an earlier line has").at(argument));
        }
        variables.put(line.name, &line.value);
    }
    Ok(variables)
}

/// Reads options: `name=value` lines or a JSON object.
pub fn parse_options(text: &str) -> Result<Options> {
    const ARGUMENT: &str = "options";
    let mut options = Options::default();
    if let Some(object) = object(ARGUMENT, text)? {
        for (name, node) in object {
            options::set(&mut options, &name, node, &[]).map_err(|error| error.at(ARGUMENT))?;
        }
        return Ok(options);
    }
    for line in lines::read(text) {
        let line = line.map_err(|error| error.at(ARGUMENT))?;
        options::set_text(&mut options, line.name, line.value)
            .map_err(|error| error.at(format_args!("{ARGUMENT}: line {}", line.number)))?;
    }
    Ok(options)
}

type Object<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

/// The object that the text is; `None` where it is lines.
fn object<'a>(argument: &str, text: &'a str) -> Result<Option<Object<'a>>> {
    if text.len() > ARGUMENT_BYTES_MAX {
        let wrong = format!("{argument}: has {} bytes; at most {ARGUMENT_BYTES_MAX} are allowed", text.len());
        return Err(Error::new(Code::InvalidArgument, wrong));
    }
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    match json::parse(text, VALUES_MAX) {
        Ok(Node::Object(object)) => Ok(Some(object)),
        Ok(_) => Ok(None), // Cannot be: it begins with `{`.
        Err(Malformed::Syntax(wrong)) => Err(Error::new(Code::InvalidJson, format!("{argument}: {wrong}"))),
        Err(Malformed::TooMany) => Err(too_many(argument)),
    }
}

fn too_many(argument: &str) -> Error {
    let wrong = format!("{argument}: has more than {VALUES_MAX} JSON values; at most that is allowed");
    Error::new(Code::InvalidArgument, wrong)
}

fn variables(object: &Object<'_>) -> Result<Variables> {
    let (mut variables, mut names) = (Variables::with_room(object.len()), BTreeSet::new());
    for (name, node) in object {
        let refused = |wrong: String| Err(Error::new(Code::InvalidArgument, format!("`{}` {wrong}", shown_name(name))));
        let value = match node {
            Node::Text(text) => Cow::Borrowed(&**text),
            Node::Unsigned(number) => number.to_string().into(),
            Node::Negative(number) => number.to_string().into(),
            Node::Bool(value) => value.to_string().into(),
            Node::Float(_) => {
                return refused("is a number with a fraction or too many digits; write it as a string".to_owned());
            }
            other => return refused(format!("is {}; expected a string, a whole number or a boolean", other.kind())),
        };
        if !names.insert(name.trim()) {
            return refused("appears twice".to_owned());
        }
        variables.put(name.trim(), &value);
    }
    Ok(variables)
}

#[cfg(test)]
mod tests;
