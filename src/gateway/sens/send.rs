//! Sending: requests, and what their answers mean for each recipient.
//!
//! Invariants: only a recipient whom the answer calls accepted is; one the answer says nothing about is possibly sent; a
//! request that is refused for its form is tried in parts, for one bad message must not hold up the others.

use super::Service;
use super::encode::{alimtalk, text_message};
use super::rows::refused;
use crate::gateway::adapter::by_status;
use crate::gateway::sending::{Load, Sender};
use crate::gateway::wire::{part, text};
use crate::gateway::{Answer, Errand, Moment, Parcel, Request, wire};
use crate::message::{Channel, Class, Outcome, Reason};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const BAD_REQUEST: u16 = 400;

/// The code of what is accepted.
pub(super) const ACCEPTED: &str = "A000";

pub(super) struct Send {
    pub service: Arc<Service>,
}

impl Sender for Send {
    fn together(&self, channel: Channel, one: &Parcel, other: &Parcel) -> bool {
        channel == Channel::Alimtalk && one.reserve_at.is_none() && other.reserve_at.is_none()
    }

    fn upload(&self, name: &str, bytes: &[u8], moment: &Moment) -> Request {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Upload<'a> {
            file_name: &'a str,
            file_body: String,
        }
        self.service.post("/files", &Upload { file_name: name, file_body: STANDARD.encode(bytes) }, moment)
    }

    fn uploaded(&self, answer: &Answer) -> Result<String, Outcome> {
        let uploaded = wire::from_json::<Uploaded>(&answer.body).map(|uploaded| uploaded.file_id);
        let good = uploaded.filter(|id| !id.is_empty() && (200..300).contains(&answer.status));
        good.ok_or_else(|| by_status(answer))
    }

    fn send(&self, errand: &Errand, load: &Load, moment: &Moment) -> Request {
        let request = match errand.channel {
            Channel::Alimtalk => self.service.post("/messages", &alimtalk(errand, load), moment),
            _ => self.service.post("/messages", &text_message(errand, load), moment),
        };
        Request { messages: load.places.len(), ..request }
    }

    fn splits(&self, answer: &Answer) -> bool {
        answer.status == BAD_REQUEST
    }

    fn judge(&self, errand: &Errand, load: &Load, answer: &Answer) -> Vec<Outcome> {
        let whole = by_status(answer);
        let sent = wire::from_json::<Sent>(&answer.body).filter(|_| (200..300).contains(&answer.status));
        let Some(sent) = sent else { return vec![whole; load.places.len()] };
        if errand.channel == Channel::Alimtalk { each(errand, load, sent, &whole) } else { vec![one(&sent, whole)] }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Uploaded {
    #[serde(deserialize_with = "text")]
    file_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Sent {
    #[serde(deserialize_with = "text")]
    request_id: String,
    #[serde(deserialize_with = "text")]
    status_code: String,
    #[serde(deserialize_with = "text")]
    status_name: String,
    #[serde(deserialize_with = "part")]
    messages: Vec<Said>,
}

/// Of one recipient.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    #[serde(deserialize_with = "text")]
    message_id: String,
    #[serde(deserialize_with = "text")]
    to: String,
    #[serde(deserialize_with = "text")]
    request_status_code: String,
}

/// The answer to AlimTalks lists them in the order of the request; the number is compared all the same.
fn each(errand: &Errand, load: &Load, sent: Sent, whole: &Outcome) -> Vec<Outcome> {
    let of = |(at, parcel): (usize, &Parcel)| {
        let said = sent.messages.get(at).filter(|said| said.to == parcel.payload.to.digits());
        match said.map(|said| (said.request_status_code.as_str(), said)) {
            Some((ACCEPTED, said)) => {
                let name = if sent.request_id.is_empty() {
                    String::new()
                } else {
                    format!("{}/{}", sent.request_id, said.message_id)
                };
                Outcome::new(Class::Ok, Reason::None).with_reference(name)
            }
            None | Some(("", _)) => whole.clone(),
            Some((code, _)) => refused(code),
        }
    };
    load.parcels(errand).enumerate().map(of).collect()
}

/// The answer to a text message names no message.
fn one(sent: &Sent, whole: Outcome) -> Outcome {
    match (sent.status_code.as_str(), sent.status_name.as_str()) {
        ("202", _) | ("" | "200", "success") => {
            Outcome::new(Class::Ok, Reason::None).with_reference(sent.request_id.clone())
        }
        (code, "fail") if !code.is_empty() => Outcome::new(Class::Permanent, Reason::Other).with_code(code),
        _ => whole,
    }
}
