//! A batch: a JSON array of messages.

use super::super::{Body, Options, Request};
use super::{VALUES_MAX, options, too_many, variables};
use crate::error::{Code, Error, Result};
use crate::json::{Node, Seed, syntax};
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// Longest text of a batch.
const BATCH_BYTES_MAX: usize = 16 << 20;
/// Most messages in it.
const MESSAGES_MAX: usize = 10_000;
/// What stands beside the options in a message.
const BESIDE: &[&str] = &["key", "to", "template", "variables"];

/// Reads a batch: a JSON array of messages. The outer error is for the whole text, the inner ones for single entries.
pub fn parse_batch(text: &str) -> Result<Vec<Result<Request>>> {
    if text.len() > BATCH_BYTES_MAX {
        let wrong = format!("messages: has {} bytes; at most {BATCH_BYTES_MAX} are allowed", text.len());
        return Err(Error::new(Code::InvalidArgument, wrong));
    }
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with('[') {
        return Err(Error::new(Code::InvalidJson, "messages: is no JSON array; expected [ {\"to\": ...}, ... ]"));
    }
    let mut requests = Vec::new();
    let left = Cell::new(VALUES_MAX);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_seq(Entries { requests: &mut requests, left: &left }).and_then(|()| reader.end());
    match read {
        Ok(()) => Ok(requests),
        Err(_) if left.get() == 0 => Err(too_many(&format!("messages[{}]", requests.len()))),
        Err(_) if requests.len() > MESSAGES_MAX => {
            let wrong = format!("messages: has more than {MESSAGES_MAX} messages; at most that is allowed");
            Err(Error::new(Code::InvalidArgument, wrong))
        }
        Err(error) => Err(Error::new(Code::InvalidJson, format!("messages: {}", syntax(text, &error)))),
    }
}

/// Makes each entry a request as soon as it is read, so that only one is held as JSON.
struct Entries<'r> {
    requests: &'r mut Vec<Result<Request>>,
    left: &'r Cell<usize>,
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> std::result::Result<(), A::Error> {
        while let Some(node) = entries.next_element_seed(Seed { left: self.left })? {
            let at = self.requests.len();
            self.requests.push(request(node).map_err(|error| error.at(format_args!("messages[{at}]"))));
            self.left.set(VALUES_MAX);
            if self.requests.len() > MESSAGES_MAX {
                return Err(A::Error::custom("too many messages"));
            }
        }
        Ok(())
    }
}

fn request(node: Node<'_>) -> Result<Request> {
    let refused = |wrong: &str| Err(Error::new(Code::InvalidArgument, wrong));
    let Node::Object(object) = node else {
        return refused(&format!("is {}; expected an object", node.kind()));
    };
    let (mut key, mut to, mut template, mut values) = (None, None, None, None);
    let mut options = Options::default();
    for (name, node) in object {
        match (name.as_ref(), node) {
            ("key" | "to" | "template" | "variables", Node::Null) => {}
            ("key", node) => put(&mut key, "key", node)?,
            ("to", node) => put(&mut to, "to", node)?,
            ("template", node) => put(&mut template, "template", node)?,
            ("variables", Node::Object(object)) => {
                options::put(&mut values, "variables", variables(&object).map_err(|error| error.at("variables"))?)?;
            }
            ("variables", node) => return refused(&format!("variables: is {}; expected an object", node.kind())),
            (name, node) => options::set(&mut options, name, node, BESIDE)?,
        }
    }
    let Some(to) = to else { return refused("to: is missing; expected the number of the recipient") };
    let body = match (template, values) {
        (Some(template), variables) => Body::Alimtalk { template, variables: variables.unwrap_or_default() },
        (None, Some(_)) => return refused("variables: need a template, which is missing"),
        (None, None) => match options.text.take() {
            Some(text) => Body::Text { text },
            None => return refused("has neither a template nor a text"),
        },
    };
    Ok(Request { key: key.unwrap_or_default(), to, body, options })
}

fn put(place: &mut Option<String>, name: &str, node: Node<'_>) -> Result<()> {
    match node {
        Node::Text(text) => options::put(place, name, text.into_owned()),
        other => Err(Error::new(Code::InvalidArgument, format!("{name}: is {}; expected a string", other.kind()))),
    }
}
