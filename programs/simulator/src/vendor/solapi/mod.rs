//! SOLAPI (CoolSMS), messages/v4.
//!
//! Invariants: every request is signed anew, with a clock no more than 15 minutes off; the same signature is refused for 15
//! minutes; method, path and body are not signed; a fault is an HTTP status other than 200 with `errorCode`.

mod codes;
mod group;
mod list;
mod send;
mod template;
mod wish;

use super::Hook;
use crate::ask::{Ask, Handler, json, route};
use crate::clock::read_iso;
use crate::signing::{fingerprint, hex, hmac_md5, hmac_sha256, same};
use crate::store::{Product, Store};
use crate::world::World;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// What SOLAPI remembers beside messages.
#[derive(Debug, Default)]
pub struct Memory {
    signatures: HashSet<u64>,
    /// In the order of their times.
    signed: VecDeque<(i64, u64)>,
    /// Groups that were made and not sent yet, by id.
    drafts: HashMap<String, Vec<Value>>,
    drafted: u64,
    /// Groups that were refused as a whole, or partly: how many messages.
    refused: HashMap<u64, usize>,
    files: u64,
}

const WINDOW_MS: i64 = 15 * 60_000;

pub(super) fn refused(code: &str, words: &str) -> Response {
    failure(StatusCode::FORBIDDEN, code, words)
}

fn failure(status: StatusCode, code: &str, words: &str) -> Response {
    json(status, &json!({"errorCode": code, "errorMessage": words}))
}

fn invalid(words: &str) -> Response {
    failure(StatusCode::BAD_REQUEST, "ValidationError", words)
}

pub(super) fn routes() -> Router<Arc<World>> {
    let get = |handler: Handler| route(Method::GET, handler);
    let post = |handler: Handler| route(Method::POST, handler);
    let put = |handler: Handler| route(Method::PUT, handler);
    let delete = |handler: Handler| route(Method::DELETE, handler);
    let group = "/messages/v4/groups/{group}";
    Router::new()
        .route("/messages/v4/send", post(send::one))
        .route("/messages/v4/send-many", post(send::many))
        .route("/messages/v4/send-many/detail", post(send::many))
        .route("/messages/v4/list", get(list::list))
        .route("/messages/v4/list-old", get(list::list))
        .route("/messages/v4/statistics", get(list::statistics))
        .route("/messages/v4/groups", post(group::create).merge(get(group::list)))
        .route(group, get(group::single).merge(delete(group::remove)))
        .route(&format!("{group}/messages"), put(group::add).merge(get(list::of_group)))
        .route(&format!("{group}/send"), post(group::send))
        .route(&format!("{group}/schedule"), post(group::schedule).merge(delete(group::cancel)))
        .route("/cash/v1/balance", get(list::balance))
        .route("/kakao/v2/templates", get(template::list))
        .route("/kakao/v2/templates/{template}", get(template::single))
        .route("/kakao/v2/channels", get(template::channels))
        .route("/storage/v1/files", post(template::upload))
}

/// Checks the Authorization header.
fn log_in(world: &World, ask: &Ask) -> Result<(), Response> {
    let header = ask.header("authorization");
    let Some((method, rest)) = header.split_once(' ') else {
        return Err(refused("InvalidAPIKey", "no Authorization header"));
    };
    let mut parts = [""; 4];
    for part in rest.split(", ") {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let names = ["apikey", "date", "salt", "signature"];
        if let Some(slot) =
            names.iter().position(|known| name.eq_ignore_ascii_case(known)).and_then(|n| parts.get_mut(n))
        {
            *slot = value;
        }
    }
    let [key, date, salt, signature] = parts;
    let known = &world.setup.solapi;
    if key != known.api_key {
        return Err(refused("InvalidAPIKey", "유효하지 않은 API 키입니다."));
    }
    let skewed = || refused("RequestTimeTooSkewed", "the date differs more than 15 minutes");
    let at = read_iso(date).ok_or_else(skewed)?;
    let shown = world.clock.shown();
    if (at - shown).abs() > WINDOW_MS {
        return Err(skewed());
    }
    let data: &[&[u8]] = &[date.as_bytes(), salt.as_bytes()];
    let expected = match method {
        "HMAC-SHA256" => hmac_sha256(known.api_secret.as_bytes(), data),
        "HMAC-MD5" => hmac_md5(known.api_secret.as_bytes(), data),
        _ => return Err(refused("SignatureDoesNotMatch", "unknown method")),
    };
    if !(12..=64).contains(&salt.len()) || !same(hex(&expected).as_bytes(), signature.as_bytes()) {
        return Err(refused("SignatureDoesNotMatch", "the signature does not match"));
    }
    let mut state = world.state();
    let memory = &mut state.memories.solapi;
    while memory.signed.front().is_some_and(|(old, _)| shown - old > WINDOW_MS) {
        if let Some((_, old)) = memory.signed.pop_front() {
            memory.signatures.remove(&old);
        }
    }
    if !memory.signatures.insert(fingerprint(signature)) {
        return Err(refused("DuplicatedSignature", "the signature was used before"));
    }
    memory.signed.push_back((shown, fingerprint(signature)));
    Ok(())
}

fn id(kind: char, at: i64, number: u64) -> String {
    format!("{kind}4{}V{number:010}SIMULT", crate::clock::korean(at, "%Y%m%d%H%M%S"))
}

fn message_id(at: i64, number: u64) -> String {
    id('M', at, number)
}

fn group_id(at: i64, number: u64) -> String {
    id('G', at, number)
}

fn number_of(text: &str) -> Option<u64> {
    text.get(17..27)?.parse().ok()
}

fn group_number(store: &Store, text: &str) -> Option<u64> {
    let number = number_of(text)?;
    store
        .requests
        .get(number)
        .filter(|r| r.product == Product::Solapi && group_id(r.at, number) == text)
        .map(|_| number)
}

/// One push of an array of messages.
pub(super) fn hooks(store: &Store, ids: &[u64]) -> Vec<Hook> {
    let found = ids.iter().filter_map(|id| store.messages.get(*id).map(|message| list::value(store, *id, message)));
    let messages: Vec<Value> = found.collect();
    vec![Hook { headers: Vec::new(), body: serde_json::to_vec(&messages).unwrap_or_default(), expects: None }]
}
