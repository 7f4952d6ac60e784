//! The rows of the vendor's lists: look-ups and reports of both services.
//!
//! Invariants: only what the vendor calls delivered is Ok; a failure after which its own text message may still come is
//! Pending; an answer that is no list says nothing, not even that there is nothing.

use super::send::ACCEPTED;
use crate::gateway::wire::{from_local, part, text, truth};
use crate::gateway::{Answer, adapter, carrier, kakao, wire};
use crate::message::{Class, Outcome, Reason};
use crate::time::Timestamp;
use serde::Deserialize;

/// Most rows of a page.
pub(super) const PAGE: usize = 100;

const DELIVERED: &str = "0000";
const NOT_FOUND: u16 = 404;

/// One message.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Row {
    #[serde(deserialize_with = "text")]
    pub request_id: String,
    #[serde(deserialize_with = "text")]
    pub message_id: String,
    #[serde(deserialize_with = "text")]
    request_time: String,
    #[serde(deserialize_with = "text")]
    pub to: String,
    #[serde(deserialize_with = "text")]
    pub content: String,
    #[serde(deserialize_with = "text")]
    request_status_code: String,
    #[serde(deserialize_with = "text")]
    message_status_code: String,
    #[serde(deserialize_with = "text")]
    message_status_name: String,
    #[serde(deserialize_with = "truth")]
    use_sms_failover: Option<bool>,
    #[serde(deserialize_with = "part")]
    failover: Failover,
    #[serde(deserialize_with = "text")]
    status: String,
    #[serde(deserialize_with = "text")]
    status_code: String,
    #[serde(deserialize_with = "text")]
    status_name: String,
}

/// What became of the text message that the vendor sent itself.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Failover {
    #[serde(deserialize_with = "text")]
    request_status_code: String,
    #[serde(deserialize_with = "text")]
    message_status_code: String,
    #[serde(deserialize_with = "text")]
    message_status_name: String,
}

enum Stage {
    UnderWay,
    Delivered,
    Failed,
}

impl Row {
    /// The vendor's name of the message, as the answer to its send gave it.
    pub fn reference(&self, is_alimtalk: bool) -> String {
        if is_alimtalk && !self.request_id.is_empty() {
            return format!("{}/{}", self.request_id, self.message_id);
        }
        self.request_id.clone()
    }

    /// When the vendor took it.
    pub fn taken(&self) -> Option<Timestamp> {
        from_local(&self.request_time)
    }

    /// What became of it. `asked`: whether the vendor was asked for a text message in its place, where that is known.
    pub fn outcome(&self, is_alimtalk: bool, asked: Option<bool>) -> Outcome {
        let outcome = if is_alimtalk { self.alimtalk(asked) } else { self.text_message() };
        outcome.with_reference(self.reference(is_alimtalk))
    }

    fn alimtalk(&self, asked: Option<bool>) -> Outcome {
        let code = self.message_status_code.as_str();
        if code.is_empty() && !matches!(self.request_status_code.as_str(), "" | ACCEPTED) {
            return refused(&self.request_status_code);
        }
        let (class, reason) = match stage(&self.message_status_name, code) {
            Stage::UnderWay => (Class::Pending, Reason::None),
            Stage::Delivered => (Class::Ok, Reason::None),
            Stage::Failed => result(code),
        };
        let failover = &self.failover;
        let refused = !matches!(failover.request_status_code.as_str(), "" | ACCEPTED);
        let text = match stage(&failover.message_status_name, &failover.message_status_code) {
            Stage::Delivered => Some(Class::Ok),
            Stage::UnderWay if !refused && self.falls_back(asked) => Some(Class::Pending),
            _ => None,
        };
        let text = text.map(|class| Outcome::new(class, Reason::None));
        adapter::together(Some(Outcome::new(class, reason)), text, false).with_code(code)
    }

    /// Whether the vendor's own text message may still come. That a row always tells whether one was asked for is not
    /// certain: where nobody knows, it may.
    fn falls_back(&self, asked: Option<bool>) -> bool {
        let under_way = !self.failover.request_status_code.is_empty() || !self.failover.message_status_name.is_empty();
        let asked = self.use_sms_failover.or(asked) != Some(false);
        under_way || (asked && !self.message_status_code.starts_with('B'))
    }

    fn text_message(&self) -> Outcome {
        let code = self.status_code.as_str();
        let over = matches!(self.status.as_str(), "" | "COMPLETED");
        let (class, reason) = match (over, self.status_name.as_str(), code) {
            (false, ..) => (Class::Pending, Reason::None),
            (_, "success", _) => (Class::Ok, Reason::None),
            (_, "fail", code) => match carrier::result(code) {
                // The row itself says that it failed.
                (Class::Ok, _) => (Class::Permanent, Reason::Other),
                meaning => meaning,
            },
            _ if self.status.is_empty() || code.is_empty() => (Class::Pending, Reason::None),
            (_, _, code) => carrier::result(code),
        };
        Outcome::new(class, reason).with_code(code)
    }
}

fn stage(name: &str, code: &str) -> Stage {
    match (name, code) {
        ("processing", _) => Stage::UnderWay,
        (_, DELIVERED) | ("success", "" | "0") => Stage::Delivered,
        ("fail", _) => Stage::Failed,
        (_, "") => Stage::UnderWay,
        _ => Stage::Failed,
    }
}

/// The code of an AlimTalk that was not delivered: Kakao's own, or one of the vendor's with a letter before it.
fn result(code: &str) -> (Class, Reason) {
    match code.as_bytes().first() {
        Some(b'B') => (Class::Configuration, Reason::GatewayConfiguration),
        _ => match kakao::result(code) {
            // Only 0000 is delivered here.
            (Class::Ok, _) => (Class::Fallback, Reason::Other),
            meaning => meaning,
        },
    }
}

/// An AlimTalk that was not accepted.
pub(super) fn refused(code: &str) -> Outcome {
    let (class, reason) = match result(code) {
        // What was not accepted was not sent, whatever else its code may mean.
        (Class::Uncertain | Class::Pending, reason) => (Class::Fallback, reason),
        meaning => meaning,
    };
    Outcome::new(class, reason).with_code(code)
}

/// A page of a list.
pub(super) struct Page {
    pub rows: Vec<Row>,
    /// Names the next page; empty after the last one.
    pub next: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    messages: Vec<Row>,
    #[serde(default, deserialize_with = "truth")]
    has_more: Option<bool>,
    #[serde(default, deserialize_with = "text")]
    next_token: String,
}

/// Reads the answer about one message, which has it as it is or as a list; `None`: the answer is neither.
pub(super) fn read_one(answer: &Answer) -> Option<Page> {
    read(answer).or_else(|| {
        let row: Row = wire::from_json(&answer.body).filter(|_| answer.status == 200)?;
        (!row.message_id.is_empty()).then(|| Page { rows: vec![row], next: String::new() })
    })
}

/// Reads a list; `None`: the answer is none.
pub(super) fn read(answer: &Answer) -> Option<Page> {
    if answer.status == NOT_FOUND && answer.body.iter().all(u8::is_ascii_whitespace) {
        return Some(Page { rows: Vec::new(), next: String::new() });
    }
    if answer.status != 200 {
        return None;
    }
    let list: List = wire::from_json(&answer.body)?;
    match (list.has_more, list.next_token.is_empty()) {
        // There is more, and no way to it.
        (Some(true), true) => None,
        (Some(false), _) => Some(Page { rows: list.messages, next: String::new() }),
        _ => Some(Page { rows: list.messages, next: list.next_token }),
    }
}
