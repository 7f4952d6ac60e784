//! AlimTalk: sending, history, cancelling.
//!
//! Invariants: Aligo forwards texts, so one that differs from its template is taken and fails in the result; the answer
//! counts recipients and names none; `mid` names the request.

use super::{codes, date, failed, log_in, page, request_number, stranger};
use crate::ask::{Ask, json, on_wire, severed, too_many};
use crate::clock::read_korean;
use crate::fate::{Admission, Ruling};
use crate::matching::korean_bytes;
use crate::setup::{Button, Finished, Template};
use crate::signing::fingerprint;
use crate::store::{Message, Plan, Product, Request, Stage, Vendor};
use crate::vendor::trouble;
use crate::world::World;
use alimi::message::{Channel, Class, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

/// Most recipients of one request.
const RECIPIENTS_MAX: usize = 500;

#[derive(Deserialize)]
struct Buttons {
    button: Vec<Given>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Given {
    name: String,
    link_type: String,
    #[serde(rename = "linkTypeName")]
    _link_type_name: String,
    #[serde(rename = "linkM", alias = "linkMo")]
    mobile: String,
    #[serde(rename = "linkP", alias = "linkPc")]
    pc: String,
    #[serde(rename = "linkI", alias = "linkIos")]
    ios: String,
    #[serde(rename = "linkA", alias = "linkAnd")]
    android: String,
}

/// One recipient's fields.
struct One<'a> {
    to: &'a str,
    text: &'a str,
    title: Option<&'a str>,
    buttons: Vec<Button>,
    fallback: Option<&'a str>,
}

fn read<'a>(ask: &'a Ask, number: usize) -> Result<Option<One<'a>>, String> {
    let field = |name: &str| ask.field(&format!("{name}_{number}"));
    let Some(to) = field("receiver") else { return Ok(None) };
    let (Some(text), Some(_)) = (field("message"), field("subject")) else {
        return Err(format!("subject_{number} and message_{number} are required"));
    };
    let buttons = match field("button") {
        None => Vec::new(),
        Some(text) => {
            let read: Buttons = serde_json::from_str(text).map_err(|error| format!("button_{number}: {error}"))?;
            read.button
                .into_iter()
                .map(|b| Button {
                    kind: b.link_type,
                    name: b.name,
                    mobile: b.mobile,
                    pc: b.pc,
                    ios: b.ios,
                    android: b.android,
                })
                .collect()
        }
    };
    Ok(Some(One { to, text, title: field("emtitle"), buttons, fallback: field("fmessage") }))
}

impl One<'_> {
    fn message(&self, template: &Template, ruling: Ruling, sender: &str, failover: bool) -> Message {
        let reference = format!("text-{:016x}", fingerprint(self.text));
        let mut message = Message::new(Product::AligoAlimtalk, Channel::Alimtalk, self.to, &reference);
        message.text = self.text.into();
        message.unsettled = ruling == Ruling::TakenUnsettled;
        let said = Finished {
            text: self.text.to_owned(),
            title: self.title.map(str::to_owned),
            buttons: self.buttons.clone(),
            // The call has no fields for these: they are the template's.
            header: template.header.clone(),
            highlight: template.highlight.clone(),
            items: template.items.clone(),
            quick_replies: template.quick_replies.clone(),
        };
        if template.differs(&said).is_some() {
            message.verdict = Some((Class::Configuration, Reason::TemplateMismatch));
        }
        if let Ruling::Refused(class, reason) = ruling {
            message.verdict = Some((class, reason));
        }
        if failover {
            let text = self.fallback.unwrap_or(self.text);
            let short = korean_bytes(text).is_some_and(|bytes| bytes <= 90);
            let channel = if short { Channel::Sms } else { Channel::Lms };
            message.plans.push_back(Plan {
                channel,
                product: Product::AligoSms,
                from: sender.into(),
                text: text.into(),
            });
        }
        message
    }
}

pub(super) fn send(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let (key, code, sender) = (ask.field("senderkey"), ask.field("tpl_code"), ask.field("sender"));
    let (Some(key), Some(code), Some(sender)) = (key, code, sender) else {
        return failed(-99, "senderkey, tpl_code and sender are required");
    };
    if !world.setup.has_key(key) {
        return failed(509, "발신프로필이 유효하지 않습니다.");
    }
    let Some(template) = world.setup.template(code) else {
        return failed(-99, "템플릿을 찾을 수 없습니다.");
    };
    if !world.setup.has_number(sender) {
        return failed(-102, "발신번호가 등록되지 않았습니다.");
    }
    let mut list = Vec::new();
    for number in 1..=RECIPIENTS_MAX + 1 {
        match read(ask, number) {
            Ok(None) => break,
            Ok(Some(one)) => list.push(one),
            Err(words) => return failed(-99, &words),
        }
    }
    if list.is_empty() || list.len() > RECIPIENTS_MAX {
        return failed(-99, "1 to 500 receivers, counted from receiver_1");
    }
    let now = world.clock.now();
    let reserved = match ask.field("senddate").map(|text| read_korean(text, "%Y%m%d%H%M%S")) {
        Some(None) => return failed(-99, "senddate must be YYYYMMDDHHmmss"),
        Some(Some(at)) if at <= now => return failed(-99, "senddate is in the past"),
        other => other.flatten(),
    };
    let answer = |mid: Value, scnt: usize, fcnt: usize| {
        let info = json!({"type": "AT", "mid": mid, "current": "100000", "unit": 6.5, "total": 6.5 * scnt as f64, "scnt": scnt, "fcnt": fcnt});
        json(StatusCode::OK, &json!({"code": 0, "message": "성공적으로 전송요청 하였습니다.", "info": info}))
    };
    if ask.field("testMode") == Some("Y") {
        return answer(json!(0), list.len(), 0);
    }
    let mut state = world.state();
    let keys = list.iter().map(|one| (one.to, fingerprint(one.text)));
    let (rulings, wire) = match state.tries.admit(Product::AligoAlimtalk, Channel::Alimtalk, keys) {
        Admission::Cut => return severed(crate::ask::Sever::Drop),
        Admission::Whole(Reason::Throttled) => {
            return too_many(trouble(Vendor::Aligo, StatusCode::TOO_MANY_REQUESTS), Some(1));
        }
        Admission::Whole(_) => return stranger(true),
        Admission::Go(rulings, wire) => (rulings, wire),
    };
    if let [Ruling::Refused(_, reason)] = rulings.as_slice()
        && let Some((code, words)) = codes::whole(*reason)
    {
        return failed(code, words);
    }
    let request = state.store.open(Request {
        product: Product::AligoAlimtalk,
        at: now,
        reserved,
        sender: key.into(),
        template: code.into(),
        grouping: sender.into(),
        urgent: false,
        messages: Vec::with_capacity(list.len()),
    });
    let failover = ask.field("failover") == Some("Y");
    let mut taken = 0;
    for (one, ruling) in list.iter().zip(rulings) {
        let refused = matches!(ruling, Ruling::Refused(_, reason) if codes::refuses(reason));
        if !refused {
            state.store.take(request, one.message(template, ruling, sender, failover));
            taken += 1;
        }
    }
    on_wire(wire, || answer(json!(request), taken, list.len() - taken))
}

pub(super) fn history(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let day = |name: &str| ask.field(name).and_then(|text| read_korean(&format!("{text}000000"), "%Y%m%d%H%M%S"));
    let (start, end) = (day("startdate").unwrap_or(0), day("enddate").map_or(i64::MAX, |at| at + crate::clock::DAY_MS));
    let (number, size) = page(ask, "limit", 50);
    let state = world.state();
    let fits = |r: &Request| r.product == Product::AligoAlimtalk && (start..end).contains(&r.at);
    let all: Vec<(u64, &Request)> = state.store.requests.iter().rev().filter(|(_, request)| fits(request)).collect();
    let value = |(mid, request): &(u64, &Request)| {
        let first = request.messages.first().and_then(|id| state.store.messages.get(*id));
        let waits = first.is_some_and(|message| message.stage == Stage::Reserved);
        json!({"mid": mid.to_string(), "type": "AT", "sender": request.grouping, "msg_count": request.messages.len().to_string(),
            "mbody": first.map_or("", |message| &message.text), "reserve_state": if waits { "예약대기중" } else { "" },
            "regdate": date(request.at), "reserve_date": request.reserved.map(date)})
    };
    let list: Vec<Value> = all.iter().skip((number - 1) * size).take(size).map(value).collect();
    json(
        StatusCode::OK,
        &json!({"code": 0, "message": "정상적으로 요청되었습니다.", "list": list, "currentPage": number,
        "totalPage": all.len().div_ceil(size)}),
    )
}

pub(super) fn detail(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let (number, size) = page(ask, "limit", 50);
    let state = world.state();
    let store = &state.store;
    let request = ask.field("mid").and_then(|mid| request_number(store, mid, Product::AligoAlimtalk));
    let Some(request) = request.and_then(|number| store.requests.get(number)) else { return failed(-99, "mid") };
    let value = |id: u64, message: &Message| {
        let (code, words) = codes::result(message);
        let done = matches!(message.stage, Stage::Done(..));
        let smid = message.child.and_then(|id| store.messages.get(id)).map(|child| child.request.to_string());
        json!({"msgid": format!("{}{id:010}", if done { "A" } else { "Q" }), "sender": request.grouping, "phone": message.to,
            "status": if done { "3" } else { "1" }, "reqdate": date(message.at), "sentdate": date(message.at),
            "rsltdate": done.then(|| date(message.updated)), "reportdate": done.then(|| date(message.updated)), "rslt": code,
            "rslt_message": words, "message": message.text, "button_json": "", "tpl_code": request.template,
            "senderkey": request.sender, "smid": smid})
    };
    let messages: Vec<(u64, &Message)> =
        request.messages.iter().filter_map(|id| Some((*id, store.messages.get(*id)?))).collect();
    if messages.iter().any(|(_, message)| message.unsettled) {
        return crate::ask::error(StatusCode::INTERNAL_SERVER_ERROR, "trouble");
    }
    let shown = messages.iter().skip((number - 1) * size).take(size);
    let list: Vec<Value> = shown.map(|(id, message)| value(*id, message)).collect();
    json(
        StatusCode::OK,
        &json!({"code": 0, "message": "정상적으로 요청되었습니다.", "list": list, "currentPage": number,
        "totalPage": messages.len().div_ceil(size)}),
    )
}

pub(super) fn cancel(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let now = world.clock.now();
    let mut state = world.state();
    let store = &mut state.store;
    let request = ask.field("mid").and_then(|mid| request_number(store, mid, Product::AligoAlimtalk));
    let Some(request) = request.and_then(|number| store.requests.get(number)) else { return failed(-99, "mid") };
    if request.reserved.is_none_or(|at| at - now < 5 * 60_000) {
        return failed(-99, "예약 5분전까지만 취소할 수 있습니다.");
    }
    let ids = request.messages.clone();
    let cancelled = ids.into_iter().filter(|id| store.cancel(*id, now)).count();
    if cancelled == 0 {
        failed(-99, "nothing to cancel")
    } else {
        json(StatusCode::OK, &json!({"code": 0, "message": "취소되었습니다."}))
    }
}
