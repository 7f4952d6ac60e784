//! The form of a request: urlencoded, or in parts where it has images.
//!
//! Invariants: fields keep their order; an empty one is left out.

use crate::gateway::{Body, wire};
use std::fmt::{Display, Write};
use std::sync::Arc;

pub(super) struct Form {
    text: String,
    separator: &'static str,
}

impl Form {
    pub fn new() -> Form {
        Form { text: String::new(), separator: "" }
    }

    pub fn with(mut self, name: impl Display, value: &str) -> Form {
        self.add(name, value);
        self
    }

    pub fn add(&mut self, name: impl Display, value: &str) {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{}{name}={}", self.separator, wire::escaped(value));
            self.separator = "&";
        }
    }

    pub fn finish(self) -> Body {
        Body { content_type: "application/x-www-form-urlencoded; charset=utf-8".into(), bytes: self.text.into_bytes() }
    }
}

/// The same in parts, with `image1`, `image2`, ...
pub(super) fn in_parts(fields: &[(&str, &str)], images: &[(String, Arc<[u8]>)], nonce: &str) -> Body {
    let boundary = format!("alimi-{nonce}");
    let mut bytes = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        bytes.extend_from_slice(head.as_bytes());
    }
    for (at, (name, image)) in images.iter().enumerate() {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"image{}\"; filename=\"{name}\"\r\n\
             Content-Type: image/jpeg\r\n\r\n",
            at + 1
        );
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(image);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Body { content_type: format!("multipart/form-data; boundary={boundary}"), bytes }
}
