//! The templates of a sender profile: one answer with all of them.

use super::{Login, granted};
use crate::gateway::listing::{Lister, Page, Shape};
use crate::gateway::{Answer, Heard, Inquiry, Moment, Request};
use crate::message::Channel;
use serde_json::Value;

const SHAPE: Shape = Shape {
    code: "/templtCode",
    text: "/templtContent",
    title: "/templtTitle",
    header: "",
    buttons: "/buttons",
    quick_replies: "",
    review: "/inspStatus",
    status: "/status",
};

pub(super) struct Templates {
    pub login: Login,
}

impl Lister for Templates {
    fn ask(&self, inquiry: &Inquiry, _: &str, _: &Moment) -> Request {
        let form = self.login.form(Channel::Alimtalk).with("senderkey", inquiry.sender_key.reveal());
        self.login.post(Channel::Alimtalk, "/akv10/template/list/", form)
    }

    fn read(&self, _: &Inquiry, _: &str, answer: &Answer) -> Option<Page> {
        let said: Value = granted(Heard::Answer(answer.clone()), Channel::Alimtalk).ok()?;
        Some(Page { templates: SHAPE.all(said.get("list")?)?, next: None })
    }
}
