//! The templates that a vendor has: asked for page by page, read into one form.
//!
//! Invariants: a list is whole or it is none, so that a template is missing only where the vendor was asked for all; what a
//! vendor does not tell of a template is `None`, and never taken for empty; a word that is not known is no refusal.

use super::{Answer, Dialogue, Heard, Inquiry, Moment, News, Request, Step};
use crate::message::Button;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most requests of one list; vendors have far fewer pages.
const PAGES_MAX: usize = 150;

/// Stands for a sender key where that would be readable.
pub(crate) type SenderMark = [u8; 16];

/// What one gateway said it has under one sender key.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub gateway: String,
    pub sender: SenderMark,
    pub at: Timestamp,
    pub templates: Vec<Listed>,
}

/// A template as a vendor has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Listed {
    pub code: String,
    pub standing: Standing,
    pub text: Option<String>,
    pub title: Option<String>,
    pub header: Option<String>,
    pub buttons: Option<Vec<Button>>,
    pub quick_replies: Option<Vec<Button>>,
}

/// Whether it may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    Approved,
    InReview,
    Rejected,
    /// Dormant, blocked or stopped after it was approved.
    Stopped,
    /// The vendor's word is not known.
    #[default]
    Unclear,
}

impl Standing {
    pub const fn word(self) -> &'static str {
        match self {
            Standing::Approved => "approved",
            Standing::InReview => "in review",
            Standing::Rejected => "rejected",
            Standing::Stopped => "dormant or stopped",
            Standing::Unclear => "in a state that is not known",
        }
    }
}

/// A page of a list.
pub(super) struct Page {
    pub templates: Vec<Listed>,
    /// The cursor of the next one.
    pub next: Option<String>,
}

/// A vendor's part in it.
pub(super) trait Lister {
    /// Asks for a page; the first cursor is empty.
    fn ask(&self, inquiry: &Inquiry, cursor: &str, moment: &Moment) -> Request;
    /// What the answer says; `None`: nothing that could be relied on.
    fn read(&self, inquiry: &Inquiry, cursor: &str, answer: &Answer) -> Option<Page>;
}

/// The dialogue.
pub(super) struct Listings<L> {
    vendor: L,
    inquiry: Inquiry,
    cursor: String,
    pages: usize,
    templates: Vec<Listed>,
}

impl<L: Lister> Listings<L> {
    pub fn new(vendor: L, inquiry: Inquiry) -> Self {
        Listings { vendor, inquiry, cursor: String::new(), pages: 0, templates: Vec::new() }
    }

    /// Takes a template; a later word about one, with more in it, stands for the earlier.
    fn take(&mut self, template: Listed) {
        match self.templates.iter_mut().find(|known| known.code == template.code) {
            Some(known) => *known = template,
            None => self.templates.push(template),
        }
    }

    fn end(&mut self, whole: bool) -> Step {
        let templates = whole.then(|| std::mem::take(&mut self.templates));
        let (gateway, sender) = (self.inquiry.gateway.clone(), self.inquiry.sender);
        Step::Done(Some(News::Listed { gateway, sender, templates }))
    }
}

impl<L: Lister> Dialogue for Listings<L> {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        if let Some(heard) = heard {
            let Heard::Answer(answer) = heard else { return self.end(false) };
            let Some(page) = self.vendor.read(&self.inquiry, &self.cursor, &answer) else { return self.end(false) };
            page.templates.into_iter().for_each(|template| self.take(template));
            match page.next {
                None => return self.end(true),
                Some(next) => self.cursor = next,
            }
        }
        if self.pages >= PAGES_MAX {
            return self.end(false);
        }
        self.pages += 1;
        Step::Ask(self.vendor.ask(&self.inquiry, &self.cursor, moment))
    }
}

/// Where the parts of a template stand in a vendor's JSON, as pointers; empty: it has none.
pub(super) struct Shape {
    pub code: &'static str,
    pub text: &'static str,
    pub title: &'static str,
    pub header: &'static str,
    pub buttons: &'static str,
    pub quick_replies: &'static str,
    /// Where Kakao's review stands.
    pub review: &'static str,
    /// Whether it is in use.
    pub status: &'static str,
}

impl Shape {
    /// The templates of a list.
    pub fn all(&self, list: &Value) -> Option<Vec<Listed>> {
        Some(list.as_array()?.iter().filter_map(|value| self.read(value)).collect())
    }

    /// `None`: without a code it is none.
    fn read(&self, value: &Value) -> Option<Listed> {
        let text = |pointer: &str| told(value, pointer).map(text_of);
        Some(Listed {
            code: text(self.code).filter(|code| !code.is_empty())?,
            standing: self.standing(value),
            text: text(self.text),
            title: text(self.title),
            header: text(self.header),
            buttons: told(value, self.buttons).map(buttons),
            quick_replies: told(value, self.quick_replies).map(buttons),
        })
    }

    fn standing(&self, value: &Value) -> Standing {
        let word = |pointer: &str| told(value, pointer).map(text_of).unwrap_or_default();
        let said = |name: &str| value.get(name).is_some_and(|flag| flag == true || flag == "Y");
        if said("dormant")
            || said("block")
            || matches!(word(self.status).as_str(), "S" | "STOP" | "STOPPED" | "DORMANT")
        {
            return Standing::Stopped;
        }
        match word(self.review).as_str() {
            "TSC03" | "APPROVED" | "APPROVE" | "APR" | "COMPLETE" => Standing::Approved,
            "TSC01" | "TSC02" | "PENDING" | "INSPECTING" | "INSPECT" | "REG" | "REQ" | "REGISTER" | "REQUEST" => {
                Standing::InReview
            }
            "TSC04" | "REJECTED" | "REJECT" | "REJ" => Standing::Rejected,
            _ => Standing::Unclear,
        }
    }
}

fn told<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.is_empty() { None } else { value.pointer(pointer) }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Buttons as any vendor spells them, in their order.
fn buttons(list: &Value) -> Vec<Button> {
    let mut values: Vec<&Value> = list.as_array().map(|list| list.iter().collect()).unwrap_or_default();
    // Stable: those without a number stay as they stand.
    values.sort_by_key(|value| value.get("ordering").or_else(|| value.get("order")).and_then(Value::as_i64));
    let button = |value: &Value| {
        let text = |names: &[&str]| {
            let texts = names.iter().filter_map(|name| value.get(name)).map(text_of);
            texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
        };
        Button {
            kind: text(&["linkType", "buttonType", "type"]),
            name: text(&["name", "buttonName"]),
            link_mobile: text(&["linkMo", "linkMobile", "urlMobile", "linkM"]),
            link_pc: text(&["linkPc", "urlPc", "linkP"]),
            link_android: text(&["linkAnd", "schemeAndroid", "linkA"]),
            link_ios: text(&["linkIos", "schemeIos", "linkI"]),
            ..Button::default()
        }
    };
    values.into_iter().map(button).collect()
}
