//! The templates of a channel. The vendor's own id of a template is its code here.

use super::Login;
use crate::gateway::listing::{Lister, Page, Shape};
use crate::gateway::wire::{self, Target};
use crate::gateway::{Answer, Inquiry, Method, Moment, Request};
use serde_json::Value;
use std::sync::Arc;

const PAGE: usize = 100;

const SHAPE: Shape = Shape {
    code: "/templateId",
    text: "/content",
    title: "/emphasizeTitle",
    header: "/header",
    buttons: "/buttons",
    quick_replies: "/quickReplies",
    review: "/status",
    status: "",
};

pub(super) struct Templates {
    pub login: Arc<Login>,
}

impl Lister for Templates {
    fn ask(&self, inquiry: &Inquiry, cursor: &str, moment: &Moment) -> Request {
        let target = Target::new("/kakao/v2/templates").with("channelId", inquiry.sender_key.reveal());
        let target = target.with_number("limit", PAGE);
        let target = if cursor.is_empty() { target } else { target.with("startKey", cursor) };
        self.login.request(Method::Get, target.finish(), None, moment)
    }

    fn read(&self, _: &Inquiry, cursor: &str, answer: &Answer) -> Option<Page> {
        let said: Value = wire::from_json(&answer.body).filter(|_| answer.status == 200)?;
        let next = said.get("nextKey").and_then(Value::as_str).filter(|next| !next.is_empty() && *next != cursor);
        Some(Page { templates: SHAPE.all(said.get("templateList")?)?, next: next.map(str::to_owned) })
    }
}
