//! The templates of a sender profile, from the vendor's copy. How the list ends is not documented: by a page that is not
//! full.

use super::{Login, served};
use crate::gateway::listing::{Lister, Page, Shape};
use crate::gateway::wire::Target;
use crate::gateway::{Answer, Inquiry, Method, Moment, Request};
use serde_json::Value;

const PAGE: usize = 100;

const SHAPE: Shape = Shape {
    code: "/templateCode",
    text: "/text",
    title: "/title",
    header: "/header",
    buttons: "/attachment/button",
    quick_replies: "/supplement/quickReply",
    review: "/inspectionStatus",
    status: "/status",
};

pub(super) struct Templates {
    pub login: Login,
}

impl Lister for Templates {
    fn ask(&self, inquiry: &Inquiry, cursor: &str, _: &Moment) -> Request {
        let target = Target::new("/api/comm/v1/center/alimtalk/template/list");
        let target = target.with("senderKey", inquiry.sender_key.reveal()).with("senderKeyType", "S");
        let offset = if cursor.is_empty() { "0" } else { cursor };
        self.login.request(Method::Get, target.with("offset", offset).with_number("limit", PAGE).finish())
    }

    fn read(&self, _: &Inquiry, cursor: &str, answer: &Answer) -> Option<Page> {
        let data = served::<Value>(answer).ok()?.data;
        let list = data.pointer("/alimtalk/templates").or_else(|| data.get("templates"))?;
        let read = list.as_array().map_or(0, Vec::len);
        let offset: usize = cursor.parse().unwrap_or(0);
        Some(Page { templates: SHAPE.all(list)?, next: (read >= PAGE).then(|| (offset + read).to_string()) })
    }
}
