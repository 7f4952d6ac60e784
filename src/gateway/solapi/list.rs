//! `GET /messages/v4/list`: what the vendor keeps of each message.
//!
//! Invariants: a list is an object keyed by message id (an array is read too); one message that fell back at the gateway
//! may be several rows, which [`verdict`] takes together.

use super::{Login, codes};
use crate::gateway::{Answer, Heard, Method, Moment, Request, adapter, wire};
use crate::message::{Channel, Outcome};
use crate::time::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Rows of a page, where the vendor allows as many.
const PAGE: usize = 500;

/// One page.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct List {
    #[serde(deserialize_with = "wire::text")]
    pub next_key: String,
    #[serde(rename = "messageList", deserialize_with = "rows")]
    pub rows: Option<Vec<Row>>,
}

/// What the vendor keeps of a message.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Row {
    #[serde(deserialize_with = "wire::text")]
    pub message_id: String,
    #[serde(deserialize_with = "wire::text")]
    pub group_id: String,
    #[serde(rename = "type", deserialize_with = "wire::text")]
    kind: String,
    #[serde(deserialize_with = "wire::text")]
    pub to: String,
    #[serde(deserialize_with = "wire::text")]
    status_code: String,
    #[serde(deserialize_with = "wire::truth")]
    replacement: Option<bool>,
    #[serde(deserialize_with = "wire::part")]
    pub custom_fields: OwnFields,
    #[serde(deserialize_with = "wire::part")]
    kakao_options: KakaoOptions,
    #[serde(deserialize_with = "wire::text")]
    date_updated: String,
}

/// Our own part of a message there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OwnFields {
    /// Our reference.
    #[serde(deserialize_with = "wire::text")]
    pub alimi: String,
    #[serde(rename = "alimiFallback", deserialize_with = "wire::truth")]
    falls_back: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KakaoOptions {
    #[serde(deserialize_with = "wire::truth")]
    disable_sms: Option<bool>,
}

impl Row {
    /// The gateway's own text message in place of an AlimTalk.
    pub fn is_replacement(&self) -> bool {
        self.replacement == Some(true)
    }

    /// Whether the gateway sends a text message should this fail.
    pub fn falls_back(&self) -> bool {
        self.kind == "ATA"
            && (self.custom_fields.falls_back == Some(true) || self.kakao_options.disable_sms == Some(false))
    }

    pub fn updated(&self) -> Option<Timestamp> {
        wire::from_local(&self.date_updated)
    }

    fn outcome(&self) -> Outcome {
        let (class, reason) = codes::of(&self.status_code);
        Outcome::new(class, reason).with_code(&*self.status_code)
    }
}

/// What all rows of one message say together; `None`: there are none.
pub(super) fn verdict(rows: &[&Row], channel: Channel, falls_back: bool) -> Option<Outcome> {
    let own = rows.iter().find(|row| !row.is_replacement());
    let text = rows.iter().find(|row| row.is_replacement());
    let named = own.or(text)?;
    let (own, text) = (own.map(|row| row.outcome()), text.map(|row| row.outcome()));
    let falls_back = channel == Channel::Alimtalk && (falls_back || named.falls_back());
    // What was refused at the door was never an AlimTalk, so that none failed.
    let may_follow = falls_back && own.as_ref().is_some_and(|own| !own.vendor_code.starts_with('1'));
    Some(adapter::together(own, text, may_follow).with_reference(&*named.message_id))
}

/// Which messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Those with these ids.
    Ids(Vec<String>),
    /// Those to a number, accepted in a span of time.
    Recipient { to: String, from: Timestamp, until: Timestamp },
    /// All that were accepted in a span of time.
    Accepted { from: Timestamp, until: Timestamp },
    /// Those of one request.
    Group(String),
    /// Those something happened to in a span of time.
    Updated { from: Timestamp, until: Timestamp },
}

impl Login {
    /// The request for a page; `key` is where it starts, empty at first.
    pub(super) fn list(&self, question: &Question, key: &str, moment: &Moment) -> Request {
        let span = |target: wire::Target, kind: &str, from: &Timestamp, until: &Timestamp| {
            target.with("dateType", kind).with("startDate", &from.to_iso()).with("endDate", &until.to_iso())
        };
        let target = wire::Target::new("/messages/v4/list");
        let (target, limit) = match question {
            Question::Ids(ids) => {
                (target.with("messageIds[in]", &serde_json::to_string(ids).unwrap_or_default()), ids.len())
            }
            Question::Recipient { to, from, until } => (span(target.with("to", to), "CREATED", from, until), PAGE),
            Question::Accepted { from, until } => (span(target, "CREATED", from, until), PAGE),
            Question::Group(group) => (target.with("groupId", group), PAGE),
            Question::Updated { from, until } => (span(target, "UPDATED", from, until), PAGE),
        };
        let target = target.with_number("limit", limit);
        let target = if key.is_empty() { target } else { target.with("startKey", key) };
        self.request(Method::Get, target.finish(), None, moment)
    }
}

/// A page; `None`: it could not be asked for, or is none.
pub(super) fn read(heard: Heard) -> Option<(List, Vec<Row>)> {
    let Heard::Answer(Answer { status: 200, body, .. }) = heard else { return None };
    let mut list: List = wire::from_json(&body)?;
    let rows = list.rows.take()?;
    Some((list, rows))
}

/// Rows as the values of an object, or as an array.
fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Row>>, D::Error> {
    struct Rows;
    impl<'de> Visitor<'de> for Rows {
        type Value = Option<Vec<Row>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("messages")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut rows = Vec::new();
            while let Some((id, mut row)) = object.next_entry::<String, Row>()? {
                if row.message_id.is_empty() {
                    row.message_id = id;
                }
                rows.push(row);
            }
            Ok(Some(rows))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut rows = Vec::new();
            while let Some(row) = list.next_element()? {
                rows.push(row);
            }
            Ok(Some(rows))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(Rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_fields_have_the_names_they_are_sent_under() {
        let fields = serde_json::json!({ super::super::REFERENCE_FIELD: "K/1/1", super::super::FALLBACK_FIELD: "Y" });
        let fields: OwnFields = wire::from_json(fields.to_string().as_bytes()).unwrap();
        assert_eq!((fields.alimi.as_str(), fields.falls_back), ("K/1/1", Some(true)));
    }
}
