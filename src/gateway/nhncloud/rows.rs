//! The rows of the vendor's lists: look-ups and reports of both services.
//!
//! Invariants: only what the vendor calls delivered is Ok; a failure after which its own text message may still come is
//! Pending; a list without a good head is no list.

use super::Header;
use crate::gateway::wire::{number, part, text};
use crate::gateway::{Answer, Mark, Reference, adapter, carrier, kakao, wire};
use crate::message::{Class, Outcome, Reason, Recipient};
use serde::Deserialize;

/// Most rows of a page.
pub(super) const PAGE: usize = 1_000;

/// One message.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Row {
    #[serde(deserialize_with = "text")]
    request_id: String,
    #[serde(alias = "mtPr", deserialize_with = "text")]
    recipient_seq: String,
    #[serde(deserialize_with = "text")]
    recipient_no: String,
    #[serde(alias = "recipientGropuingKey", deserialize_with = "text")]
    pub recipient_grouping_key: String,
    #[serde(deserialize_with = "text")]
    message_status: String,
    #[serde(deserialize_with = "text")]
    msg_status: String,
    #[serde(deserialize_with = "text")]
    result_code: String,
    #[serde(deserialize_with = "text")]
    resend_status: String,
}

impl Row {
    /// The vendor's name of the message; empty where the row has none.
    pub fn reference(&self) -> String {
        if self.request_id.is_empty() || self.recipient_seq.is_empty() {
            return String::new();
        }
        format!("{}/{}", self.request_id, self.recipient_seq)
    }

    /// By which name a report of it speaks.
    pub fn mark(&self) -> Option<Mark> {
        let theirs = || Some(self.reference()).filter(|name| !name.is_empty()).map(Mark::Theirs);
        Reference::parse(&self.recipient_grouping_key).map(Mark::Ours).or_else(theirs)
    }

    /// Whether it can be one to this recipient: other installations may share the login and have the same keys.
    pub fn is_to(&self, to: &Recipient) -> bool {
        let digits: String = self.recipient_no.chars().filter(char::is_ascii_digit).collect();
        let national = digits.strip_prefix("82").map(|rest| format!("0{}", rest.trim_start_matches('0')));
        self.recipient_no.is_empty()
            || self.recipient_no.contains('*')
            || digits == to.digits()
            || national.is_some_and(|number| number == to.digits())
    }

    /// What became of it.
    pub fn outcome(&self, is_alimtalk: bool) -> Outcome {
        let outcome = if is_alimtalk { self.alimtalk() } else { self.text_message() };
        outcome.with_code(self.result_code.clone()).with_reference(self.reference())
    }

    fn alimtalk(&self) -> Outcome {
        let (class, reason) = match (self.message_status.as_str(), self.result_code.as_str()) {
            ("COMPLETED", _) | (_, "MRC01") => (Class::Ok, Reason::None),
            ("CANCEL", _) => (Class::Permanent, Reason::CancelledByCaller),
            ("FAILED", "") | (_, "MRC02") => (Class::Fallback, Reason::Other),
            (_, "") => (Class::Pending, Reason::None),
            ("FAILED", code) => match kakao::result(code) {
                // The row itself says that it failed.
                (Class::Ok, _) => (Class::Fallback, Reason::Other),
                meaning => meaning,
            },
            (_, code) => kakao::result(code),
        };
        let text = match self.resend_status.as_str() {
            "RSC04" => Some(Class::Ok),
            "RSC02" | "RSC03" if self.message_status != "CANCEL" => Some(Class::Pending),
            _ => None,
        };
        let text = text.map(|class| Outcome::new(class, Reason::None));
        adapter::together(Some(Outcome::new(class, reason)), text, false)
    }

    fn text_message(&self) -> Outcome {
        let (class, reason) = match (self.msg_status.as_str(), self.result_code.as_str()) {
            ("3", _) => (Class::Ok, Reason::None),
            ("4", _) => (Class::Permanent, Reason::CancelledByCaller),
            ("5", _) => (Class::Permanent, Reason::DuplicateRefused),
            ("6", _) => (Class::Permanent, Reason::OutsideHours),
            ("1" | "2" | "7", _) => (Class::Pending, Reason::None),
            ("0", "") => (Class::Permanent, Reason::Other),
            (_, "") => (Class::Pending, Reason::None),
            ("0", code) => match carrier::result(code) {
                (Class::Ok, _) => (Class::Permanent, Reason::Other),
                meaning => meaning,
            },
            (_, code) => carrier::result(code),
        };
        Outcome::new(class, reason)
    }
}

/// A page of a list.
pub(super) struct Page {
    pub rows: Vec<Row>,
    /// How many rows all pages have, where the vendor says so.
    pub total: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct List {
    #[serde(deserialize_with = "part")]
    header: Header,
    message_search_result_response: Option<Rows>,
    body: Option<Rows>,
    /// The reports of AlimTalk stand here without anything around them.
    messages: Option<Vec<Row>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rows {
    #[serde(deserialize_with = "part")]
    messages: Vec<Row>,
    #[serde(deserialize_with = "part")]
    data: Vec<Row>,
    /// What the vendor's table calls the list that its sample calls `data`.
    #[serde(deserialize_with = "part")]
    result_update_list: Vec<Row>,
    #[serde(deserialize_with = "number")]
    total_count: Option<i64>,
}

/// Reads a list; `Err`: the vendor's code where it has none to give.
pub(super) fn read(answer: &Answer) -> Result<Page, Option<i64>> {
    let list = wire::from_json::<List>(&answer.body).ok_or(None)?;
    if list.header.code() != Some(0) || !(200..300).contains(&answer.status) {
        return Err(list.header.code());
    }
    let (mut rows, mut total) = (list.messages, None);
    for part in [list.message_search_result_response, list.body].into_iter().flatten() {
        let rows = rows.get_or_insert_default();
        rows.extend(part.messages);
        rows.extend(part.data);
        rows.extend(part.result_update_list);
        total = total.or(part.total_count.and_then(|count| usize::try_from(count).ok()));
    }
    rows.map(|rows| Page { rows, total }).ok_or(None)
}
