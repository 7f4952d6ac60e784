//! SMS, LMS and MMS: sending, lists, balance, cancelling. Invariant: `mid` names the request, recipients are told by number.

use super::{codes, date, failed_sms, log_in, page, request_number, stranger};
use crate::ask::{Ask, json, on_wire, severed, too_many};
use crate::clock::read_korean;
use crate::fate::{Admission, Ruling};
use crate::matching::korean_bytes;
use crate::signing::fingerprint;
use crate::store::{Message, Product, Request, Stage, Vendor};
use crate::vendor::trouble;
use crate::world::World;
use alimi::message::{Channel, Class, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

fn kind(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "SMS",
        Channel::Mms => "MMS",
        _ => "LMS",
    }
}

pub(super) fn send(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let Some(text) = ask.field("msg") else { return failed_sms(-101, "msg is required") };
    // `number|name,...` gives names for %고객명%.
    let names: Vec<(&str, &str)> = ask
        .field("destination")
        .into_iter()
        .flat_map(|list| list.split(',').filter_map(|one| one.split_once('|')))
        .collect();
    let named = |to: &str| names.iter().find(|(number, _)| *number == to).map_or("", |(_, name)| name);
    let receivers = ask.field("receiver").unwrap_or_default().split(',').filter(|to| !to.is_empty());
    let list: Vec<(&str, String)> = receivers.map(|to| (to, text.replace("%고객명%", named(to)))).collect();
    deliver(world, ask, &list, 1_000)
}

pub(super) fn send_mass(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let count: usize = ask.field("cnt").and_then(|count| count.parse().ok()).unwrap_or(0);
    let one = |number: usize| {
        let text = ask.field(&format!("msg_{number}"))?;
        Some((ask.field(&format!("rec_{number}"))?, text.to_owned()))
    };
    let list: Vec<(&str, String)> = (1..=count.min(501)).map_while(one).collect();
    if list.len() != count {
        return failed_sms(-101, "cnt must be the number of rec_N and msg_N, at most 500");
    }
    deliver(world, ask, &list, 500)
}

fn deliver(world: &World, ask: &Ask, list: &[(&str, String)], most: usize) -> Response {
    let Some(sender) = ask.field("sender").filter(|number| world.setup.has_number(number)) else {
        return failed_sms(-102, "발신번호가 등록되지 않았습니다.");
    };
    if list.is_empty() || list.len() > most {
        return failed_sms(-101, "too many receivers, or none");
    }
    let title = ask.field("title").unwrap_or_default();
    let images = ask.files.iter().filter(|file| file.field.starts_with("image")).count();
    let longest = list.iter().map(|(_, text)| korean_bytes(text)).collect::<Option<Vec<usize>>>();
    let (Some(longest), Some(title)) = (longest.map(|all| all.into_iter().max().unwrap_or(0)), korean_bytes(title))
    else {
        return failed_sms(-101, "not EUC-KR");
    };
    let channel = match ask.field("msg_type") {
        Some("SMS") => Channel::Sms,
        Some("LMS") => Channel::Lms,
        Some("MMS") => Channel::Mms,
        None if images > 0 => Channel::Mms,
        None if longest > 90 || title > 0 => Channel::Lms,
        None => Channel::Sms,
        Some(_) => return failed_sms(-101, "msg_type must be SMS, LMS or MMS"),
    };
    if longest > if channel == Channel::Sms { 90 } else { 2_000 } || title > 44 || images > 3 {
        return failed_sms(-101, "msg <= 90 (SMS) or 2000 bytes, title <= 44 bytes, 3 images");
    }
    let now = world.clock.now();
    let time = ask.field("rdate").map(|day| format!("{day}{}00", ask.field("rtime").unwrap_or("0000")));
    let reserved = match time.map(|text| read_korean(&text, "%Y%m%d%H%M%S")) {
        Some(None) => return failed_sms(-101, "rdate must be YYYYMMDD, rtime HHMM"),
        other => other.flatten().filter(|at| *at > now),
    };
    if ask.field("testmode_yn") == Some("Y") {
        return answer(0, list.len(), 0, channel);
    }
    let mut state = world.state();
    let keys = list.iter().map(|(to, text)| (*to, fingerprint(text)));
    let (rulings, wire) = match state.tries.admit(Product::AligoSms, channel, keys) {
        Admission::Cut => return severed(crate::ask::Sever::Drop),
        Admission::Whole(Reason::Throttled) => {
            return too_many(trouble(Vendor::Aligo, StatusCode::TOO_MANY_REQUESTS), Some(1));
        }
        Admission::Whole(_) => return stranger(false),
        Admission::Go(rulings, wire) => (rulings, wire),
    };
    if let [Ruling::Refused(_, reason)] = rulings.as_slice()
        && let Some((code, words)) = codes::whole(*reason)
    {
        return failed_sms(code, words);
    }
    let request = state.store.open(Request {
        product: Product::AligoSms,
        at: now,
        reserved,
        sender: sender.into(),
        template: Box::default(),
        grouping: Box::default(),
        urgent: false,
        messages: Vec::with_capacity(list.len()),
    });
    let mut taken = 0;
    for ((to, text), ruling) in list.iter().zip(rulings) {
        if matches!(ruling, Ruling::Refused(_, reason) if codes::refuses(reason)) {
            continue;
        }
        let mut message = Message::new(Product::AligoSms, channel, to, &format!("text-{:016x}", fingerprint(text)));
        message.text = text.as_str().into();
        message.from = sender.into();
        message.unsettled = ruling == Ruling::TakenUnsettled;
        if let Ruling::Refused(class, reason) = ruling {
            message.verdict = Some((class, reason));
        }
        state.store.take(request, message);
        taken += 1;
    }
    if taken == 0 {
        return failed_sms(-99, "receiver");
    }
    on_wire(wire, || answer(request, taken, list.len() - taken, channel))
}

fn answer(id: u64, taken: usize, refused: usize, channel: Channel) -> Response {
    json(
        StatusCode::OK,
        &json!({"result_code": "1", "message": "success", "msg_id": id.to_string(), "success_cnt": taken,
        "error_cnt": refused, "msg_type": kind(channel)}),
    )
}

pub(super) fn list(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let (number, size) = page(ask, "page_size", 30);
    let state = world.state();
    let all = state.store.requests.iter().rev().filter(|(_, request)| request.product == Product::AligoSms);
    let value = |(mid, request): (u64, &Request)| {
        let messages: Vec<&Message> = request.messages.iter().filter_map(|id| state.store.messages.get(*id)).collect();
        let failed = messages.iter().filter(|m| matches!(m.stage, Stage::Done(class, _) if class != Class::Ok)).count();
        let first = messages.first();
        json!({"mid": mid.to_string(), "type": first.map(|m| kind(m.channel)), "sender": request.sender, "sms_count": messages.len().to_string(),
            "reserve_state": "", "msg": first.map_or("", |m| &m.text), "fail_count": failed.to_string(), "reg_date": date(request.at),
            "reserve": request.reserved.map(date)})
    };
    let all: Vec<Value> = all.map(value).collect();
    let shown: Vec<&Value> = all.iter().skip((number - 1) * size).take(size).collect();
    let more = all.len() > number * size;
    json(
        StatusCode::OK,
        &json!({"result_code": "1", "message": "success", "list": shown, "next_yn": if more { "Y" } else { "N" }}),
    )
}

pub(super) fn detail(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let (number, size) = page(ask, "page_size", 30);
    let state = world.state();
    let store = &state.store;
    let request = ask.field("mid").and_then(|mid| request_number(store, mid, Product::AligoSms));
    let Some(request) = request.and_then(|number| store.requests.get(number)) else { return failed_sms(-101, "mid") };
    let messages: Vec<(u64, &Message)> =
        request.messages.iter().filter_map(|id| Some((*id, store.messages.get(*id)?))).collect();
    if messages.iter().any(|(_, message)| message.unsettled) {
        return crate::ask::error(StatusCode::INTERNAL_SERVER_ERROR, "trouble");
    }
    let value = |(id, message): &(u64, &Message)| {
        let state = match message.stage {
            Stage::Done(class, reason) => codes::state(class, reason),
            Stage::Cancelled => "취소완료",
            Stage::Reserved => "예약대기중",
            Stage::Pending => "전송중",
        };
        json!({"mdid": id.to_string(), "type": kind(message.channel), "sender": message.from, "receiver": message.to, "sms_state": state,
            "reg_date": date(message.at), "send_date": date(message.updated), "reserve_date": request.reserved.map(date)})
    };
    let shown: Vec<Value> = messages.iter().skip((number - 1) * size).take(size).map(value).collect();
    let more = messages.len() > number * size;
    json(
        StatusCode::OK,
        &json!({"result_code": "1", "message": "success", "list": shown, "next_yn": if more { "Y" } else { "N" }}),
    )
}

pub(super) fn remain(world: &World, ask: &Ask) -> Response {
    match log_in(world, ask) {
        Err(refused) => refused,
        Ok(()) => json(
            StatusCode::OK,
            &json!({"result_code": "1", "message": "success", "SMS_CNT": 1000, "LMS_CNT": 300, "MMS_CNT": 100}),
        ),
    }
}

pub(super) fn cancel(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let now = world.clock.now();
    let mut state = world.state();
    let store = &mut state.store;
    let request = ask.field("mid").and_then(|mid| request_number(store, mid, Product::AligoSms));
    let ids = request
        .and_then(|number| store.requests.get(number))
        .map(|request| request.messages.clone())
        .unwrap_or_default();
    match ids.into_iter().filter(|id| store.cancel(*id, now)).count() {
        0 => failed_sms(-101, "nothing to cancel"),
        _ => json(StatusCode::OK, &json!({"result_code": "1", "message": "success", "cancel_date": date(now)})),
    }
}
