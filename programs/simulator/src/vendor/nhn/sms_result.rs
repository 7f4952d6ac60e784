//! SMS: results, look-ups and cancelling. Invariants: those of the AlimTalk product; dates carry a fraction.

use super::codes;
use super::result::{is_untold, wanted};
use super::{failed, log_in, page, refusal, request_id, request_number, window};
use crate::ask::{Ask, error, json};
use crate::clock::{SECONDS, korean};
use crate::store::{Message, Product, Stage};
use crate::world::World;
use alimi::message::{Channel, Class};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

fn kind(message: &Message) -> &'static str {
    match message.channel {
        Channel::Sms => "SMS",
        Channel::Mms => "MMS",
        _ => "LMS",
    }
}

fn date(at: i64) -> String {
    format!("{}.0", korean(at, SECONDS))
}

fn value(message: &Message) -> Value {
    let (code, name) = codes::result(message);
    let status = match message.stage {
        Stage::Done(Class::Ok, _) => "3",
        Stage::Done(..) => "0",
        Stage::Cancelled => "4",
        Stage::Reserved => "1",
        Stage::Pending => "2",
    };
    let done = matches!(message.stage, Stage::Done(..));
    json!({
        "messageType": kind(message), "requestId": request_id(message.at, message.request), "recipientSeq": message.seq,
        "resultCode": if done { code } else { "" }, "resultCodeName": name, "requestDate": date(message.at),
        "resultDate": done.then(|| date(message.updated)), "updateDate": date(message.updated),
        "telecomCode": 10001, "telecomCodeName": "SKT", "recipientGroupingKey": message.reference,
        "recipientNo": message.to, "sendNo": message.from, "body": message.text, "msgStatus": status,
    })
}

pub(super) fn updates(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let state = world.state();
    let names = ("startUpdateDate", "endUpdateDate");
    let asked = page(ask).and_then(|page| {
        let window = window(ask, names, SECONDS, 1, -2011)?;
        Ok((page, window.ok_or_else(|| refusal(-2011, "startUpdateDate and endUpdateDate are required"))?))
    });
    let ((number, size), (start, end)) = match asked {
        Ok(asked) => asked,
        Err(refused) => return failed(&refused),
    };
    let changes = state.store.updated(Product::NhnSms, start, end).map(|(_, _, message)| message);
    let all: Vec<&Message> = changes.filter(|m| ask.query("messageType").is_none_or(|wish| wish == kind(m))).collect();
    let data: Vec<Value> = all.iter().skip((number - 1).saturating_mul(size)).take(size).map(|m| value(m)).collect();
    let body = json!({"pageNum": number, "pageSize": size, "totalCount": all.len(), "data": data});
    json(StatusCode::OK, &json!({"header": super::OK, "body": body}))
}

pub(super) fn search(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let is_sms = !ask.target.split('?').next().unwrap_or_default().ends_with("mms");
    let state = world.state();
    let fits = |message: &Message| (message.channel == Channel::Sms) == is_sms;
    let found = page(ask).and_then(|page| Ok((page, wanted(&state.store, ask, Product::NhnSms, fits)?)));
    let ((number, size), messages) = match found {
        Ok(found) => found,
        Err(refused) => return failed(&refused),
    };
    if is_untold(ask, &messages) {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "trouble");
    }
    let data: Vec<Value> =
        messages.iter().skip((number - 1).saturating_mul(size)).take(size).map(|m| value(m)).collect();
    let body = json!({"pageNum": number, "pageSize": size, "totalCount": messages.len(), "data": data});
    json(StatusCode::OK, &json!({"header": super::OK, "body": body}))
}

pub(super) fn single(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let state = world.state();
    let store = &state.store;
    let seq: u32 = ask.query("recipientSeq").and_then(|seq| seq.parse().ok()).unwrap_or(1);
    let request = request_number(store, ask.part(1)).and_then(|number| store.requests.get(number));
    let mut messages =
        request.into_iter().flat_map(|request| &request.messages).filter_map(|id| store.messages.get(*id));
    match messages.find(|message| message.seq == seq && message.product == Product::NhnSms) {
        None => failed(&refusal(-4000, "message not found")),
        Some(message) if message.unsettled => error(StatusCode::INTERNAL_SERVER_ERROR, "trouble"),
        Some(message) => json(StatusCode::OK, &json!({"header": super::OK, "body": {"data": value(message)}})),
    }
}

pub(super) fn cancel(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wish {
        reservation_list: Vec<Reservation>,
        #[serde(rename = "updateUser")]
        _update_user: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Reservation {
        request_id: String,
        recipient_seq: u32,
    }
    let Ok(wish) = serde_json::from_slice::<Wish>(&ask.body) else {
        return failed(&refusal(-2001, "reservationList and updateUser are required"));
    };
    let now = world.clock.now();
    let mut state = world.state();
    let store = &mut state.store;
    let mut cancelled = 0;
    for reservation in &wish.reservation_list {
        let request = request_number(store, &reservation.request_id).and_then(|number| store.requests.get(number));
        let ids = request.map(|request| request.messages.clone()).unwrap_or_default();
        let named =
            ids.into_iter().find(|id| store.messages.get(*id).is_some_and(|m| m.seq == reservation.recipient_seq));
        cancelled += usize::from(named.is_some_and(|id| store.cancel(id, now)));
    }
    let data = json!({"requestedCount": wish.reservation_list.len(), "canceledCount": cancelled});
    json(StatusCode::OK, &json!({"header": super::OK, "body": {"data": data}}))
}
