//! Sending: one message, many, and what both check.
//!
//! Invariants: a message is refused by its own 1xxx code, never the whole request for it; the type is worked out from the
//! content where it is not given; the number of recipients counts, not of messages.

use super::{Memory, codes, failure, group_id, invalid, log_in, message_id, refused};
use crate::ask::{Ask, json, on_wire, severed, too_many};
use crate::clock::{DAY_MS, read_iso};
use crate::fate::{Admission, Ruling, Wire};
use crate::matching::{fill, korean_bytes, names};
use crate::setup::{Button, Difference, Finished, Status, Template};
use crate::signing::fingerprint;
use crate::store::{Message, Plan, Product, Request};
use crate::vendor::trouble;
use crate::world::{State, World};
use alimi::message::{Channel, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// Most recipients of one request.
const RECIPIENTS_MAX: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Many {
    messages: Vec<Wish>,
    #[serde(default)]
    allow_duplicates: bool,
    #[serde(rename = "agent", default)]
    _agent: Option<Value>,
    #[serde(rename = "strict", default)]
    _strict: Option<bool>,
    scheduled_date: Option<String>,
    #[serde(default)]
    show_message_list: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
struct One {
    message: Wish,
    #[serde(rename = "agent", default)]
    _agent: Option<Value>,
    #[serde(rename = "strict", default)]
    _strict: Option<bool>,
    #[serde(rename = "allowDuplicates", default)]
    _allow_duplicates: Option<bool>,
}

/// A message as it is asked for.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    to: To,
    from: Option<String>,
    text: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "country")]
    _country: Option<String>,
    subject: Option<String>,
    image_id: Option<String>,
    kakao_options: Option<Kakao>,
    #[serde(default)]
    custom_fields: BTreeMap<String, String>,
    #[serde(rename = "replacements", default)]
    _replacements: Option<Value>,
    #[serde(rename = "autoTypeDetect", default)]
    _auto_type_detect: Option<bool>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum To {
    One(String),
    Several(Vec<String>),
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kakao {
    pf_id: String,
    template_id: Option<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    disable_sms: bool,
    #[serde(default)]
    buttons: Vec<Given>,
    title: Option<String>,
    #[serde(rename = "imageId")]
    _image_id: Option<String>,
    #[serde(rename = "adFlag", default)]
    _ad_flag: Option<bool>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[derive(Default)]
struct Given {
    button_name: String,
    button_type: String,
    link_mo: String,
    link_pc: String,
    link_and: String,
    link_ios: String,
    #[serde(rename = "targetOut")]
    _target_out: Option<bool>,
}

type Refusal = (&'static str, &'static str);

/// A message with one recipient that may be taken.
struct Ready {
    channel: Channel,
    text: String,
    plan: Option<Plan>,
}

impl Wish {
    fn recipients(&self) -> &[String] {
        match &self.to {
            To::One(to) => std::slice::from_ref(to),
            To::Several(list) => list,
        }
    }

    fn reference(&self) -> String {
        // Most callers have one field; its value alone is what they know the message by.
        match self.custom_fields.len() {
            0 => String::new(),
            1 => self.custom_fields.values().next().cloned().unwrap_or_default(),
            _ => serde_json::to_string(&self.custom_fields).unwrap_or_default(),
        }
    }

    /// The name of the field that is the reference.
    fn label(&self) -> &str {
        match self.custom_fields.len() {
            1 => self.custom_fields.keys().next().map_or("", String::as_str),
            _ => "",
        }
    }

    /// Checks everything but the recipient.
    fn prepare(&self, world: &World) -> Result<Ready, Refusal> {
        let long = |(key, value): (&String, &String)| key.chars().count() > 30 || value.chars().count() > 100;
        if self.custom_fields.iter().any(long) {
            return Err(("1010", "customFields: key <= 30, value <= 100"));
        }
        let from = self.from.as_deref().unwrap_or_default();
        if let Some(kakao) = &self.kakao_options {
            return self.alimtalk(world, kakao, from);
        }
        if self.kind.as_deref() == Some("ATA") {
            return Err(("1010", "kakaoOptions is missing"));
        }
        if from.is_empty() {
            return Err(("1010", "from is missing"));
        }
        if !world.setup.has_number(from) {
            return Err(("1062", "발신번호가 등록되지 않았습니다."));
        }
        let text = self.text.clone().filter(|text| !text.is_empty()).ok_or(("1010", "text is missing"))?;
        let subject = self.subject.as_deref().unwrap_or_default();
        let (Some(bytes), Some(title)) = (korean_bytes(&text), korean_bytes(subject)) else {
            return Err(("1029", "EUC-KR이 아닌 문자가 있습니다."));
        };
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(("1028", "전송할 수 없는 문자가 있습니다."));
        }
        let channel = match self.kind.as_deref() {
            Some("SMS") => Channel::Sms,
            Some("LMS") => Channel::Lms,
            Some("MMS") => Channel::Mms,
            Some(_) => return Err(("1010", "the simulator knows ATA, SMS, LMS and MMS")),
            None if self.image_id.is_some() => Channel::Mms,
            None if bytes > 90 || title > 0 => Channel::Lms,
            None => Channel::Sms,
        };
        match channel {
            Channel::Sms if title > 0 => Err(("1013", "SMS에는 제목을 쓸 수 없습니다.")),
            Channel::Mms if self.image_id.is_none() => Err(("1010", "imageId is missing")),
            _ if title > 40 => Err(("1013", "subject <= 40 bytes")),
            Channel::Sms if bytes > 90 => Err(("1031", "메시지가 너무 깁니다.")),
            _ if bytes > 2_000 => Err(("1031", "메시지가 너무 깁니다.")),
            _ => Ok(Ready { channel, text, plan: None }),
        }
    }

    fn alimtalk(&self, world: &World, kakao: &Kakao, from: &str) -> Result<Ready, Refusal> {
        if self.kind.as_deref().is_some_and(|kind| kind != "ATA") {
            return Err(("1010", "kakaoOptions goes with type ATA"));
        }
        if !world.setup.senders.iter().any(|sender| sender.pf_id == kakao.pf_id) {
            return Err(("1041", "등록되지 않은 채널입니다."));
        }
        let id = kakao.template_id.as_deref().unwrap_or_default();
        let code = id.strip_prefix("KA01TP-").unwrap_or_default();
        let template = world.setup.template(code).filter(|template| template.status == Status::Approved);
        let template = template.ok_or(("1042", "등록되지 않은 템플릿입니다."))?;
        let text = match &self.text {
            Some(text) if kakao.variables.is_empty() && !names(&template.text).is_empty() => {
                same_as(template, text, kakao)?;
                text.clone()
            }
            _ => filled(template, kakao)?,
        };
        if text.chars().count() > 1_000 {
            return Err(("1031", "메시지가 너무 깁니다."));
        }
        let mut plan = None;
        if !kakao.disable_sms && !from.is_empty() {
            if !world.setup.has_number(from) {
                return Err(("1062", "발신번호가 등록되지 않았습니다."));
            }
            let wording = self.text.clone().unwrap_or_else(|| text.clone());
            let short = korean_bytes(&wording).is_some_and(|bytes| bytes <= 90);
            let channel = if short { Channel::Sms } else { Channel::Lms };
            plan = Some(Plan { channel, product: Product::Solapi, from: from.into(), text: wording.into() });
        }
        Ok(Ready { channel: Channel::Alimtalk, text, plan })
    }
}

/// Fills the template; names come with their marks.
fn filled(template: &Template, kakao: &Kakao) -> Result<String, Refusal> {
    let marked = |key: &String| key.starts_with("#{") && key.ends_with('}') && !key.contains('.');
    if !kakao.variables.keys().all(marked) {
        return Err(("1010", "names of variables are written #{name}, without a full stop"));
    }
    let value = |name: &str| kakao.variables.get(&format!("#{{{name}}}")).map(String::as_str);
    if template.variables().into_iter().any(|name| value(name).is_none()) {
        return Err(("1043", "a variable is missing"));
    }
    fill(&template.text, value).ok_or(("1043", "a variable is missing"))
}

/// The older way: finished text and buttons equal to the template.
fn same_as(template: &Template, text: &str, kakao: &Kakao) -> Result<(), Refusal> {
    let button = |given: &Given| Button {
        kind: given.button_type.clone(),
        name: given.button_name.clone(),
        mobile: given.link_mo.clone(),
        pc: given.link_pc.clone(),
        ios: given.link_ios.clone(),
        android: given.link_and.clone(),
    };
    let said = Finished {
        text: text.to_owned(),
        title: kakao.title.clone(),
        // The call has no fields for these: they are the template's.
        header: template.header.clone(),
        highlight: template.highlight.clone(),
        items: template.items.clone(),
        buttons: kakao.buttons.iter().map(button).collect(),
        quick_replies: template.quick_replies.clone(),
    };
    match template.differs(&said) {
        None => Ok(()),
        Some(Difference::ButtonCount) if said.buttons.len() > template.buttons.len() => {
            Err(("1047", "buttons that the template lacks"))
        }
        Some(Difference::ButtonCount) => Err(("1046", "buttons are missing")),
        Some(Difference::Button) => Err(("1052", "buttons differ from the template")),
        Some(_) => Err(("1043", "content differs from the template")),
    }
}

/// What was refused, as the answer lists it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    to: &'a str,
    from: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    status_message: &'a str,
    country: &'a str,
    message_id: String,
    status_code: &'a str,
    account_id: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom_fields: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    message_id: String,
    status_code: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom_fields: &'a BTreeMap<String, String>,
    status_message: &'static str,
}

/// What became of a request.
struct Sent<'a> {
    group: u64,
    at: i64,
    failed: Vec<Failed<'a>>,
    listed: Vec<Listed<'a>>,
    wire: Wire,
}

/// Takes what may be taken.
fn take<'a>(
    world: &World,
    state: &mut State,
    wishes: &'a [Wish],
    now: i64,
    scheduled: Option<i64>,
    duplicates: bool,
) -> Result<Sent<'a>, Response> {
    let flat: Vec<(&Wish, &str)> =
        wishes.iter().flat_map(|wish| wish.recipients().iter().map(move |to| (wish, to.as_str()))).collect();
    if flat.is_empty() || flat.len() > RECIPIENTS_MAX {
        return Err(invalid("1 to 10000 recipients"));
    }
    let alimtalk = wishes.first().is_some_and(|wish| wish.kakao_options.is_some());
    let channel = if alimtalk { Channel::Alimtalk } else { Channel::Sms };
    let keys = flat.iter().map(|(wish, to)| (*to, fingerprint(wish.reference())));
    let (rulings, wire) = match state.tries.admit(Product::Solapi, channel, keys) {
        Admission::Cut => return Err(severed(crate::ask::Sever::Drop)),
        Admission::Whole(Reason::Throttled) => {
            return Err(too_many(trouble(crate::Vendor::Solapi, StatusCode::TOO_MANY_REQUESTS), Some(1)));
        }
        Admission::Whole(_) => return Err(refused("InvalidAPIKey", "유효하지 않은 API 키입니다.")),
        Admission::Go(rulings, wire) => (rulings, wire),
    };
    let group = state.store.open(Request {
        product: Product::Solapi,
        at: now,
        reserved: scheduled,
        sender: Box::default(),
        template: Box::default(),
        grouping: Box::default(),
        urgent: false,
        messages: Vec::with_capacity(flat.len()),
    });
    let mut sent = Sent { group, at: now, failed: Vec::new(), listed: Vec::with_capacity(flat.len()), wire };
    let mut seen = HashSet::with_capacity(flat.len());
    for ((wish, to), ruling) in flat.into_iter().zip(rulings) {
        let code = match ruling {
            _ if !duplicates && !seen.insert(to) => Some(("1026", "중복된 수신번호입니다.")),
            Ruling::Refused(_, reason) => codes::answer(reason),
            _ => None,
        };
        let ready = code.map_or_else(|| wish.prepare(world), Err);
        match ready {
            Err((code, words)) => sent.failed.push(Failed {
                to,
                from: wish.from.as_deref().unwrap_or_default(),
                kind: wish.kind.as_deref().unwrap_or(if wish.kakao_options.is_some() { "ATA" } else { "SMS" }),
                status_message: words,
                country: "82",
                message_id: format!("M4VFAIL{:024}", sent.failed.len()),
                status_code: code,
                account_id: "simulator",
                custom_fields: &wish.custom_fields,
            }),
            Ok(ready) => {
                let mut message = Message::new(Product::Solapi, ready.channel, to, &wish.reference());
                message.label = wish.label().into();
                message.text = ready.text.into();
                message.from = wish.from.as_deref().unwrap_or_default().into();
                message.plans.extend(ready.plan);
                message.unsettled = ruling == Ruling::TakenUnsettled;
                if let Ruling::Refused(class, reason) = ruling {
                    message.verdict = Some((class, reason));
                }
                let id = state.store.take(group, message);
                sent.listed.push(Listed {
                    message_id: message_id(now, id),
                    status_code: "2000",
                    custom_fields: &wish.custom_fields,
                    status_message: "정상 접수",
                });
            }
        }
    }
    let memory: &mut Memory = &mut state.memories.solapi;
    if !sent.failed.is_empty() {
        memory.refused.insert(group, sent.failed.len());
    }
    Ok(sent)
}

pub(super) fn one(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let wish: One = match serde_json::from_slice(&ask.body) {
        Ok(wish) => wish,
        Err(error) => return invalid(&error.to_string()),
    };
    let now = world.clock.now();
    let mut state = world.state();
    let wishes = std::slice::from_ref(&wish.message);
    if wish.message.recipients().len() != 1 {
        return invalid("/send takes one recipient");
    }
    let sent = match take(world, &mut state, wishes, now, None, true) {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    on_wire(sent.wire, || {
        let listed = sent.listed.first();
        let failed = sent.failed.first();
        let to = wish.message.recipients().first();
        let kind =
            listed.and_then(|_| state.store.messages.iter().next_back().map(|(_, m)| super::list::kind(m.channel)));
        json(
            StatusCode::OK,
            &json!({
                "groupId": group_id(sent.at, sent.group),
                "messageId": listed.map(|l| l.message_id.as_str()).or(failed.map(|f| f.message_id.as_str())),
                "accountId": "simulator",
                "statusMessage": listed.map(|l| l.status_message).or(failed.map(|f| f.status_message)),
                "statusCode": listed.map(|l| l.status_code).or(failed.map(|f| f.status_code)),
                "to": to, "from": wish.message.from, "type": kind.or(failed.map(|f| f.kind)), "country": "82",
            }),
        )
    })
}

/// The scheduled time.
pub(super) fn scheduled(text: Option<&str>, now: i64) -> Result<Option<i64>, Response> {
    let Some(text) = text else { return Ok(None) };
    let at = read_iso(text).ok_or_else(|| invalid("scheduledDate must be ISO 8601 with a zone"))?;
    if at > now + 183 * DAY_MS {
        return Err(invalid("scheduledDate is more than 6 months ahead"));
    }
    Ok((at > now).then_some(at))
}

pub(super) fn many(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let wish: Many = match serde_json::from_slice(&ask.body) {
        Ok(wish) => wish,
        Err(error) => return invalid(&error.to_string()),
    };
    let now = world.clock.now();
    let scheduled = match scheduled(wish.scheduled_date.as_deref(), now) {
        Ok(scheduled) => scheduled,
        Err(answer) => return answer,
    };
    let mut state = world.state();
    let sent = match take(world, &mut state, &wish.messages, now, scheduled, wish.allow_duplicates) {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let group = super::group::value(&state, sent.group);
    let detail = ask.target.contains("/detail");
    on_wire(sent.wire, || {
        if !detail {
            return json(StatusCode::OK, &group);
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer<'a> {
            failed_message_list: &'a [Failed<'a>],
            group_info: &'a Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            message_list: Option<&'a [Listed<'a>]>,
        }
        let message_list = wish.show_message_list.then_some(sent.listed.as_slice());
        json(StatusCode::OK, &Answer { failed_message_list: &sent.failed, group_info: &group, message_list })
    })
}

/// Sends a group that was put together before; the messages were checked for their form when they were added.
pub(super) fn draft(
    world: &World,
    state: &mut State,
    messages: Vec<Value>,
    scheduled: Option<i64>,
) -> Result<u64, Response> {
    let wishes: Result<Vec<Wish>, _> = messages.into_iter().map(serde_json::from_value).collect();
    let wishes = wishes.map_err(|error| failure(StatusCode::BAD_REQUEST, "ValidationError", &error.to_string()))?;
    let now = world.clock.now();
    let sent = take(world, state, &wishes, now, scheduled, false)?;
    Ok(sent.group)
}
