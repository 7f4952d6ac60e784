//! Sending: `POST /messages/v4/send-many/detail`, before it the images of MMS.
//!
//! Invariants: all messages of an errand leave in one request; an answer is matched by our reference, never by its order;
//! what the answer does not name is possibly sent and looked up.

use super::{Login, REFERENCE_FIELD, codes, refusal};
use crate::gateway::ledger::{Ledger, Uploads, refused_content, upload_failed};
use crate::gateway::{
    Answer, Dialogue, Errand, Failure, Heard, Method, Moment, Parcel, Reference, Request, Step, adapter, wire,
};
use crate::message::{Channel, Class, Outcome, Reason, Variables};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const JSON: &str = "application/json";
/// What a message usually takes in a request; more is made room for when it comes.
const BODY_BYTES_USUAL: usize = 512;

pub(super) struct Sending {
    login: Arc<Login>,
    ledger: Ledger,
    uploads: Uploads,
    /// The places of the messages under way.
    sent: Option<Vec<usize>>,
}

impl Sending {
    pub fn new(login: Arc<Login>, errand: Errand) -> Sending {
        let mut uploads = Uploads::default();
        if errand.channel == Channel::Mms {
            errand.parcels.iter().filter_map(|parcel| parcel.text().ok()).for_each(|text| uploads.want(text));
        }
        Sending { login, ledger: Ledger::new(errand), uploads, sent: None }
    }

    fn ask(&mut self, moment: &Moment) -> Step {
        if let Some((name, image)) = self.uploads.next() {
            let file = Upload { file: STANDARD.encode(image), name, kind: "MMS" };
            let body = wire::to_json(JSON, &file);
            return Step::Ask(self.login.request(Method::Post, "/storage/v1/files".into(), Some(body), moment));
        }
        let places = self.ledger.open();
        let (mut messages, mut sent, mut refused) = (Vec::with_capacity(places.len()), Vec::new(), Vec::new());
        for at in places {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            match message(self.ledger.errand(), parcel, &self.uploads) {
                Ok(message) => {
                    messages.push(message);
                    sent.push(at);
                }
                Err(outcome) => refused.push((at, outcome)),
            }
        }
        // Two patients may share a number; the vendor would refuse the second.
        let size = BODY_BYTES_USUAL * messages.len();
        let body =
            wire::to_json_of(JSON, size, &SendMany { messages, allow_duplicates: true, show_message_list: true });
        refused.into_iter().for_each(|(at, outcome)| self.ledger.say(at, outcome));
        if sent.is_empty() {
            return self.ledger.answered(&refused_content());
        }
        let request = self.login.request(Method::Post, "/messages/v4/send-many/detail".into(), Some(body), moment);
        let messages = sent.len();
        self.sent = Some(sent);
        Step::Ask(Request { messages, ..request })
    }

    fn uploaded(&mut self, heard: Heard) {
        let file = |answer: Answer| match wire::from_json::<File>(&answer.body) {
            Some(file) if answer.status == 200 && !file.file_id.is_empty() => Ok(file.file_id),
            _ => Err(upload_failed(refusal(&answer))),
        };
        self.uploads.note(match heard {
            Heard::Answer(answer) => file(answer),
            Heard::Failed(failure) => Err(upload_failed(adapter::unanswered(failure))),
        });
    }

    fn heard(&mut self, sent: &[usize], heard: Heard) -> Step {
        match heard {
            Heard::Failed(failure) => self.ledger.say_all(sent, &adapter::unanswered(failure)),
            Heard::Answer(answer) => match wire::from_json::<Sent>(&answer.body) {
                Some(list) if (200..300).contains(&answer.status) => self.read(sent, list),
                _ => self.ledger.say_all(sent, &refusal(&answer)),
            },
        }
        self.ledger.answered(&Outcome::new(Class::Uncertain, Reason::GatewayError))
    }

    fn read(&mut self, sent: &[usize], list: Sent) {
        let mut finder = Finder { sent, next: 0 };
        let mut nameless = 0;
        for item in list.failed_message_list {
            let alone = || {
                let to = |at: &usize| self.ledger.parcel(*at).is_some_and(|p| p.payload.to.digits() == item.to);
                let mut same = sent.iter().copied().filter(|at| to(at) && self.ledger.is_open(*at));
                same.next().filter(|_| same.next().is_none())
            };
            match finder.find(&self.ledger, &item).or_else(alone) {
                Some(at) => self.ledger.say(at, item.refused()),
                None => nameless += 1,
            }
        }
        let mut accepted = 0;
        for item in list.message_list {
            if let Some(at) = finder.find(&self.ledger, &item) {
                let outcome = item.accepted();
                accepted += usize::from(self.ledger.is_open(at) && outcome.class == Class::Ok);
                self.ledger.say(at, outcome);
            }
        }
        // Without a list of the accepted ones their number tells as much, where nothing else is in doubt.
        let open: Vec<usize> = sent.iter().copied().filter(|&at| self.ledger.is_open(at)).collect();
        let registered = list.group_info.count.registered_success.and_then(|count| usize::try_from(count).ok());
        if nameless == 0 && registered == Some(accepted + open.len()) {
            self.ledger.say_all(&open, &Outcome::new(Class::Ok, Reason::None));
        }
    }
}

/// Finds the messages an answer names. It nearly always names them in the order of the request, so that the first look
/// is enough.
struct Finder<'a> {
    sent: &'a [usize],
    /// Where the next one is looked for first.
    next: usize,
}

impl Finder<'_> {
    fn find(&mut self, ledger: &Ledger, item: &Item) -> Option<usize> {
        let name = item.custom_fields.alimi.as_str();
        let (before, after) = self.sent.split_at_checked(self.next)?;
        let is = |at: usize| ledger.parcel(at).is_some_and(|parcel| parcel.has_reference(ledger.channel(), name));
        let place = after.iter().chain(before).position(|&at| is(at)).filter(|_| !name.is_empty())?;
        let found = (self.next + place) % self.sent.len();
        self.next = found + 1;
        self.sent.get(found).copied()
    }
}

impl Dialogue for Sending {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        match (self.sent.take(), heard) {
            (Some(sent), heard) => self.heard(&sent, heard.unwrap_or(Heard::Failed(Failure::Lost))),
            (None, heard) => {
                heard.into_iter().for_each(|heard| self.uploaded(heard));
                self.ask(moment)
            }
        }
    }
}

fn message<'a>(errand: &'a Errand, parcel: &'a Parcel, uploads: &'a Uploads) -> Result<Message<'a>, Outcome> {
    let own = CustomFields { reference: parcel.reference(errand.channel), falls_back: parcel.falls_back };
    let to = parcel.payload.to.digits();
    let message =
        Message { to, custom_fields: own, from: "", kind: "", text: "", subject: "", image_id: "", kakao: None };
    if errand.channel == Channel::Alimtalk {
        let kakao = Kakao {
            pf_id: errand.registration.sender_key.reveal(),
            template_id: &errand.registration.template_code,
            variables: Marked(&parcel.alimtalk()?.variables),
            disable_sms: !parcel.falls_back,
        };
        let fallback = parcel.fallback()?;
        return Ok(Message {
            kind: "ATA",
            from: fallback.map_or("", |text| &text.from),
            text: fallback.map_or("", |text| &text.body),
            kakao: Some(kakao),
            ..message
        });
    }
    let text = parcel.text()?;
    let kind = match text.channel {
        Channel::Lms => "LMS",
        Channel::Mms => "MMS",
        _ => "SMS",
    };
    let images = uploads.names(text)?;
    let image_id = match images[..] {
        [] => "",
        [image] => image,
        // The vendor takes one.
        _ => return Err(refused_content()),
    };
    Ok(Message { kind, from: &text.from, text: &text.body, subject: &text.subject, image_id, ..message })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SendMany<'a> {
    messages: Vec<Message<'a>>,
    allow_duplicates: bool,
    show_message_list: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    to: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    from: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    image_id: &'a str,
    #[serde(rename = "kakaoOptions", skip_serializing_if = "Option::is_none")]
    kakao: Option<Kakao<'a>>,
    custom_fields: CustomFields,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kakao<'a> {
    pf_id: &'a str,
    template_id: &'a str,
    #[serde(skip_serializing_if = "Marked::is_empty")]
    variables: Marked<'a>,
    disable_sms: bool,
}

/// Variables under their names with the markers.
struct Marked<'a>(&'a Variables);

impl Marked<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Marked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut variables = serializer.serialize_map(Some(self.0.len()))?;
        let mut marked = String::new();
        for (name, value) in self.0.iter() {
            marked.clear();
            marked.extend(["#{", name, "}"]);
            variables.serialize_entry(&marked, value)?;
        }
        variables.end()
    }
}

struct CustomFields {
    reference: Reference,
    falls_back: bool,
}

impl Serialize for CustomFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry(REFERENCE_FIELD, &format_args!("{}", self.reference))?;
        if self.falls_back {
            fields.serialize_entry(super::FALLBACK_FIELD, "Y")?;
        }
        fields.end()
    }
}

#[derive(Serialize)]
struct Upload<'a> {
    file: String,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    #[serde(deserialize_with = "wire::text")]
    file_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Sent {
    #[serde(deserialize_with = "wire::part")]
    failed_message_list: Vec<Item>,
    #[serde(deserialize_with = "wire::part")]
    message_list: Vec<Item>,
    #[serde(deserialize_with = "wire::part")]
    group_info: Group,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Item {
    #[serde(deserialize_with = "wire::text")]
    message_id: String,
    #[serde(deserialize_with = "wire::text")]
    status_code: String,
    #[serde(deserialize_with = "wire::text")]
    to: String,
    #[serde(deserialize_with = "wire::part")]
    custom_fields: super::list::OwnFields,
}

impl Item {
    fn accepted(self) -> Outcome {
        let (class, reason) = codes::of(&self.status_code);
        let class = if class == Class::Pending { Class::Ok } else { class };
        self.named(Outcome::new(class, reason))
    }

    fn refused(self) -> Outcome {
        match codes::of(&self.status_code) {
            (Class::Ok | Class::Pending, _) => self.named(Outcome::new(Class::Uncertain, Reason::GatewayError)),
            (class, reason) => self.named(Outcome::new(class, reason)),
        }
    }

    fn named(self, outcome: Outcome) -> Outcome {
        outcome.with_code(self.status_code).with_reference(self.message_id)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    #[serde(deserialize_with = "wire::part")]
    count: Count,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Count {
    #[serde(deserialize_with = "wire::number")]
    registered_success: Option<i64>,
}
