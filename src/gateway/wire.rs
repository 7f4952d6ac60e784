//! What the adapters of several vendors need on the wire: targets with a query, Korean local times, JSON, images.
//!
//! Invariants: what goes out is exact; what comes in is read for what it has: a field that is missing, null, or of another
//! scalar type than the vendor's documents say costs nothing but itself.

use super::Body;
use crate::message::{Image, Text};
use crate::time::{KST, Timestamp};
use jiff::civil::DateTime;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::{self, Write};
use std::sync::Arc;

/// Everything but the unreserved characters of RFC 3986, 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as it stands in a path or a query.
pub(super) fn escaped(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, ESCAPED)
}

/// A target: a path, then `?name=value&name=value`.
pub(super) struct Target {
    text: String,
    separator: char,
}

impl Target {
    /// `path` is escaped already.
    pub fn new(path: impl Into<String>) -> Target {
        Target { text: path.into(), separator: '?' }
    }

    /// Adds a parameter; escapes the value.
    pub fn with(mut self, name: &str, value: &str) -> Target {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{}{name}={}", self.separator, escaped(value));
        self.separator = '&';
        self
    }

    /// Adds a number.
    pub fn with_number(self, name: &str, value: impl fmt::Display) -> Target {
        self.with(name, &value.to_string())
    }

    /// The whole.
    pub fn finish(self) -> String {
        self.text
    }
}

/// `2026-12-01 09:00` in Korea; what is finer is cut off.
pub(super) fn to_minute(time: Timestamp) -> String {
    time.zoned().strftime("%Y-%m-%d %H:%M").to_string()
}

/// `2026-12-01 09:00:00` in Korea; what is finer is cut off.
pub(super) fn to_second(time: Timestamp) -> String {
    time.zoned().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time as vendors write it: with a blank or a `T`, with or without seconds, fraction and zone. Without one it is
/// Korean time.
pub(super) fn from_local(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let local = || text.parse::<DateTime>().ok()?.to_zoned(KST).ok().map(|zoned| zoned.timestamp());
    let time = text.parse::<jiff::Timestamp>().ok().or_else(local)?;
    Some(Timestamp(time.as_millisecond()))
}

/// A JSON body.
pub(super) fn to_json(content_type: &str, value: &impl Serialize) -> Body {
    to_json_of(content_type, 0, value)
}

/// A JSON body that will have about so many bytes: a large one would be copied several times while it grows.
pub(super) fn to_json_of(content_type: &str, size: usize, value: &impl Serialize) -> Body {
    let mut bytes = Vec::with_capacity(size);
    // Plain structs of texts and numbers always have a JSON form.
    if serde_json::to_writer(&mut bytes, value).is_err() {
        bytes.clear();
    }
    Body { content_type: content_type.to_owned(), bytes }
}

/// Reads a JSON body; `None`: it is none, or of quite another shape.
pub(super) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

/// For `skip_serializing_if`: vendors refuse some fields that are there and empty.
pub(super) fn is_empty(text: &str) -> bool {
    text.is_empty()
}

/// The images of a text message, each with a file name.
pub(super) fn images(text: &Text) -> Vec<(String, Arc<[u8]>)> {
    let named = |(at, image): (usize, &Image)| (format!("{}.jpg", at + 1), Arc::clone(&image.bytes));
    text.images.iter().enumerate().map(named).collect()
}

/// A text, whether it comes as one, as a number or as a truth value; empty otherwise. For `deserialize_with`, together
/// with `default`.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Scalar).map(Option::unwrap_or_default)
}

/// A whole number, whether it comes as one or as text; `None` otherwise.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = deserializer.deserialize_any(Scalar)?;
    Ok(text.and_then(|text| text.trim().parse().ok()))
}

/// A truth value, whether it comes as one, as `1`, `"true"` or `"Y"`; `None` otherwise.
pub(super) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text = deserializer.deserialize_any(Scalar)?.unwrap_or_default();
    Ok(match text.trim() {
        "true" | "TRUE" | "True" | "1" | "Y" | "y" => Some(true),
        "false" | "FALSE" | "False" | "0" | "N" | "n" => Some(false),
        _ => None,
    })
}

/// A part that may be null.
pub(super) fn part<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Any JSON value as the text of its scalar.
struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }
    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_escaped_so_that_it_reads_back_as_it_was() {
        let target = Target::new("/messages").with("from", "2026-12-01 09:00").with("key", "a/b&c=한%").finish();
        assert_eq!(target, "/messages?from=2026-12-01%2009%3A00&key=a%2Fb%26c%3D%ED%95%9C%25");
        assert_eq!(Target::new("/m").with_number("n", 7).finish(), "/m?n=7");
        assert_eq!(Target::new("/m").finish(), "/m");
    }

    #[test]
    fn every_spelling_of_a_local_time_is_the_same_moment() {
        let time = Timestamp::parse("2026-12-01T09:05:00+09:00").unwrap();
        for text in [
            "2026-12-01 09:05",
            "2026-12-01 09:05:00",
            "2026-12-01 09:05:00.0",
            "2026-12-01T09:05:00.000",
            "2026-12-01T09:05:00+09:00",
            "2026-12-01T00:05:00Z",
            " 2026-12-01T00:05:00.000Z ",
        ] {
            assert_eq!(from_local(text), Some(time), "{text}");
        }
        for text in ["", "now", "2026-13-01 09:00", "9999999999999", "2026-12-01T09:05:00+99:99"] {
            assert_eq!(from_local(text), None, "{text}");
        }
        assert_eq!(to_minute(Timestamp(time.0 + 59_999)), "2026-12-01 09:05");
        assert_eq!(to_second(Timestamp(time.0 + 59_999)), "2026-12-01 09:05:59");
    }

    #[test]
    fn scalars_are_read_whatever_their_type() {
        #[derive(Deserialize, Debug, PartialEq, Default)]
        #[serde(default)]
        struct Row {
            #[serde(deserialize_with = "text")]
            text: String,
            #[serde(deserialize_with = "number")]
            number: Option<i64>,
            #[serde(deserialize_with = "truth")]
            truth: Option<bool>,
            #[serde(deserialize_with = "part")]
            rows: Vec<Row>,
        }
        let row = |text: &str, number, truth| Row { text: text.into(), number, truth, rows: Vec::new() };
        for (json, expected) in [
            (r#"{"text":"a","number":-7,"truth":true,"rows":[]}"#, row("a", Some(-7), Some(true))),
            (r#"{"text":12,"number":"-7","truth":"Y","rows":null,"new":{"a":[1]}}"#, row("12", Some(-7), Some(true))),
            (r#"{"text":null,"number":null,"truth":null}"#, row("", None, None)),
            (r#"{"text":[1,{}],"number":{"a":1},"truth":[]}"#, row("", None, None)),
            (r#"{"text":false,"number":1.5,"truth":0}"#, row("false", None, Some(false))),
            ("{}", row("", None, None)),
        ] {
            assert_eq!(from_json::<Row>(json.as_bytes()), Some(expected), "{json}");
        }
        assert_eq!(from_json::<Row>(b"<html>"), None);
        assert_eq!(from_json::<Row>(b"{\"text\":\"\xff\"}"), None);
    }
}
