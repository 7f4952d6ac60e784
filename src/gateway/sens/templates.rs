//! The templates of a channel. Title, header and buttons stand only in the answer about a single one, so those that are
//! configured are asked for one by one after the list.

use super::Service;
use crate::gateway::listing::{Lister, Page, Shape};
use crate::gateway::wire::{self, Target};
use crate::gateway::{Answer, Inquiry, Method, Moment, Request};
use serde_json::Value;
use std::sync::Arc;

/// The vendor's most.
const PAGE: usize = 100;
/// Most templates that are asked for one by one.
const SINGLE_MAX: usize = 100;
/// Before the number of a single template in a cursor; pages are plain numbers.
const SINGLE: char = '#';

const SHAPE: Shape = Shape {
    code: "/templateCode",
    text: "/content",
    title: "/title",
    header: "/headerContent",
    buttons: "/buttons",
    quick_replies: "",
    review: "/templateInspectionStatus",
    status: "/templateStatus",
};

pub(super) struct Templates {
    pub service: Arc<Service>,
}

/// The place of a single template among those configured.
fn single(cursor: &str) -> Option<usize> {
    cursor.strip_prefix(SINGLE)?.parse().ok()
}

impl Lister for Templates {
    fn ask(&self, inquiry: &Inquiry, cursor: &str, moment: &Moment) -> Request {
        let target = Target::new("/templates").with("channelId", inquiry.sender_key.reveal());
        let target = match single(cursor).and_then(|at| inquiry.ours.get(at)) {
            Some(template) => target.with("templateCode", &template.code),
            None => {
                target.with_number("pageSize", PAGE).with("pageIndex", if cursor.is_empty() { "0" } else { cursor })
            }
        };
        self.service.request(Method::Get, &target.finish(), moment)
    }

    fn read(&self, inquiry: &Inquiry, cursor: &str, answer: &Answer) -> Option<Page> {
        // Nothing found.
        let none = answer.status == 404 && answer.body.iter().all(u8::is_ascii_whitespace);
        let said: Value = if none { Value::Array(Vec::new()) } else { wire::from_json(&answer.body)? };
        if !none && answer.status != 200 {
            return None;
        }
        let list = said.get("templates").unwrap_or(&said);
        let full = list.as_array().is_some_and(|list| list.len() >= PAGE);
        let next = match single(cursor) {
            Some(at) => at + 1,
            None if full => {
                let page: usize = cursor.parse().unwrap_or(0);
                return Some(Page { templates: SHAPE.all(list)?, next: Some((page + 1).to_string()) });
            }
            None => 0,
        };
        let more = next < inquiry.ours.len().min(SINGLE_MAX);
        Some(Page { templates: SHAPE.all(list)?, next: more.then(|| format!("{SINGLE}{next}")) })
    }
}
