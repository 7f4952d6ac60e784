//! The names of the options, and what each takes.

use super::super::Options;
use super::VALUES_MAX;
use crate::error::{Code, Error, Result};
use crate::json::{self, Malformed, Node};
use std::borrow::Cow;

/// Every option, in the order of the documents.
pub(super) const NAMES: &[&str] = &[
    "account",
    "send_at",
    "expires_in",
    "expires_at",
    "priority",
    "fallback",
    "fallback_text",
    "fallback_subject",
    "fallback_image",
    "subject",
    "image",
    "sender_number",
    "gateway",
    "text",
    "buttons",
    "tag",
];

const BUTTONS: &str = "buttons";

/// The place of an option that is one text.
fn place<'o>(options: &'o mut Options, name: &str) -> Option<&'o mut Option<String>> {
    Some(match name {
        "account" => &mut options.account,
        "send_at" => &mut options.send_at,
        "expires_in" => &mut options.expires_in,
        "expires_at" => &mut options.expires_at,
        "priority" => &mut options.priority,
        "fallback" => &mut options.fallback,
        "fallback_text" => &mut options.fallback_text,
        "fallback_subject" => &mut options.fallback_subject,
        "fallback_image" => &mut options.fallback_image,
        "subject" => &mut options.subject,
        "image" => &mut options.image,
        "sender_number" => &mut options.sender_number,
        "gateway" => &mut options.gateway,
        "text" => &mut options.text,
        "tag" => &mut options.tag,
        _ => return None,
    })
}

/// Times and spans are numbers by nature. A telephone number is not: it would lose its zero.
fn may_be_number(name: &str) -> bool {
    matches!(name, "send_at" | "expires_in" | "expires_at")
}

/// Sets an option from a line.
pub(super) fn set_text(options: &mut Options, name: &str, value: Cow<'_, str>) -> Result<()> {
    if name != BUTTONS {
        return set(options, name, Node::Text(value), &[]);
    }
    match json::parse(&value, VALUES_MAX) {
        Ok(node) => set(options, name, node, &[]),
        Err(Malformed::Syntax(wrong)) => Err(Error::new(Code::Option, format!("{BUTTONS}: {wrong}"))),
        Err(Malformed::TooMany) => Err(super::too_many(BUTTONS)),
    }
}

/// Sets an option from JSON. `beside` are the names that are allowed there as well.
pub(super) fn set(options: &mut Options, name: &str, node: Node<'_>, beside: &[&str]) -> Result<()> {
    if name == BUTTONS {
        let buttons = match node {
            Node::Null => return Ok(()),
            Node::List(_) => {
                node.typed().map_err(|fault| Error::new(Code::Option, fault.inside(BUTTONS).to_string()))?
            }
            other => {
                return Err(Error::new(Code::Option, format!("{BUTTONS}: is {}; expected an array", other.kind())));
            }
        };
        return put(&mut options.buttons, BUTTONS, buttons);
    }
    let Some(place) = place(options, name) else { return Err(unknown(name, beside)) };
    let value = match node {
        Node::Null => return Ok(()),
        Node::Text(text) => text.into_owned(),
        Node::Unsigned(number) if may_be_number(name) => number.to_string(),
        other => {
            let allowed = if may_be_number(name) { "a string or a whole number" } else { "a string" };
            return Err(Error::new(Code::Option, format!("{name}: is {}; expected {allowed}", other.kind())));
        }
    };
    put(place, name, value)
}

/// Fills a place that must be empty still.
pub(super) fn put<T>(place: &mut Option<T>, name: &str, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(Code::InvalidArgument, format!("{name}: appears twice"))),
    }
}

/// A name is shown where it looks like one; anything else may be a piece of a message.
fn unknown(name: &str, beside: &[&str]) -> Error {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = if name.bytes().all(plain) && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        format!("`{}`", json::shown_name(name))
    } else {
        "a name of other characters than letters, digits and `_`".to_owned()
    };
    let allowed: Vec<&str> = beside.iter().chain(NAMES).copied().collect();
    Error::new(Code::UnknownOption, format!("{name} is no option; allowed are {}", allowed.join(", ")))
}
