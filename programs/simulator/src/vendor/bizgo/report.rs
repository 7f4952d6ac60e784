//! Reports by polling. Invariant: the same batch is given until it is acknowledged; then it never comes again.

use super::{codes, done, failed, log_in, message_key, refusal};
use crate::ask::Ask;
use crate::clock::korean;
use crate::store::{Stage, Store};
use crate::world::World;
use axum::response::Response;
use serde_json::{Value, json};

/// Most reports in one batch.
const BATCH: usize = 100;

/// A time with zone; reports that are pushed have milliseconds.
pub(super) fn time(at: i64, milliseconds: bool) -> String {
    let form = if milliseconds { "%Y-%m-%dT%H:%M:%S.%3f+09:00" } else { "%Y-%m-%dT%H:%M:%S+09:00" };
    korean(at, form)
}

/// The report on a message.
pub(super) fn value(store: &Store, id: u64, pushed: bool) -> Option<Value> {
    let message = store.messages.get(id)?;
    let request = store.requests.get(message.request)?;
    let (code, words) = codes::report(message);
    let kind = if message.stage == Stage::Cancelled { "CANCEL" } else { "REPORT" };
    Some(json!({
        "msgKey": message_key(request, message.request, message.seq), "serviceType": codes::service(message.channel),
        "msgType": if message.channel == alimi::message::Channel::Alimtalk { "AT" } else { codes::service(message.channel) },
        "sendTime": time(message.at, pushed), "reportTime": time(message.updated, pushed), "reportType": kind,
        "reportCode": code, "reportText": words, "carrier": "10001", "userType": "", "resCnt": "1", "ref": message.reference,
    }))
}

pub(super) fn poll(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let mut state = world.state();
    let state = &mut *state;
    let memory = &mut state.memories.bizgo;
    if memory.batch.is_none() && !state.store.unacknowledged.is_empty() {
        let waiting = &mut state.store.unacknowledged;
        let ids: Vec<u64> = waiting.drain(..waiting.len().min(BATCH)).collect();
        memory.batches += 1;
        memory.batch = Some((format!("RPT{:017}", memory.batches), ids));
    }
    match &memory.batch {
        None => done(json!({"reportId": "", "report": null})),
        Some((id, ids)) => {
            let reports: Vec<Value> = ids.iter().filter_map(|id| value(&state.store, *id, false)).collect();
            done(json!({"reportId": id, "report": reports}))
        }
    }
}

pub(super) fn acknowledge(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let mut state = world.state();
    let memory = &mut state.memories.bizgo;
    match &memory.batch {
        Some((id, _)) if id == ask.part(0) => {
            memory.batch = None;
            done(json!({}))
        }
        _ => failed(&refusal("A802", "unknown reportId")),
    }
}
