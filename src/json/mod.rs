//! JSON of callers and configurations, read so that an error never repeats a value.
//!
//! Invariants: text is read in one pass into a [`Node`] that borrows from it, at most a given number of values and 127
//! levels deep; a syntax error names line and column, a [`Fault`] names the path of the value, its kind and what is
//! allowed. Values may be secrets, numbers of patients or message texts, so only names of keys are ever shown.

mod typed;

pub(crate) use typed::Fault;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

/// One JSON value.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    /// A number with a fraction or exponent, or beyond 64 bits.
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// In the order of the text; the same name may appear twice.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Node<'_> {
    /// What it is, for error texts.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Unsigned(_) | Node::Negative(_) | Node::Float(_) => "a number",
            Node::Text(_) => "a string",
            Node::List(_) => "an array",
            Node::Object(_) => "an object",
        }
    }
}

/// Why a text is not JSON, or is more of it than allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The text of the error with its line and column.
    Syntax(String),
    /// More values than allowed.
    TooMany,
}

/// Reads one JSON value that is the whole text.
pub(crate) fn parse(text: &str, values_max: usize) -> Result<Node<'_>, Malformed> {
    let left = Cell::new(values_max);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Seed { left: &left }.deserialize(&mut reader).and_then(|node| reader.end().map(|()| node));
    read.map_err(|error| if left.get() == 0 { Malformed::TooMany } else { Malformed::Syntax(syntax(text, &error)) })
}

/// Reads one JSON value of a larger text; `left` is how many more values it may have, and 0 after there were too many.
pub(crate) struct Seed<'b> {
    pub(crate) left: &'b Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if left == 0 {
            return Err(serde::de::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Node<'a> {
    /// For parts of a node that is there already, so the number of values is bounded.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Seed { left: &Cell::new(usize::MAX) }.deserialize(deserializer)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Unsigned(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(u64::try_from(value).map_or(Node::Negative(value), Node::Unsigned))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Float(value))
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }
    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(Seed { left: self.left })? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node<'de>, A::Error> {
        let mut nodes = Vec::with_capacity(8);
        while let Some(name) = object.next_key_seed(Name)? {
            nodes.push((name, object.next_value_seed(Seed { left: self.left })?));
        }
        Ok(Node::Object(nodes))
    }
}

/// A key of an object. A seed of its own because `Cow` by itself is read into a `String` always.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

/// `line 3, column 5: expected ...`. The reader's own texts quote nothing of what was read. It counts columns in bytes, an
/// editor in characters.
pub(crate) fn syntax(text: &str, error: &serde_json::Error) -> String {
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let column = line.char_indices().take_while(|(at, _)| *at < error.column()).count();
    let said = error.to_string();
    let said = said.rfind(" at line ").map_or(said.as_str(), |end| said.get(..end).unwrap_or_default());
    format!("line {}, column {column}: {said}", error.line())
}

/// A name as it may stand in an error: at most 40 characters, none of which disturbs a screen or log.
pub(crate) fn shown(name: &str) -> String {
    const CHARS_MAX: usize = 40;
    let mut text: String =
        name.chars().take(CHARS_MAX).map(|c| if c.is_control() || c == '\u{feff}' { '?' } else { c }).collect();
    if name.chars().nth(CHARS_MAX).is_some() {
        text.push('…');
    }
    text
}

/// What has more digits may be a telephone number.
pub(crate) const SHOWN_DIGITS_MAX: usize = 8;

/// A name that a caller gave where it does not belong: arguments may have been mixed up, so what has as many digits as a
/// telephone number is shown without them.
pub(crate) fn shown_name(name: &str) -> String {
    let text = shown(name);
    if name.chars().filter(char::is_ascii_digit).count() <= SHOWN_DIGITS_MAX {
        return text;
    }
    text.replace(|c: char| c.is_ascii_digit(), "*")
}
