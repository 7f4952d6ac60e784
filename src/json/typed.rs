//! [`Node`] -> any `Deserialize` type, with errors that name the path and never a value.
//!
//! Why not the reader's own errors: theirs are one text that quotes the value (`invalid type: string "..."`), and the parts
//! cannot be told apart any more. Here they arrive apart, and the path is put together on the way out.

use super::{Node, shown};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::iter::Enumerate;
use std::vec::IntoIter;

/// What is wrong with a value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The path of the value or of the unknown key; empty at the top.
    pub(crate) path: String,
    /// What was wrong and what is allowed.
    pub(crate) text: String,
    /// Whether it is a name that is not known, rather than a value.
    pub(crate) unknown_key: bool,
}

impl Fault {
    fn new(path: impl Into<String>, text: String) -> Self {
        Fault { path: path.into(), text, unknown_key: false }
    }

    /// The same fault seen from the object or array around it.
    pub(crate) fn inside(mut self, place: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{place}{joint}{}", self.path);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "the whole" } else { &self.path };
        write!(f, "{place}: {}", self.text)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Fault::new("", text.to_string())
    }
    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Fault::new("", format!("is {}; expected {}", kind(found), plain(expected)))
    }
    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Fault::new("", format!("is outside what is allowed; expected {}", plain(expected)))
    }
    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Fault::new("", format!("has {length} values; expected {}", plain(expected)))
    }
    fn unknown_variant(_: &str, allowed: &'static [&'static str]) -> Self {
        Fault::new("", format!("is none of the words allowed: {}", allowed.join(", ")))
    }
    fn unknown_field(name: &str, allowed: &'static [&'static str]) -> Self {
        let text = format!("unknown key; allowed are {}", allowed.join(", "));
        Fault { unknown_key: true, ..Fault::new(shown(name), text) }
    }
    fn missing_field(name: &'static str) -> Self {
        Fault::new(name, "is missing".to_owned())
    }
    fn duplicate_field(name: &'static str) -> Self {
        Fault::new(name, "appears twice".to_owned())
    }
}

fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::UnitVariant => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        _ => "of another kind",
    }
}

/// The words of JSON for the words of Rust.
fn plain(expected: &dyn de::Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a map" => "an object".to_owned(),
        "a sequence" => "an array".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other if other.starts_with("enum ") => "a string".to_owned(),
        _ => text,
    }
}

impl<'a> Node<'a> {
    /// Reads the value as a `T`.
    pub(crate) fn typed<T: de::Deserialize<'a>>(self) -> Result<T, Fault> {
        T::deserialize(self)
    }
}

impl<'de> IntoDeserializer<'de, Fault> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(value),
            Node::Unsigned(value) => visitor.visit_u64(value),
            Node::Negative(value) => visitor.visit_i64(value),
            Node::Float(value) => visitor.visit_f64(value),
            Node::Text(Cow::Borrowed(value)) => visitor.visit_borrowed_str(value),
            Node::Text(Cow::Owned(value)) => visitor.visit_string(value),
            Node::List(nodes) => visitor.visit_seq(List { nodes: nodes.into_iter().enumerate() }),
            Node::Object(nodes) => {
                let mut seen = BTreeSet::new();
                if let Some((name, _)) = nodes.iter().find(|(name, _)| !seen.insert(name.as_ref())) {
                    return Err(Fault::new(shown(name), "appears twice".to_owned()));
                }
                visitor.visit_map(Object { nodes: nodes.into_iter(), value: None })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self {
            Node::Object(_) => self.deserialize_any(visitor),
            // Derived code would take an array for the fields in their order.
            other => Err(Fault::new("", format!("is {}; expected an object", other.kind()))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self {
            Node::Text(word) => visitor.visit_enum(word.into_deserializer()),
            other => {
                Err(Fault::new("", format!("is {}; expected one of the words {}", other.kind(), words.join(", "))))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// The values of an array; an error inside one gets its index.
struct List<'de> {
    nodes: Enumerate<IntoIter<Node<'de>>>,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((at, node)) = self.nodes.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|fault| fault.inside(&format!("[{at}]")))
    }
}

/// The values of an object; an error inside one gets its name.
struct Object<'de> {
    nodes: IntoIter<(Cow<'de, str>, Node<'de>)>,
    value: Option<(Cow<'de, str>, Node<'de>)>,
}

impl<'de> MapAccess<'de> for Object<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.nodes.next();
        let Some((name, _)) = &self.value else { return Ok(None) };
        seed.deserialize(name.clone().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, node)) = self.value.take() else { return Err(de::Error::custom("a value without its name")) };
        seed.deserialize(node).map_err(|fault| fault.inside(&shown(&name)))
    }
}

#[cfg(test)]
mod tests {
    use crate::json::{Malformed, parse, shown};
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Sample {
        name: String,
        count: Option<u32>,
        list: Option<Vec<Word>>,
        inner: Option<BTreeMap<String, Box<Sample>>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        One,
        Two,
    }

    fn fault(text: &str) -> String {
        parse(text, 1_000).unwrap().typed::<Sample>().unwrap_err().to_string()
    }

    #[test]
    fn a_fault_names_the_path_the_kind_and_what_is_allowed_but_no_value() {
        for (text, expected) in [
            ("[]", "the whole: is an array; expected an object"),
            ("{}", "name: is missing"),
            (r#"{"name":"x","count":"MARK"}"#, "count: is a string; expected a whole number"),
            (r#"{"name":"x","count":-4711}"#, "count: is outside what is allowed; expected a whole number"),
            (r#"{"name":"x","count":47.11}"#, "count: is a number; expected a whole number"),
            (r#"{"name":4711}"#, "name: is a number; expected a string"),
            (r#"{"name":"x","list":["one","MARK"]}"#, "list[1]: is none of the words allowed: one, two"),
            (r#"{"name":"x","list":[true]}"#, "list[0]: is a boolean; expected one of the words one, two"),
            (r#"{"name":"x","colour":1}"#, "colour: unknown key; allowed are name, count, list, inner"),
            (r#"{"name":"x","inner":{"가":{"b":1}}}"#, "inner.가.b: unknown key; allowed are name, count, list, inner"),
            (r#"{"name":"x","inner":{"a":{"name":null}}}"#, "inner.a.name: is null; expected a string"),
            (r#"{"name":"x","inner":{"a":{"name":"y"},"a":1}}"#, "inner.a: appears twice"),
            (r#"{"name":"x","name":"MARK"}"#, "name: appears twice"),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }

    #[test]
    fn a_syntax_error_names_line_and_column_in_characters() {
        let Err(Malformed::Syntax(text)) = parse("{\n \"가나다\": \"라마\" x}", 100) else { panic!() };
        assert_eq!(text, "line 2, column 14: expected `,` or `}`");
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let deep = "[".repeat(1_000_000);
        assert!(matches!(parse(&deep, usize::MAX), Err(Malformed::Syntax(text)) if text.contains("recursion limit")));
        let wide = format!("[{}0]", "0,".repeat(100));
        assert_eq!(parse(&wide, 100), Err(Malformed::TooMany));
        assert!(parse(&wide, 103).is_ok());
    }

    #[test]
    fn a_name_is_shown_short_and_without_control_characters() {
        assert_eq!(shown("a\u{1b}[31m\n"), "a?[31m?");
        assert_eq!(shown(&"가".repeat(41)), format!("{}…", "가".repeat(40)));
    }
}
