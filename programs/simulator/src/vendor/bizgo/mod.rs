//! Bizgo (Infobank), communication API v1.
//!
//! Invariants: the key stands alone in the Authorization header; the verdict comes in three layers (common, data,
//! destinations); a batch of reports comes again until it is acknowledged; every code has its HTTP status.

mod codes;
mod inquiry;
mod other;
mod report;
mod reservation;
mod send;
mod wish;

use super::Hook;
use crate::ask::{Ask, Handler, json, route, too_many};
use crate::clock::korean;
use crate::signing::{hex, hmac_sha256};
use crate::store::{Product, Request, Store};
use crate::world::{State, World};
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What Bizgo remembers beside messages.
#[derive(Debug, Default)]
pub struct Memory {
    /// Idempotency keys: until when, and which recipients were accepted.
    keys: HashMap<String, (i64, HashSet<Box<str>>)>,
    /// The batch that was given and not acknowledged.
    batch: Option<(String, Vec<u64>)>,
    batches: u64,
    /// Reservations that were stopped.
    stopped: HashSet<u64>,
    files: HashSet<String>,
    sends: Bucket,
    others: Bucket,
}

/// A token bucket that holds what may be used in one second.
#[derive(Debug, Default)]
struct Bucket {
    left: f64,
    at: i64,
}

impl Bucket {
    fn take(&mut self, now: i64, wanted: f64, per_second: f64) -> bool {
        let gained = (now - self.at).max(0) as f64 / 1_000.0 * per_second;
        (self.left, self.at) = ((self.left + gained).min(per_second), now);
        let enough = self.left >= wanted;
        if enough {
            self.left -= wanted;
        }
        enough
    }
}

/// All calls but sending may be made five times a second.
const OTHERS_PER_SECOND: f64 = 5.0;

type Refusal = (&'static str, String);

fn refusal(code: &'static str, words: &str) -> Refusal {
    (code, String::from(words))
}

fn envelope(code: &str, words: &str, data: Value, reference: Option<&str>) -> Value {
    json!({
        "common": {"authCode": "A000", "authResult": "Success", "infobankTrId": "SIM0000000001"},
        "data": {"code": code, "result": words, "data": data, "ref": reference},
    })
}

fn done(data: Value) -> Response {
    json(StatusCode::OK, &envelope("A000", "Success", data, None))
}

fn failed((code, words): &Refusal) -> Response {
    let status = match *code {
        "A001" | "A100" => 401,
        "A002" | "A110" | "A111" | "A113" | "A802" => 403,
        "A020" => 429,
        "A910" | "A999" => 500,
        "A920" => 503,
        _ => 400,
    };
    json(StatusCode::from_u16(status).unwrap_or_default(), &envelope(code, words, json!({}), None))
}

pub(super) fn stranger() -> Response {
    let common = json!({"authCode": "A401", "authResult": "Unauthorized", "infobankTrId": "SIM0000000001"});
    json(StatusCode::UNAUTHORIZED, &json!({"common": common}))
}

pub(super) fn routes() -> Router<Arc<World>> {
    let at = |path: &str| format!("/api/comm/v1{path}");
    let get = |handler: Handler| route(Method::GET, handler);
    let post = |handler: Handler| route(Method::POST, handler);
    let delete = |handler: Handler| route(Method::DELETE, handler);
    let reserved = at("/reservation/resvKey/{key}");
    Router::new()
        .route(&at("/send/omni"), post(send::send))
        .route(&at("/report/polling"), get(report::poll))
        .route(&at("/report/polling/{report}"), delete(report::acknowledge))
        .route(&at("/report/inquiry/{key}"), get(inquiry::report))
        .route(&at("/message/inquiry/msgKey/{key}"), get(inquiry::message))
        .route(&at("/message/inquiry/requestId/{request}"), get(inquiry::request))
        .route(&at("/message/history"), get(inquiry::history))
        .route(&at("/message/statistics"), get(inquiry::statistics))
        .route(&at("/reservation"), post(reservation::create))
        .route(&at("/reservation/list"), get(reservation::list))
        .route(&reserved, get(reservation::single).merge(route(Method::PUT, reservation::change)))
        .route(&format!("{reserved}/cancel"), post(reservation::cancel))
        .route(&format!("{reserved}/stop"), post(reservation::stop))
        .route(&format!("{reserved}/resume"), post(reservation::resume))
        .route(&format!("{reserved}/destinations"), get(reservation::destinations))
        .route(&format!("{reserved}/destinations/msgKey/{{message}}"), delete(reservation::remove))
        .route(&at("/center/alimtalk/template/list"), get(other::templates))
        .route(&at("/center/alimtalk/template"), get(other::template))
        .route(&at("/center/alimtalk/template/lastModified"), get(other::templates))
        .route(&at("/file/mms"), post(other::upload))
}

/// Whether the caller may come in; other calls than sending count one against their limit.
fn log_in(world: &World, ask: &Ask, sends: bool) -> Result<(), Response> {
    if ask.header("authorization") != world.setup.bizgo.api_key {
        return Err(stranger());
    }
    if !sends && world.options.bizgo_per_second > 0 {
        let now = world.clock.now();
        if !world.state().memories.bizgo.others.take(now, 1.0, OTHERS_PER_SECOND) {
            return Err(too_many(failed(&refusal("A020", "rate limit")), Some(1)));
        }
    }
    Ok(())
}

/// 30 characters; with three digits more it is the key of a message. The letter is between the digits for the reason that
/// NHN's ids have one.
fn request_id(at: i64, request: u64) -> String {
    format!("SI{}M{request:010}000", korean(at, "%Y%m%d%H%M%S"))
}

fn message_key(request: &Request, number: u64, seq: u32) -> String {
    format!("{}{:03}", request_id(request.at, number), seq % 1_000)
}

fn request_of<'a>(store: &'a Store, id: &str) -> Option<(u64, &'a Request)> {
    let number = id.get(17..27)?.parse().ok()?;
    let request = store.requests.get(number).filter(|request| request.product == Product::Bizgo)?;
    (request_id(request.at, number) == *id).then_some((number, request))
}

/// The message of a key, with all texts that stood in for it, in the order of the channels.
fn messages_of(store: &Store, key: &str) -> Vec<u64> {
    let Some((_, request)) = key.get(..30).and_then(|id| request_of(store, id)) else { return Vec::new() };
    let seq: u32 = key.get(30..).and_then(|seq| seq.parse().ok()).unwrap_or(0);
    let of = |id: &&u64| store.messages.get(**id).is_some_and(|message| message.seq == seq);
    request.messages.iter().filter(of).copied().collect()
}

/// Messages in pushes of one report each, signed with the time alone.
pub(super) fn hooks(world: &World, store: &Store, ids: &[u64]) -> Vec<Hook> {
    let stamp = world.clock.shown().to_string();
    let signature = hex(&hmac_sha256(world.setup.bizgo.webhook_secret.as_bytes(), &[stamp.as_bytes()]));
    let value = |id: &u64| {
        let report = report::value(store, *id, true)?;
        Some(Hook {
            headers: vec![("X-IB-Timestamp", stamp.clone()), ("X-IB-Signature", signature.clone())],
            expects: report["msgKey"].as_str().map(str::to_owned),
            body: serde_json::to_vec(&report).unwrap_or_default(),
        })
    };
    ids.iter().filter_map(value).collect()
}

/// Whether so many recipients may be sent to now.
fn within_rate(world: &World, state: &mut State, recipients: usize) -> bool {
    let limit = f64::from(world.options.bizgo_per_second);
    limit == 0.0 || state.memories.bizgo.sends.take(world.clock.now(), recipients as f64, limit)
}
