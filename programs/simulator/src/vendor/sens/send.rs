//! Sending AlimTalk and texts, and images for MMS.
//!
//! Invariants: a message without a caller's reference is known by its text; the answer to a text tells no message ids.

use super::{bad, codes, failure, log_in, message_id, request_id, reserved, stranger};
use crate::ask::{Ask, json, on_wire, severed, too_many};
use crate::clock::{SECONDS, korean};
use crate::fate::{Admission, Ruling, Wire};
use crate::matching::korean_bytes;
use crate::setup::{Button, Finished, Item, Items, Template};
use crate::signing::{fingerprint, read_base64};
use crate::store::{Message, Plan, Product, Request, Vendor};
use crate::vendor::trouble;
use crate::world::{State, World};
use alimi::message::{Channel, Class, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Alimtalk {
    plus_friend_id: String,
    template_code: String,
    messages: Vec<One>,
    reserve_time: Option<String>,
    reserve_time_zone: Option<String>,
    #[serde(rename = "scheduleCode")]
    _schedule_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct One {
    #[serde(default = "korea")]
    country_code: String,
    to: String,
    title: Option<String>,
    content: String,
    header_content: Option<String>,
    item_highlight: Option<Item>,
    item: Option<Items>,
    #[serde(default)]
    buttons: Vec<Given>,
    #[serde(default)]
    use_sms_failover: bool,
    failover_config: Option<Failover>,
}

fn korea() -> String {
    String::from("82")
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Given {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    link_mobile: String,
    link_pc: String,
    scheme_ios: String,
    scheme_android: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Failover {
    #[serde(rename = "type")]
    kind: Option<String>,
    from: Option<String>,
    subject: Option<String>,
    content: Option<String>,
}

impl One {
    fn check(&self, world: &World) -> Result<(), &'static str> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(&self.to) || !digits(self.country_code.trim_start_matches('+')) {
            return Err("to and countryCode are digits");
        }
        if self.content.is_empty() || self.content.chars().count() > 1_000 {
            return Err("content must have 1 to 1000 characters");
        }
        if self.header_content.as_ref().is_some_and(|header| header.chars().count() > 16) {
            return Err("headerContent <= 16");
        }
        if self.item.as_ref().is_some_and(|item| !(2..=10).contains(&item.list.len())) {
            return Err("2 to 10 items");
        }
        for button in &self.buttons {
            let missing = match button.kind.as_str() {
                "WL" => button.link_mobile.is_empty() || button.link_pc.is_empty(),
                "AL" => button.scheme_ios.is_empty() || button.scheme_android.is_empty(),
                "DS" | "BK" | "MD" | "AC" => false,
                _ => true,
            };
            if missing || button.name.is_empty() || button.name.chars().count() > 20 {
                return Err("a button has a known type, a name <= 20, and both links (WL) or both schemes (AL)");
            }
        }
        if let Some(failover) = &self.failover_config {
            let from = failover.from.as_deref().unwrap_or_default();
            if !from.is_empty() && !world.setup.has_number(from) {
                return Err("failoverConfig.from is not registered");
            }
            if failover.kind.as_deref().is_some_and(|kind| kind != "SMS" && kind != "LMS") {
                return Err("failoverConfig.type must be SMS or LMS");
            }
            if failover.subject.as_deref().and_then(korean_bytes).is_some_and(|bytes| bytes > 40) {
                return Err("failoverConfig.subject <= 40 bytes");
            }
        }
        Ok(())
    }

    fn message(&self, world: &World, template: &Template, ruling: Ruling) -> Message {
        let mut message = Message::new(Product::SensAlimtalk, Channel::Alimtalk, &self.to, &reference(&self.content));
        message.text = self.content.as_str().into();
        message.unsettled = ruling == Ruling::TakenUnsettled;
        let button = |given: &Given| Button {
            kind: given.kind.clone(),
            name: given.name.clone(),
            mobile: given.link_mobile.clone(),
            pc: given.link_pc.clone(),
            ios: given.scheme_ios.clone(),
            android: given.scheme_android.clone(),
        };
        let said = Finished {
            text: self.content.clone(),
            title: self.title.clone(),
            header: self.header_content.clone(),
            highlight: self.item_highlight.clone(),
            items: self.item.clone(),
            buttons: self.buttons.iter().map(button).collect(),
            // The call has no quick replies: they are the template's.
            quick_replies: template.quick_replies.clone(),
        };
        if template.differs(&said).is_some() {
            message.verdict = Some((Class::Configuration, Reason::TemplateMismatch));
        }
        if let Ruling::Refused(class, reason) = ruling {
            message.verdict = Some((class, reason));
        }
        if self.use_sms_failover {
            let config = self.failover_config.as_ref();
            let text = config.and_then(|c| c.content.clone()).unwrap_or_else(|| self.content.clone());
            let short = korean_bytes(&text).is_some_and(|bytes| bytes <= 90);
            let channel = match config.and_then(|c| c.kind.as_deref()) {
                Some("SMS") => Channel::Sms,
                None if short => Channel::Sms,
                _ => Channel::Lms,
            };
            let number = world.setup.sender_numbers.first().cloned().unwrap_or_default();
            let from = config.and_then(|c| c.from.clone()).unwrap_or(number);
            message.plans.push_back(Plan { channel, product: Product::SensSms, from: from.into(), text: text.into() });
        }
        message
    }
}

/// What a text is known by in the journal.
fn reference(text: &str) -> String {
    format!("text-{:016x}", fingerprint(text))
}

/// The rulings on a request, or the answer that it gets in whole.
fn admit<'a>(
    state: &mut State,
    product: Product,
    channel: Channel,
    messages: impl Iterator<Item = (&'a str, u64)> + Clone,
) -> Result<(Vec<Ruling>, Wire), Response> {
    match state.tries.admit(product, channel, messages) {
        Admission::Cut => Err(severed(crate::ask::Sever::Drop)),
        Admission::Whole(Reason::Throttled) => {
            Err(too_many(trouble(Vendor::Sens, StatusCode::TOO_MANY_REQUESTS), Some(1)))
        }
        Admission::Whole(_) => Err(stranger()),
        Admission::Go(rulings, wire) => Ok((rulings, wire)),
    }
}

fn request(product: Product, at: i64, reserved: Option<i64>, sender: &str, template: &str) -> Request {
    Request {
        product,
        at,
        reserved,
        sender: sender.into(),
        template: template.into(),
        grouping: Box::default(),
        urgent: false,
        messages: Vec::new(),
    }
}

pub(super) fn alimtalk(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let wish: Alimtalk = match serde_json::from_slice(&ask.body) {
        Ok(wish) => wish,
        Err(error) => return bad(&error.to_string()),
    };
    if !world.setup.senders.iter().any(|sender| sender.channel == wish.plus_friend_id) {
        return bad("plusFriendId is not registered");
    }
    let Some(template) = world.setup.template(&wish.template_code) else {
        return bad("templateCode is not registered");
    };
    if wish.messages.is_empty() || wish.messages.len() > 100 {
        return bad("1 to 100 messages");
    }
    if let Some(words) = wish.messages.iter().find_map(|one| one.check(world).err()) {
        return bad(words);
    }
    let now = world.clock.now();
    let reserved = match reserved(wish.reserve_time.as_deref(), wish.reserve_time_zone.as_deref(), now) {
        Ok(reserved) => reserved,
        Err(answer) => return answer,
    };
    let mut state = world.state();
    let keys = wish.messages.iter().map(|one| (one.to.as_str(), fingerprint(&one.content)));
    let (rulings, wire) = match admit(&mut state, Product::SensAlimtalk, Channel::Alimtalk, keys) {
        Ok(admitted) => admitted,
        Err(answer) => return answer,
    };
    let number =
        state.store.open(request(Product::SensAlimtalk, now, reserved, &wish.plus_friend_id, &wish.template_code));
    let mut list: Vec<Value> = Vec::with_capacity(wish.messages.len());
    for (one, ruling) in wish.messages.iter().zip(rulings) {
        let refused = match ruling {
            Ruling::Refused(_, reason) => codes::answer(reason),
            _ => None,
        };
        let id = match refused {
            None => message_id(state.store.take(number, one.message(world, template, ruling))),
            Some(_) => String::new(),
        };
        let (code, words) = refused.unwrap_or(("A000", "success"));
        list.push(json!({"messageId": id, "to": one.to, "countryCode": one.country_code, "content": one.content,
            "requestStatusCode": code, "requestStatusName": if refused.is_none() { "success" } else { "fail" },
            "requestStatusDesc": words, "useSmsFailover": one.use_sms_failover}));
    }
    on_wire(wire, || {
        json(
            StatusCode::ACCEPTED,
            &json!({"requestId": request_id(Product::SensAlimtalk, number), "requestTime": korean(now, "%Y-%m-%dT%H:%M:%S.%3f"),
            "statusCode": "202", "statusName": "success", "messages": list}),
        )
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Text {
    #[serde(rename = "type")]
    kind: String,
    content_type: Option<String>,
    #[serde(rename = "countryCode")]
    _country_code: Option<String>,
    from: String,
    subject: Option<String>,
    content: String,
    messages: Vec<TextOne>,
    #[serde(default)]
    files: Vec<File>,
    reserve_time: Option<String>,
    reserve_time_zone: Option<String>,
    #[serde(rename = "scheduleCode")]
    _schedule_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextOne {
    to: String,
    subject: Option<String>,
    content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    file_id: String,
}

impl Text {
    fn check(&self, world: &World, files: &std::collections::HashSet<String>) -> Result<Channel, &'static str> {
        let channel = match self.kind.as_str() {
            "SMS" => Channel::Sms,
            "LMS" => Channel::Lms,
            "MMS" => Channel::Mms,
            _ => return Err("type must be SMS, LMS or MMS"),
        };
        if self.content_type.as_deref().is_some_and(|kind| kind != "COMM" && kind != "AD") {
            return Err("contentType must be COMM or AD");
        }
        if !world.setup.has_number(&self.from) || !self.from.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("from is not registered");
        }
        if self.content.is_empty() || self.messages.is_empty() || self.messages.len() > 100 {
            return Err("content, and 1 to 100 messages");
        }
        let subjects = self.messages.iter().map(|one| &one.subject).chain([&self.subject]).flatten();
        if subjects.clone().any(|subject| korean_bytes(subject).is_none_or(|bytes| bytes > 40)) {
            return Err("subject <= 40 bytes");
        }
        if (channel == Channel::Mms) == self.files.is_empty()
            || self.files.iter().any(|file| !files.contains(&file.file_id))
        {
            return Err("files belong to MMS and are uploaded before");
        }
        // There is no answer per recipient: one that cannot be a number refuses all.
        if self.messages.iter().any(|one| !crate::fate::in_range(&one.to)) {
            return Err("to is not a number");
        }
        Ok(channel)
    }
}

pub(super) fn text(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let wish: Text = match serde_json::from_slice(&ask.body) {
        Ok(wish) => wish,
        Err(error) => return bad(&error.to_string()),
    };
    let now = world.clock.now();
    let mut state = world.state();
    let channel = match wish.check(world, &state.memories.sens.files) {
        Ok(channel) => channel,
        Err(words) => return bad(words),
    };
    let reserved = match reserved(wish.reserve_time.as_deref(), wish.reserve_time_zone.as_deref(), now) {
        Ok(reserved) => reserved,
        Err(answer) => return answer,
    };
    let content = |one: &TextOne| one.content.clone().unwrap_or_else(|| wish.content.clone());
    let keys = wish.messages.iter().map(|one| (one.to.as_str(), fingerprint(content(one))));
    let (rulings, wire) = match admit(&mut state, Product::SensSms, channel, keys) {
        Ok(admitted) => admitted,
        Err(answer) => return answer,
    };
    if let [Ruling::Refused(_, Reason::GatewayError | Reason::ConnectionFailed)] = rulings.as_slice() {
        return failure(StatusCode::INTERNAL_SERVER_ERROR, "system error");
    }
    let number = state.store.open(request(Product::SensSms, now, reserved, &wish.from, ""));
    for (one, ruling) in wish.messages.iter().zip(rulings) {
        let text = content(one);
        let mut message = Message::new(Product::SensSms, channel, &one.to, &reference(&text));
        message.text = text.into();
        message.from = wish.from.as_str().into();
        message.unsettled = ruling == Ruling::TakenUnsettled;
        if let Ruling::Refused(class, reason) = ruling {
            message.verdict = Some((class, reason));
        }
        state.store.take(number, message);
    }
    on_wire(wire, || {
        json(
            StatusCode::ACCEPTED,
            &json!({"requestId": request_id(Product::SensSms, number), "requestTime": korean(now, SECONDS),
            "statusCode": "202", "statusName": "success"}),
        )
    })
}

pub(super) fn upload(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Upload {
        file_name: String,
        file_body: String,
    }
    let Ok(file) = serde_json::from_slice::<Upload>(&ask.body) else {
        return bad("fileName and fileBody are required");
    };
    let name = file.file_name.to_lowercase();
    let named = name.chars().count() <= 40 && (name.ends_with(".jpg") || name.ends_with(".jpeg"));
    let bytes = read_base64(&file.file_body).filter(|bytes| crate::vendor::is_jpeg(bytes) && bytes.len() <= 300 << 10);
    if !named || bytes.is_none() {
        return bad("a jpg of at most 300 KB, fileName <= 40");
    }
    let now = world.clock.now();
    let mut state = world.state();
    let files = &mut state.memories.sens.files;
    let id = format!("file-{:08}", files.len() + 1);
    files.insert(id.clone());
    let expires = korean(now + 6 * crate::clock::DAY_MS, SECONDS);
    json(StatusCode::OK, &json!({"fileId": id, "createTime": korean(now, SECONDS), "expireTime": expires}))
}
