//! Sending: requests, and what their answers mean for each recipient.
//!
//! Invariants: the key against repeats names exactly the messages of one request; only a recipient whom the answer calls
//! accepted is; one the answer says nothing about is possibly sent.

use super::codes;
use super::encode::{alimtalk, resend, text_message};
use super::{Header, Service};
use crate::gateway::adapter::by_status;
use crate::gateway::sending::{Load, Sender};
use crate::gateway::wire::{number, part, text};
use crate::gateway::{Answer, Errand, Moment, Parcel, Request, wire};
use crate::hash::{hex, sha256};
use crate::message::{Channel, Class, Outcome, Reason};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// What we are called in the vendor's console.
pub(super) const USER: &str = "alimi";

pub(super) struct Send {
    pub service: Arc<Service>,
}

impl Sender for Send {
    fn together(&self, channel: Channel, one: &Parcel, other: &Parcel) -> bool {
        // The text stands once in a request, for all its recipients.
        channel == Channel::Alimtalk || one.payload.text == other.payload.text
    }

    fn upload(&self, name: &str, bytes: &[u8], _: &Moment) -> Request {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Upload<'a> {
            file_name: &'a str,
            create_user: &'a str,
            file_body: String,
        }
        let body = Upload { file_name: name, create_user: USER, file_body: STANDARD.encode(bytes) };
        self.service.post("/attachfile/binaryUpload", &body)
    }

    fn uploaded(&self, answer: &Answer) -> Result<String, Outcome> {
        let Some(uploaded) = wire::from_json::<Uploaded>(&answer.body) else { return Err(by_status(answer)) };
        match uploaded.header.code() {
            Some(0) if !uploaded.body.data.file_id.is_empty() => Ok(uploaded.body.data.file_id),
            Some(code) if code != 0 => Err(meaning(codes::text(code), code)),
            _ => Err(by_status(answer)),
        }
    }

    fn send(&self, errand: &Errand, load: &Load, _: &Moment) -> Request {
        let mut request = match errand.channel {
            Channel::Alimtalk => self.service.post("/raw-messages", &alimtalk(errand, load)),
            Channel::Sms => self.service.post("/sender/sms", &text_message(errand, load)),
            Channel::Lms | Channel::Mms => self.service.post("/sender/mms", &text_message(errand, load)),
        };
        if self.service.is_alimtalk() {
            request.headers.push(("X-NC-API-IDEMPOTENCY-KEY", once(errand, load)));
        }
        Request { messages: load.places.len(), ..request }
    }

    fn judge(&self, errand: &Errand, load: &Load, answer: &Answer) -> Vec<Outcome> {
        judge(errand, load, answer)
    }
}

/// A name of exactly these tries of these messages, so that a fresh try has a fresh one.
fn once(errand: &Errand, load: &Load) -> String {
    let tries = load.parcels(errand).map(|parcel| {
        let text = parcel.payload.alimtalk.as_ref().map(|alimtalk| alimtalk.text.as_str()).unwrap_or_default();
        // Two installations may share the login and have the same keys.
        format!("{}\0{}\0{text}\0", parcel.reference(errand.channel), parcel.payload.to.digits())
    });
    hex(&sha256::<16>(tries))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Uploaded {
    #[serde(deserialize_with = "part")]
    header: Header,
    #[serde(deserialize_with = "part")]
    body: UploadedBody,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UploadedBody {
    #[serde(deserialize_with = "part")]
    data: File,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    #[serde(deserialize_with = "text")]
    file_id: String,
}

/// The answer of either service.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    #[serde(deserialize_with = "part")]
    header: Header,
    #[serde(deserialize_with = "part")]
    message: Accepted,
    #[serde(deserialize_with = "part")]
    body: SentBody,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SentBody {
    #[serde(deserialize_with = "part")]
    data: Accepted,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Accepted {
    #[serde(deserialize_with = "text")]
    request_id: String,
    #[serde(alias = "sendResultList", deserialize_with = "part")]
    send_results: Vec<Said>,
}

/// Of one recipient.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    #[serde(deserialize_with = "number")]
    recipient_seq: Option<i64>,
    #[serde(deserialize_with = "text")]
    recipient_no: String,
    #[serde(deserialize_with = "number")]
    result_code: Option<i64>,
    #[serde(alias = "recipientGropuingKey", deserialize_with = "text")]
    recipient_grouping_key: String,
}

fn meaning((class, reason): (Class, Reason), code: i64) -> Outcome {
    Outcome::new(class, reason).with_code(code.to_string())
}

fn judge(errand: &Errand, load: &Load, answer: &Answer) -> Vec<Outcome> {
    let by_status = by_status(answer);
    let all = |outcome: Outcome| vec![outcome; load.places.len()];
    // What comes from before or behind the vendor's own program says more by its status.
    if matches!(answer.status, 401 | 403 | 407 | 408 | 429 | 500..) {
        return all(by_status);
    }
    let Some(sent) = wire::from_json::<Sent>(&answer.body) else { return all(by_status) };
    let code_of = if errand.channel == Channel::Alimtalk { codes::alimtalk } else { codes::text };
    let whole = match sent.header.code() {
        Some(0) | None => by_status,
        Some(code) => meaning(code_of(code), code),
    };
    let accepted = if errand.channel == Channel::Alimtalk { sent.message } else { sent.body.data };
    let said: HashMap<&str, &Said> =
        accepted.send_results.iter().map(|said| (said.recipient_grouping_key.as_str(), said)).collect();
    let of = |(at, parcel): (usize, &Parcel)| {
        let by_key = said.get(parcel.reference(errand.channel).to_string().as_str()).copied();
        let same_place =
            |said: &&Said| said.recipient_grouping_key.is_empty() && said.recipient_no == parcel.payload.to.digits();
        let Some(said) = by_key.or_else(|| accepted.send_results.get(at).filter(same_place)) else {
            return whole.clone();
        };
        let reference = match said.recipient_seq {
            Some(seq) if !accepted.request_id.is_empty() => format!("{}/{seq}", accepted.request_id),
            _ => String::new(),
        };
        match said.result_code {
            Some(0) if sent.header.code() == Some(0) => Outcome::new(Class::Ok, Reason::None).with_reference(reference),
            Some(0) | None => whole.clone(),
            Some(code) if resend(parcel).is_resend && codes::text_may_follow(code) && !reference.is_empty() => {
                meaning((Class::Pending, Reason::None), code).with_reference(reference)
            }
            Some(code) => meaning(code_of(code), code),
        }
    };
    load.parcels(errand).enumerate().map(of).collect()
}
