//! Look-ups by key, by request and by time. Invariant: a message shows one entry per channel that was tried.

use super::report::{time, value};
use super::{codes, done, failed, log_in, message_key, messages_of, refusal, request_of};
use crate::ask::{Ask, error};
use crate::clock::read_korean;
use crate::store::{Message, Product, Stage, Store};
use crate::world::World;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

fn status(store: &Store, message: &Message) -> Option<Value> {
    let request = store.requests.get(message.request)?;
    let (code, words) = codes::report(message);
    let reported = matches!(message.stage, Stage::Done(..));
    Some(json!({
        "msgKey": message_key(request, message.request, message.seq), "serviceType": codes::service(message.channel),
        "msgType": codes::service(message.channel), "to": message.to, "fallback": if message.parent.is_some() { "Y" } else { "N" },
        "responseCode": "A000", "responseText": "Success", "requestTime": time(request.at, false), "sendTime": time(message.at, false),
        "reportTime": reported.then(|| time(message.updated, false)), "reportType": reported.then_some("REPORT"),
        "reportCode": code, "reportText": words, "carrier": "10001", "ref": message.reference,
    }))
}

fn answer(store: &Store, ids: &[u64]) -> Response {
    let messages: Vec<&Message> = ids.iter().filter_map(|id| store.messages.get(*id)).collect();
    if messages.is_empty() {
        return failed(&refusal("A820", "no data"));
    }
    if messages.iter().any(|message| message.unsettled) {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "trouble");
    }
    let list: Vec<Value> = messages.into_iter().filter_map(|message| status(store, message)).collect();
    done(json!({"messages": list}))
}

pub(super) fn message(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let state = world.state();
    answer(&state.store, &messages_of(&state.store, ask.part(0)))
}

pub(super) fn request(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let state = world.state();
    let ids = request_of(&state.store, ask.part(0)).map(|(_, request)| request.messages.clone()).unwrap_or_default();
    answer(&state.store, &ids)
}

pub(super) fn report(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let state = world.state();
    let ids = messages_of(&state.store, ask.part(0));
    let is_done = |id: &&u64| state.store.messages.get(**id).is_some_and(|m| matches!(m.stage, Stage::Done(..)));
    match ids.iter().rev().find(is_done).and_then(|id| value(&state.store, *id, false)) {
        Some(report) => done(json!({"report": [report]})),
        None => failed(&refusal("A820", "no data")),
    }
}

pub(super) fn history(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let Some(start) = ask.query("requestTime").and_then(|text| read_korean(text, "%Y-%m-%dT%H:%M:%S")) else {
        return failed(&refusal("A310", "requestTime must be yyyy-MM-ddTHH:mm:ss"));
    };
    let Some(limit) = ask.number("limit", 100, 1..=1_000) else {
        return failed(&refusal("A310", "limit must be 1 to 1000"));
    };
    let last = ask.query("lastSeq").and_then(|seq| seq.parse().ok()).unwrap_or(0);
    let state = world.state();
    let store = &state.store;
    let fits = |message: &Message| {
        message.product == Product::Bizgo
            && ask.query("serviceType").is_none_or(|wish| wish == codes::service(message.channel))
    };
    let mut found =
        store.messages.since(start, |message| message.at).filter(|(id, message)| *id > last && fits(message));
    let page: Vec<(u64, &Message)> = found.by_ref().take(limit).collect();
    let more = found.next().is_some();
    let list: Vec<Value> = page.iter().filter_map(|(_, message)| status(store, message)).collect();
    done(json!({"messages": list, "lastSeq": page.last().map_or(0, |(id, _)| *id), "hasNext": more}))
}

pub(super) fn statistics(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let all = world.state().store.journal.summary(false);
    let of = |part: &(&String, &crate::journal::Totals)| part.0.starts_with("bizgo/");
    let sum = |count: fn(&crate::journal::Totals) -> u64| {
        all.by_channel.iter().filter(of).map(|(_, part)| count(part)).sum::<u64>()
    };
    let (taken, good, bad) = (sum(|part| part.accepted), sum(|part| part.delivered), sum(|part| part.failed));
    let day = crate::clock::korean(world.clock.now(), "%Y%m%d");
    done(json!({"statistics": [{"statDate": day, "recvTotalCnt": taken, "recvSuccCnt": taken, "recvFailCnt": 0,
        "reportTotalCnt": good + bad, "reportSuccCnt": good, "reportFailCnt": bad}]}))
}
