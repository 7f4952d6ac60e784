//! Results: by request, by window, one by one. Invariants: nothing found is 404 with an empty body; a look-up that names a
//! message whose fate is unsettled fails with HTTP 500.

use super::{bad, codes, failure, log_in, message_id, request_id, tail};
use crate::ask::{Ask, empty, json};
use crate::clock::{DAY_MS, SECONDS, korean, read_korean};
use crate::store::{Message, Product, Stage, Store};
use crate::world::World;
use alimi::message::{Channel, Class};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

fn value(store: &Store, id: u64, message: &Message) -> Value {
    let request = store.requests.get(message.request);
    let (code, words) = codes::result(message);
    let done = matches!(message.stage, Stage::Done(..));
    let name = match message.stage {
        Stage::Done(Class::Ok, _) => "success",
        Stage::Done(..) | Stage::Cancelled => "fail",
        _ => "processing",
    };
    let time = |at| korean(at, "%Y-%m-%dT%H:%M:%S.%3f");
    if message.product == Product::SensSms {
        let status = if done { "COMPLETED" } else { "PROCESSING" };
        let kind = match message.channel {
            Channel::Sms => "SMS",
            Channel::Mms => "MMS",
            _ => "LMS",
        };
        return json!({"requestId": request_id(message.product, message.request), "messageId": message_id(id), "requestTime": korean(message.at, SECONDS),
            "contentType": "COMM", "type": kind, "countryCode": "82", "from": message.from, "to": message.to, "content": message.text,
            "status": status, "statusCode": done.then_some(code), "statusName": done.then_some(name), "statusMessage": words,
            "completeTime": done.then(|| korean(message.updated, SECONDS)), "telcoCode": "SKT"});
    }
    let child = message.child.and_then(|id| store.messages.get(id).map(|child| (id, child)));
    let failover = child.map(|(id, child)| {
        let (code, words) = codes::result(child);
        let name = match child.stage {
            Stage::Done(Class::Ok, _) => "success",
            Stage::Done(..) => "fail",
            _ => "processing",
        };
        json!({"requestId": request_id(child.product, child.request), "requestStatusCode": "A000", "messageId": message_id(id),
            "messageStatusCode": code, "messageStatusName": name, "messageStatusDesc": words})
    });
    json!({"requestId": request_id(message.product, message.request), "messageId": message_id(id), "requestTime": time(message.at),
        "completeTime": done.then(|| time(message.updated)), "plusFriendId": request.map(|r| &*r.sender),
        "templateCode": request.map(|r| &*r.template), "countryCode": "82", "to": message.to, "content": message.text, "buttons": [],
        "requestStatusCode": "A000", "requestStatusName": "success", "requestStatusDesc": "success", "messageStatusCode": code,
        "messageStatusName": name, "messageStatusDesc": words, "useSmsFailover": child.is_some() || !message.plans.is_empty(), "failover": failover})
}

/// A window of the query; `None` when it is not there.
fn window(ask: &Ask, start: &str, end: &str, most: i64) -> Result<Option<(i64, i64)>, Response> {
    let (Some(start), Some(end)) = (ask.query(start), ask.query(end)) else { return Ok(None) };
    match (read_korean(start, SECONDS), read_korean(end, SECONDS)) {
        (Some(start), Some(end)) if start <= end && end - start <= most => Ok(Some((start, end + 999))),
        _ => {
            Err(bad("times are YYYY-MM-DD HH:mm:ss, the window is at most 31 days (requests) or 24 hours (completed)"))
        }
    }
}

/// The ids that the query asks for, and whether it names single messages.
fn wanted(store: &Store, ask: &Ask, product: Product) -> Result<Vec<u64>, Response> {
    if let Some(id) = ask.query("requestId") {
        let request =
            tail(id).and_then(|number| store.requests.get(number)).filter(|request| request.product == product);
        return Ok(request.map(|request| request.messages.clone()).unwrap_or_default());
    }
    if product == Product::SensAlimtalk && ask.query("plusFriendId").is_none() {
        return Err(bad("plusFriendId is required without requestId"));
    }
    let days = if product == Product::SensAlimtalk { 31 } else { 30 };
    if let Some((start, end)) = window(ask, "completeStartTime", "completeEndTime", DAY_MS)? {
        return Ok(store.updated(product, start, end).map(|(_, id, _)| id).collect());
    }
    match window(ask, "requestStartTime", "requestEndTime", days * DAY_MS)? {
        None => Err(bad("requestId, a request window or a complete window is required")),
        Some((start, end)) => match ask.query("to") {
            Some(to) => {
                let found = store.to_number(product.vendor(), to).filter(|(_, m)| (start..=end).contains(&m.at));
                Ok(found.map(|(id, _)| id).collect())
            }
            None => {
                let since = store.messages.since(start, |message| message.at);
                Ok(since.take_while(|(_, message)| message.at <= end).map(|(id, _)| id).collect())
            }
        },
    }
}

pub(super) fn list(world: &World, ask: &Ask) -> Response {
    let product = match log_in(world, ask) {
        Ok(product) => product,
        Err(refused) => return refused,
    };
    let Some(size) = ask.number("pageSize", 20, 1..=100) else { return bad("pageSize must be 1 to 100") };
    let Some(start) = ask.number("nextToken", 0, 0..=usize::MAX) else { return bad("nextToken") };
    let state = world.state();
    let store = &state.store;
    let ids = match wanted(store, ask, product) {
        Ok(ids) => ids,
        Err(answer) => return answer,
    };
    let fits = |(_, message): &(u64, &Message)| {
        let result = codes::result(message);
        message.product == product
            && ask.query("to").is_none_or(|to| to == &*message.to)
            && ask.query("messageStatusCode").or(ask.query("statusCode")).is_none_or(|code| code == result.0)
            && store.requests.get(message.request).is_some_and(|request| {
                ask.query("plusFriendId").is_none_or(|id| id == &*request.sender)
                    && ask.query("templateCode").is_none_or(|code| code == &*request.template)
            })
    };
    let found: Vec<(u64, &Message)> =
        ids.into_iter().filter_map(|id| store.messages.get(id).map(|message| (id, message))).filter(fits).collect();
    let named = ask.query("requestId").is_some() || ask.query("to").is_some();
    if named && found.iter().any(|(_, message)| message.unsettled) {
        return failure(StatusCode::INTERNAL_SERVER_ERROR, "trouble");
    }
    let shown: Vec<Value> =
        found.iter().skip(start).take(size).map(|(id, message)| value(store, *id, message)).collect();
    if shown.is_empty() {
        return empty(StatusCode::NOT_FOUND);
    }
    let more = found.len() > start + size;
    json(
        StatusCode::OK,
        &json!({"statusCode": "202", "statusName": "success", "messages": shown, "pageSize": size,
        "itemCount": shown.len(), "hasMore": more, "nextToken": more.then(|| (start + size).to_string())}),
    )
}

pub(super) fn single(world: &World, ask: &Ask) -> Response {
    let product = match log_in(world, ask) {
        Ok(product) => product,
        Err(refused) => return refused,
    };
    let state = world.state();
    let found = tail(ask.part(1)).and_then(|id| state.store.messages.get(id).map(|message| (id, message)));
    match found.filter(|(_, message)| message.product == product) {
        None => empty(StatusCode::NOT_FOUND),
        Some((_, message)) if message.unsettled => failure(StatusCode::INTERNAL_SERVER_ERROR, "trouble"),
        Some((id, message)) if product == Product::SensSms => json(
            StatusCode::OK,
            &json!({"statusCode": "200", "statusName": "success", "messages": [value(&state.store, id, message)]}),
        ),
        Some((id, message)) => json(StatusCode::OK, &value(&state.store, id, message)),
    }
}
