//! Reservations: made, looked at, changed, stopped, cancelled.
//!
//! Invariant: a state that does not fit answers A824; what was cancelled never leaves.

use super::{Refusal, done, envelope, failed, log_in, message_key, messages_of, refusal, request_id, request_of};
use crate::ask::{Ask, json, on_wire};
use crate::clock::{DAY_MS, SECONDS, korean, read_korean};
use crate::store::{Product, Stage};
use crate::world::{State, World};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

/// Far enough that a stopped reservation never leaves by itself.
const STOPPED_MS: i64 = 36_500 * DAY_MS;

fn read_time(text: Option<&str>, now: i64) -> Result<i64, Refusal> {
    let at = text
        .and_then(|text| read_korean(text, SECONDS))
        .ok_or_else(|| refusal("A316", "resvSendTime must be yyyy-MM-dd HH:mm:ss"))?;
    if at < now + 10 * 60_000 || at > now + 366 * DAY_MS {
        return Err(refusal("A316", "resvSendTime must be 10 minutes to one year ahead"));
    }
    Ok(at)
}

pub(super) fn create(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let now = world.clock.now();
    let mut state = world.state();
    let read = super::wish::read(world, ask, &state.memories.bizgo.files)
        .and_then(|wish| read_time(wish.resv_send_time.as_deref(), now).map(|at| (wish, at)));
    let (wish, at) = match read {
        Ok((wish, _)) if wish.resv_name.as_ref().is_some_and(|name| name.chars().count() > 100) => {
            return failed(&refusal("A331", "resvName <= 100"));
        }
        Ok(read) => read,
        Err(refused) => return failed(&refused),
    };
    match super::send::take(world, &mut state, &wish, Some(at)) {
        Ok((number, wire, list)) => {
            on_wire(wire, || {
                // The key stands beside the inner data, not in it.
                let mut answer = envelope("A000", "Success", json!({"destinations": list}), None);
                answer["data"]["resvKey"] = request_id(now, number).into();
                json(StatusCode::OK, &answer)
            })
        }
        Err(answer) => answer,
    }
}

fn standing(state: &State, number: u64) -> &'static str {
    if state.memories.bizgo.stopped.contains(&number) {
        return "STOPPED";
    }
    let ids = state.store.requests.get(number).map(|request| request.messages.as_slice()).unwrap_or_default();
    let stages: Vec<Stage> = ids.iter().filter_map(|id| state.store.messages.get(*id)).map(|m| m.stage).collect();
    match () {
        () if stages.contains(&Stage::Reserved) => "PENDING",
        () if stages.iter().all(|stage| *stage == Stage::Cancelled) => "CANCELLED",
        () => "PROCESSING",
    }
}

fn value(state: &State, number: u64) -> Value {
    let Some(request) = state.store.requests.get(number) else { return Value::Null };
    json!({"resvKey": request_id(request.at, number), "resvName": request.grouping, "status": standing(state, number),
        "resvSendTime": request.reserved.map(|at| korean(at, SECONDS)), "expectedCnt": request.messages.len()})
}

/// Does something to the reservation that the path names, if it stands as it must.
fn with(
    world: &World,
    ask: &Ask,
    allowed: &[&str],
    act: impl FnOnce(&mut State, u64) -> Result<(), Refusal>,
) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let mut state = world.state();
    let found = request_of(&state.store, ask.part(0)).filter(|(_, request)| request.reserved.is_some());
    let Some((number, _)) = found else { return failed(&refusal("A820", "no such reservation")) };
    if !allowed.is_empty() && !allowed.contains(&standing(&state, number)) {
        return failed(&refusal("A824", "the state does not allow it"));
    }
    match act(&mut state, number) {
        Ok(()) => done(value(&state, number)),
        Err(refused) => failed(&refused),
    }
}

pub(super) fn single(world: &World, ask: &Ask) -> Response {
    with(world, ask, &[], |_, _| Ok(()))
}

pub(super) fn change(world: &World, ask: &Ask) -> Response {
    with(world, ask, &["PENDING", "STOPPED"], |state, number| {
        let body: Value = serde_json::from_slice(&ask.body).map_err(|error| ("A011", error.to_string()))?;
        let at = read_time(body["resvSendTime"].as_str(), world.clock.now())?;
        state.store.postpone(number, at);
        Ok(())
    })
}

pub(super) fn cancel(world: &World, ask: &Ask) -> Response {
    with(world, ask, &["PENDING", "STOPPED"], |state, number| {
        let ids = state.store.requests.get(number).map(|request| request.messages.clone()).unwrap_or_default();
        for id in ids {
            state.store.cancel(id, world.clock.now());
        }
        state.memories.bizgo.stopped.remove(&number);
        Ok(())
    })
}

pub(super) fn stop(world: &World, ask: &Ask) -> Response {
    with(world, ask, &["PENDING"], |state, number| {
        let at = state.store.requests.get(number).and_then(|request| request.reserved).unwrap_or(0);
        state.memories.bizgo.stopped.insert(number);
        state.store.postpone(number, at + STOPPED_MS);
        Ok(())
    })
}

pub(super) fn resume(world: &World, ask: &Ask) -> Response {
    with(world, ask, &["STOPPED"], |state, number| {
        let at = state.store.requests.get(number).and_then(|request| request.reserved).unwrap_or(0);
        state.memories.bizgo.stopped.remove(&number);
        state.store.postpone(number, at - STOPPED_MS);
        Ok(())
    })
}

pub(super) fn destinations(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let state = world.state();
    let Some((number, request)) = request_of(&state.store, ask.part(0)) else {
        return failed(&refusal("A820", "no data"));
    };
    let messages = request.messages.iter().filter_map(|id| state.store.messages.get(*id));
    let list: Vec<Value> = messages
        .map(|m| json!({"to": m.to, "msgKey": message_key(request, number, m.seq), "ref": m.reference}))
        .collect();
    done(json!({"destinations": list, "lastSeq": 0, "hasNext": false}))
}

pub(super) fn remove(world: &World, ask: &Ask) -> Response {
    with(world, ask, &["PENDING", "STOPPED"], |state, _| {
        let ids = messages_of(&state.store, ask.part(1));
        let cancelled = ids.into_iter().filter(|id| state.store.cancel(*id, world.clock.now())).count();
        if cancelled == 0 { Err(refusal("A820", "no such destination")) } else { Ok(()) }
    })
}

pub(super) fn list(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let state = world.state();
    let reserved = state.store.requests.iter().filter(|(_, r)| r.product == Product::Bizgo && r.reserved.is_some());
    let list: Vec<Value> = reserved.map(|(number, _)| value(&state, number)).collect();
    done(json!({"reservations": list, "lastSeq": 0, "hasNext": false}))
}
