//! Groups: what every request to send becomes, and the calls that put one together by hand.
//!
//! Invariants: a group's id stays the same from its making to its report; what is not sent yet is not in the journal.

use super::send::{draft, scheduled};
use super::{failure, group_id, group_number, invalid, log_in};
use crate::ask::{Ask, json};
use crate::clock::iso;
use crate::store::{Message, Product, Stage};
use crate::world::{State, World};
use alimi::message::Class;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

fn unknown() -> Response {
    failure(StatusCode::NOT_FOUND, "GroupNotFound", "no such group")
}

/// A group as the answers show it.
pub(super) fn value(state: &State, number: u64) -> Value {
    let Some(group) = state.store.requests.get(number) else { return Value::Null };
    let messages: Vec<&Message> = group.messages.iter().filter_map(|id| state.store.messages.get(*id)).collect();
    let count = |fits: &dyn Fn(&Message) -> bool| messages.iter().filter(|message| fits(message)).count();
    let own = count(&|message| message.parent.is_none());
    let refused = state.memories.solapi.refused.get(&number).copied().unwrap_or(0);
    let pending = count(&|message| matches!(message.stage, Stage::Pending | Stage::Reserved));
    let cancelled = count(&|message| message.stage == Stage::Cancelled);
    let status = match () {
        () if own == 0 || cancelled == own => "FAILED",
        () if count(&|message| message.stage == Stage::Reserved) > 0 => "SCHEDULED",
        () if pending > 0 => "SENDING",
        () => "COMPLETE",
    };
    let at = iso(group.at);
    let kinds = [
        "sms", "lms", "mms", "ata", "cta", "cti", "nsa", "rcs_sms", "rcs_lms", "rcs_mms", "rcs_tpl", "rcs_itpl",
        "rcs_ltpl", "fax", "voice",
    ];
    let of_kinds = |value: Value| Value::Object(kinds.iter().map(|kind| ((*kind).to_owned(), value.clone())).collect());
    let (prices, charged) = (of_kinds(json!(0)), of_kinds(json!({})));
    json!({
        "count": {
            "total": own + refused, "sentTotal": own, "sentPending": pending,
            "sentSuccess": count(&|message| matches!(message.stage, Stage::Done(Class::Ok, _))),
            "sentFailed": count(&|message| matches!(message.stage, Stage::Done(class, _) if class != Class::Ok)),
            "sentReplacement": count(&|message| message.parent.is_some()),
            "refund": 0, "registeredFailed": refused, "registeredSuccess": own,
        },
        "countForCharge": charged,
        "balance": {"requested": 0, "replacement": 0, "refund": 0, "sum": 0},
        "point": {"requested": 0, "replacement": 0, "refund": 0, "sum": 0},
        "app": {"profit": prices, "appId": null}, "log": [], "status": status,
        "dateSent": at, "dateCompleted": (pending == 0).then_some(at.as_str()),
        "scheduledDate": group.reserved.map(iso), "isRefunded": false, "strict": false, "allowDuplicates": false,
        "prepaid": true, "groupId": group_id(group.at, number), "_id": group_id(group.at, number),
        "accountId": "simulator", "apiVersion": "4", "customFields": {}, "hint": null, "price": {}, "masterAccountId": null,
        "flagUpdated": false, "autoTypeDetect": true, "sdkVersion": null, "osPlatform": null,
        "dateCreated": at, "dateUpdated": at,
    })
}

pub(super) fn create(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let now = world.clock.now();
    let mut state = world.state();
    let memory = &mut state.memories.solapi;
    memory.drafted += 1;
    let id = super::id('G', now, 9_000_000_000 + memory.drafted);
    memory.drafts.insert(id.clone(), Vec::new());
    json(
        StatusCode::OK,
        &json!({"groupId": id, "_id": id, "status": "PENDING", "count": {"total": 0},
        "accountId": "simulator", "apiVersion": "4", "dateCreated": iso(now)}),
    )
}

pub(super) fn add(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&ask.body) else { return invalid("expected messages") };
    let Some(Value::Array(messages)) = body.remove("messages") else { return invalid("expected messages") };
    if messages.iter().any(|message| serde_json::from_value::<super::wish::Wish>(message.clone()).is_err()) {
        return invalid("a message has an unknown or malformed field");
    }
    let mut state = world.state();
    let Some(draft) = state.memories.solapi.drafts.get_mut(ask.part(0)) else { return unknown() };
    if messages.len() > 10_000 {
        return invalid("at most 10000 messages");
    }
    let results: Vec<Value> =
        messages.iter().map(|message| json!({"to": message["to"], "statusCode": "2000"})).collect();
    draft.extend(messages);
    json(StatusCode::OK, &json!({"errorCount": 0, "resultList": results}))
}

/// Sends the draft that the path names.
fn dispatch(world: &World, ask: &Ask, at: Option<i64>) -> Response {
    let mut state = world.state();
    let Some(messages) = state.memories.solapi.drafts.remove(ask.part(0)) else { return unknown() };
    match draft(world, &mut state, messages, at) {
        Ok(number) => json(StatusCode::OK, &value(&state, number)),
        Err(answer) => answer,
    }
}

pub(super) fn send(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    dispatch(world, ask, None)
}

pub(super) fn schedule(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
    match scheduled(body["scheduledDate"].as_str(), world.clock.now()) {
        Ok(Some(at)) => dispatch(world, ask, Some(at)),
        Ok(None) => invalid("scheduledDate must be in the future"),
        Err(answer) => answer,
    }
}

pub(super) fn cancel(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let now = world.clock.now();
    let mut state = world.state();
    let Some(number) = group_number(&state.store, ask.part(0)) else { return unknown() };
    let ids = state.store.requests.get(number).map(|group| group.messages.clone()).unwrap_or_default();
    let store = &mut state.store;
    if ids.into_iter().filter(|id| store.cancel(*id, now)).count() == 0 {
        return failure(StatusCode::BAD_REQUEST, "NotScheduled", "the group is not scheduled");
    }
    json(StatusCode::OK, &value(&state, number))
}

pub(super) fn remove(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    match world.state().memories.solapi.drafts.remove(ask.part(0)) {
        Some(_) => json(StatusCode::OK, &json!({"groupId": ask.part(0), "status": "DELETED"})),
        None => unknown(),
    }
}

pub(super) fn single(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let state = world.state();
    match group_number(&state.store, ask.part(0)) {
        Some(number) => json(StatusCode::OK, &value(&state, number)),
        None => unknown(),
    }
}

pub(super) fn list(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let Some(limit) = ask.number("limit", 20, 1..=500) else { return invalid("limit must be 1 to 500") };
    let state = world.state();
    let wished =
        ask.query("groupId").or_else(|| ask.query("value").filter(|_| ask.query("criteria") == Some("groupId")));
    let groups = state.store.requests.iter().rev().filter(|(_, request)| request.product == Product::Solapi);
    let mut list = serde_json::Map::new();
    let wished = groups.filter(|(number, request)| wished.is_none_or(|id| id == group_id(request.at, *number)));
    for (number, request) in wished.take(limit) {
        list.insert(group_id(request.at, number), value(&state, number));
    }
    json(StatusCode::OK, &json!({"startKey": null, "nextKey": null, "limit": limit, "groupList": list}))
}
