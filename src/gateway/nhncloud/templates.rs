//! The templates of a sender profile.

use super::{Header, Service};
use crate::gateway::listing::{Lister, Page, Shape};
use crate::gateway::wire::{self, Target, escaped, part};
use crate::gateway::{Answer, Inquiry, Method, Moment, Request};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The vendor's most.
const PAGE: usize = 1_000;

const SHAPE: Shape = Shape {
    code: "/templateCode",
    text: "/templateContent",
    title: "/templateTitle",
    header: "/templateHeader",
    buttons: "/buttons",
    quick_replies: "/quickReplies",
    review: "/status",
    status: "",
};

pub(super) struct Templates {
    pub service: Arc<Service>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Listed {
    #[serde(deserialize_with = "part")]
    header: Header,
    template_list_response: Value,
}

impl Lister for Templates {
    fn ask(&self, inquiry: &Inquiry, cursor: &str, _: &Moment) -> Request {
        let path = format!("/senders/{}/templates", escaped(inquiry.sender_key.reveal()));
        let page = if cursor.is_empty() { "1" } else { cursor };
        let target = Target::new(path).with("pageNum", page).with_number("pageSize", PAGE);
        self.service.request(Method::Get, &target.finish())
    }

    fn read(&self, _: &Inquiry, cursor: &str, answer: &Answer) -> Option<Page> {
        let said: Listed = wire::from_json(&answer.body)?;
        if answer.status != 200 || said.header.code() != Some(0) {
            return None;
        }
        let list = said.template_list_response.get("templates")?;
        let full = list.as_array().is_some_and(|list| list.len() >= PAGE);
        let page: usize = cursor.parse().unwrap_or(1);
        Some(Page { templates: SHAPE.all(list)?, next: full.then(|| (page + 1).to_string()) })
    }
}
