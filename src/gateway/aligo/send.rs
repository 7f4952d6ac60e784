//! Sending: `/akv10/alimtalk/send/` for up to 500 AlimTalks, `/send/` for one text message.
//!
//! Invariants: the messages of a request have the same sender and way of falling back; an answer that took only a part of
//! a request leaves all of it possibly sent, with the name under which each is looked up.

use super::form::{Form, in_parts};
use super::{Login, granted, mark, name};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX};
use crate::gateway::{Dialogue, Errand, Failure, Heard, Host, Method, Moment, Parcel, Request, Step, wire};
use crate::message::{Alimtalk, Button, Channel, Class, Outcome, Reason, Text};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most receivers of a request.
const RECEIVERS_MAX: usize = 500;

pub(super) struct Sending {
    login: Login,
    ledger: Ledger,
    /// What one request can carry, the next one last.
    batches: Vec<Vec<usize>>,
    sent: Option<Vec<usize>>,
    requests: usize,
}

/// What the messages of a request share.
type Shared<'a> = (&'a str, bool, Option<(usize, Timestamp)>);

impl Sending {
    pub fn new(login: Login, errand: Errand) -> Sending {
        let mut ledger = Ledger::new(errand);
        let mut batches: Vec<Vec<usize>> = Vec::new();
        let mut refused = Vec::new();
        if ledger.channel() == Channel::Alimtalk {
            let mut open: HashMap<Shared<'_>, usize> = HashMap::new();
            for (at, parcel) in ledger.errand().parcels.iter().enumerate() {
                match sendable(ledger.errand(), parcel) {
                    Ok(from) => {
                        let shared = (from, parcel.falls_back, parcel.reserve_at.map(|time| (at, time)));
                        let place = *open.entry(shared).or_insert(batches.len());
                        match batches.get_mut(place) {
                            Some(batch) if batch.len() < RECEIVERS_MAX => batch.push(at),
                            _ => {
                                open.insert(shared, batches.len());
                                batches.push(vec![at]);
                            }
                        }
                    }
                    Err(outcome) => refused.push((at, outcome)),
                }
            }
        } else {
            for (at, parcel) in ledger.errand().parcels.iter().enumerate() {
                match parcel.text() {
                    Ok(_) => batches.push(vec![at]),
                    Err(outcome) => refused.push((at, outcome)),
                }
            }
        }
        refused.into_iter().for_each(|(at, outcome)| ledger.say(at, outcome));
        batches.reverse();
        Sending { login, ledger, batches, sent: None, requests: 0 }
    }

    fn ask(&mut self, moment: &Moment) -> Step {
        while let Some(batch) = self.batches.pop().filter(|_| self.requests < REQUESTS_MAX) {
            let request = match self.ledger.channel() {
                Channel::Alimtalk => self.alimtalks(&batch),
                _ => self.text(&batch, moment),
            };
            if let Some(request) = request {
                self.requests += 1;
                let messages = batch.len();
                self.sent = Some(batch);
                return Step::Ask(Request { messages, ..request });
            }
        }
        self.ledger.answered(&Outcome::new(Class::Transient, Reason::GatewayError))
    }

    fn alimtalks(&self, batch: &[usize]) -> Option<Request> {
        let errand = self.ledger.errand();
        let first = self.ledger.parcel(*batch.first()?)?;
        let mut form = self
            .login
            .form(Channel::Alimtalk)
            .with("senderkey", errand.registration.sender_key.reveal())
            .with("tpl_code", &errand.registration.template_code)
            .with("sender", sender(errand, first));
        form.add("senddate", &first.reserve_at.map(|time| bare_digits(&wire::to_second(time))).unwrap_or_default());
        form.add("failover", if first.falls_back { "Y" } else { "N" });
        for (at, parcel) in batch.iter().filter_map(|&at| self.ledger.parcel(at)).enumerate() {
            let Some(alimtalk) = &parcel.payload.alimtalk else { continue };
            let fallback = parcel.fallback().ok().flatten();
            receiver(&mut form, at + 1, parcel, alimtalk, fallback);
        }
        Some(self.login.post(Channel::Alimtalk, "/akv10/alimtalk/send/", form))
    }

    fn text(&self, batch: &[usize], moment: &Moment) -> Option<Request> {
        let parcel = self.ledger.parcel(*batch.first()?)?;
        let text = parcel.text().ok()?;
        let time = parcel.reserve_at.map(|time| bare_digits(&wire::to_minute(time))).unwrap_or_default();
        let (day, minute) = time.split_at_checked(8).unwrap_or_default();
        let kind = match text.channel {
            Channel::Lms => "LMS",
            Channel::Mms => "MMS",
            _ => "SMS",
        };
        let fields = [
            ("key", self.login.api_key.reveal()),
            ("user_id", self.login.user_id.reveal()),
            ("sender", &text.from),
            ("receiver", parcel.payload.to.digits()),
            ("msg", &text.body),
            ("msg_type", kind),
            ("title", &text.subject),
            ("rdate", day),
            ("rtime", minute),
        ];
        if text.channel == Channel::Mms {
            let body = Some(in_parts(&fields, &wire::images(text), &moment.nonce));
            let target = "/send/".to_owned();
            return Some(Request {
                method: Method::Post,
                host: Host::Text,
                target,
                headers: vec![],
                body,
                messages: 1,
            });
        }
        let form = fields.iter().fold(Form::new(), |form, (name, value)| form.with(name, value));
        Some(self.login.post(text.channel, "/send/", form))
    }

    fn heard(&mut self, batch: &[usize], heard: Heard) {
        let channel = self.ledger.channel();
        let outcome = match granted::<Sent>(heard, channel) {
            Ok(sent) => sent.outcome(channel, batch.len()),
            Err(refusal) => refusal,
        };
        let mut known: HashMap<String, usize> = HashMap::new();
        for &at in batch {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            let named = if outcome.reference.is_empty() || channel != Channel::Alimtalk {
                outcome.clone()
            } else {
                let nth = known.entry(mark(parcel, channel)).and_modify(|nth| *nth += 1).or_insert(1);
                let reference = name(&outcome.reference, parcel, channel, *nth);
                Outcome { reference, ..outcome.clone() }
            };
            self.ledger.say(at, named);
        }
    }
}

impl Dialogue for Sending {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        if let Some(batch) = self.sent.take() {
            self.heard(&batch, heard.unwrap_or(Heard::Failed(Failure::Lost)));
        }
        self.ask(moment)
    }
}

/// The sender number the vendor wants with each AlimTalk.
fn sender<'a>(errand: &'a Errand, parcel: &'a Parcel) -> &'a str {
    parcel.payload.text.as_ref().map_or(&errand.registration.sender_number, |text| &text.from)
}

/// Checks that an AlimTalk has all the vendor wants; its sender number.
fn sendable<'a>(errand: &'a Errand, parcel: &'a Parcel) -> Result<&'a str, Outcome> {
    let alimtalk = parcel.alimtalk()?;
    parcel.fallback()?;
    let from = sender(errand, parcel);
    if from.is_empty() {
        return Err(Outcome::new(Class::Configuration, Reason::SenderNumberInvalid));
    }
    if alimtalk.buttons.iter().any(|button| kind_name(&button.kind).is_none()) {
        return Err(Outcome::new(Class::Configuration, Reason::GatewayConfiguration));
    }
    Ok(from)
}

fn receiver(form: &mut Form, n: usize, parcel: &Parcel, alimtalk: &Alimtalk, fallback: Option<&Text>) {
    form.add(format_args!("receiver_{n}"), parcel.payload.to.digits());
    form.add(format_args!("subject_{n}"), if alimtalk.title.is_empty() { "알림톡" } else { &alimtalk.title });
    form.add(format_args!("message_{n}"), &alimtalk.text);
    form.add(format_args!("emtitle_{n}"), &alimtalk.title);
    if !alimtalk.buttons.is_empty() {
        let list = Buttons { button: alimtalk.buttons.iter().map(button).collect() };
        form.add(format_args!("button_{n}"), &serde_json::to_string(&list).unwrap_or_default());
    }
    if let Some(text) = fallback {
        form.add(format_args!("fsubject_{n}"), &text.subject);
        form.add(format_args!("fmessage_{n}"), &text.body);
    }
}

fn button(button: &Button) -> Link<'_> {
    Link {
        name: &button.name,
        link_type: &button.kind,
        link_type_name: kind_name(&button.kind).unwrap_or_default(),
        link_m: &button.link_mobile,
        link_p: &button.link_pc,
        link_i: &button.link_ios,
        link_a: &button.link_android,
    }
}

/// The Korean name the vendor wants beside a kind; `None`: it does not take that kind.
fn kind_name(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AC" => "채널 추가",
        "DS" => "배송조회",
        "WL" => "웹링크",
        "AL" => "앱링크",
        "BK" => "봇키워드",
        "MD" => "메시지전달",
        _ => return None,
    })
}

fn bare_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[derive(Serialize)]
struct Buttons<'a> {
    button: Vec<Link<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    name: &'a str,
    link_type: &'a str,
    link_type_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    link_m: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    link_p: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    link_i: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    link_a: &'a str,
}

/// The answer to a request that was taken: `info` of AlimTalk, the rest of text messages.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    #[serde(deserialize_with = "wire::part")]
    info: Info,
    #[serde(deserialize_with = "wire::text")]
    msg_id: String,
    #[serde(deserialize_with = "wire::number")]
    success_cnt: Option<i64>,
    #[serde(deserialize_with = "wire::number")]
    error_cnt: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    #[serde(deserialize_with = "wire::text")]
    mid: String,
    #[serde(deserialize_with = "wire::number")]
    scnt: Option<i64>,
    #[serde(deserialize_with = "wire::number")]
    fcnt: Option<i64>,
}

impl Sent {
    /// What it says of each of so many messages; the reference is the request's.
    fn outcome(self, channel: Channel, count: usize) -> Outcome {
        let (mid, taken, refused) = if channel == Channel::Alimtalk {
            (self.info.mid, self.info.scnt, self.info.fcnt)
        } else {
            (self.msg_id, self.success_cnt, self.error_cnt)
        };
        let all = i64::try_from(count).ok();
        let (class, reason) = match (taken, refused) {
            // Without a name it could never be asked for: it is found by its content.
            _ if mid.is_empty() => (Class::Uncertain, Reason::GatewayError),
            (_, Some(0)) => (Class::Ok, Reason::None),
            (taken, None) if taken == all => (Class::Ok, Reason::None),
            (Some(0), Some(_)) => (Class::Fallback, Reason::Other),
            _ => (Class::Uncertain, Reason::GatewayError),
        };
        // What was refused belongs to no request.
        let reference = if class == Class::Fallback { String::new() } else { mid };
        Outcome::new(class, reason).with_reference(reference)
    }
}
