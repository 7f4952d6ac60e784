//! Naver SENS: AlimTalk v2 and SMS v2.
//!
//! Invariants: every request is signed over method, path with query, time and key; the time may be five minutes off; SENS
//! forwards texts, so one that differs from its template is taken and fails in the result.

mod codes;
mod list;
mod send;

use crate::ask::{Ask, Handler, empty, json, route};
use crate::clock::read_korean;
use crate::setup::{Button, Status, Template};
use crate::signing::{base64, hmac_sha256, same};
use crate::store::{Product, Stage};
use crate::world::World;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;

/// What SENS remembers beside messages.
#[derive(Debug, Default)]
pub struct Memory {
    files: HashSet<String>,
}

const WINDOW_MS: i64 = 5 * 60_000;

fn failure(status: StatusCode, words: &str) -> Response {
    let name = status.canonical_reason().unwrap_or_default();
    json(status, &json!({"status": status.as_u16(), "error": name, "errorMessage": words}))
}

fn bad(words: &str) -> Response {
    failure(StatusCode::BAD_REQUEST, words)
}

/// What the API gateway in front of SENS says.
pub(super) fn stranger() -> Response {
    let error = json!({"errorCode": "200", "message": "Authentication Failed", "details": "Invalid authentication information."});
    json(StatusCode::UNAUTHORIZED, &json!({"error": error}))
}

pub(super) fn routes() -> Router<Arc<World>> {
    let get = |handler: Handler| route(Method::GET, handler);
    let post = |handler: Handler| route(Method::POST, handler);
    let delete = |handler: Handler| route(Method::DELETE, handler);
    let mut router = Router::new()
        .route("/alimtalk/v2/services/{service}/messages", post(send::alimtalk).merge(get(list::list)))
        .route("/alimtalk/v2/services/{service}/channels", get(channels))
        .route("/alimtalk/v2/services/{service}/templates", get(templates))
        .route("/sms/v2/services/{service}/messages", post(send::text).merge(get(list::list)))
        .route("/sms/v2/services/{service}/files", post(send::upload));
    for product in ["alimtalk", "sms"] {
        let at = format!("/{product}/v2/services/{{service}}");
        router = router
            .route(&format!("{at}/messages/{{message}}"), get(list::single))
            .route(&format!("{at}/reservations/{{reservation}}/reserve-status"), get(reservation))
            .route(&format!("{at}/reservations/{{reservation}}"), delete(cancel));
    }
    router
}

/// The product of the path, if the signature is right.
fn log_in(world: &World, ask: &Ask) -> Result<Product, Response> {
    let known = &world.setup.sens;
    let (stamp, key) = (ask.header("x-ncp-apigw-timestamp"), ask.header("x-ncp-iam-access-key"));
    let text = format!("{} {}\n{stamp}\n{key}", ask.method, ask.target);
    let expected = base64(&hmac_sha256(known.secret_key.as_bytes(), &[text.as_bytes()]));
    let in_time = stamp.parse::<i64>().is_ok_and(|at| (at - world.clock.shown()).abs() <= WINDOW_MS);
    let signature = ask.header("x-ncp-apigw-signature-v2");
    if !in_time || key != known.access_key || !same(expected.as_bytes(), signature.as_bytes()) {
        return Err(stranger());
    }
    match ask.target.starts_with("/alimtalk") {
        true if ask.part(0) == known.alimtalk_service => Ok(Product::SensAlimtalk),
        false if ask.part(0) == known.sms_service => Ok(Product::SensSms),
        _ => Err(failure(StatusCode::NOT_FOUND, "unknown serviceId")),
    }
}

fn request_id(product: Product, request: u64) -> String {
    format!("{}-{request:010}", if product == Product::SensAlimtalk { "RSKM" } else { "VORSSM" })
}

fn message_id(id: u64) -> String {
    format!("msg-{id:010}")
}

fn tail(text: &str) -> Option<u64> {
    text.rsplit('-').next()?.parse().ok()
}

/// The reserved time, `YYYY-MM-DD HH:mm` in Korea.
fn reserved(date: Option<&str>, zone: Option<&str>, now: i64) -> Result<Option<i64>, Response> {
    let Some(date) = date else { return Ok(None) };
    if zone.is_some_and(|zone| zone != "Asia/Seoul") {
        return Err(bad("the simulator knows reserveTimeZone Asia/Seoul alone"));
    }
    match read_korean(date, crate::clock::MINUTES) {
        None => Err(bad("reserveTime must be YYYY-MM-DD HH:mm")),
        Some(at) if at <= now => Err(bad("reserveTime is in the past")),
        Some(at) => Ok(Some(at)),
    }
}

fn reservation(world: &World, ask: &Ask) -> Response {
    let product = match log_in(world, ask) {
        Ok(product) => product,
        Err(refused) => return refused,
    };
    let state = world.state();
    let request = tail(ask.part(1)).and_then(|number| state.store.requests.get(number));
    let Some((request, at)) = request.filter(|r| r.product == product).and_then(|r| Some((r, r.reserved?))) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let stages = request.messages.iter().filter_map(|id| state.store.messages.get(*id)).map(|message| message.stage);
    let status = match stages.clone().next() {
        Some(Stage::Reserved) => "READY",
        Some(Stage::Cancelled) => "CANCELED",
        Some(Stage::Pending) => "PROCESSING",
        _ => "DONE",
    };
    let time = crate::clock::korean(at, crate::clock::MINUTES);
    json(
        StatusCode::OK,
        &json!({"reserveId": ask.part(1), "reserveTime": time, "reserveTimeZone": "Asia/Seoul", "reserveStatus": status}),
    )
}

fn cancel(world: &World, ask: &Ask) -> Response {
    let product = match log_in(world, ask) {
        Ok(product) => product,
        Err(refused) => return refused,
    };
    let now = world.clock.now();
    let mut state = world.state();
    let request =
        tail(ask.part(1)).and_then(|number| state.store.requests.get(number)).filter(|r| r.product == product);
    let Some(ids) = request.map(|request| request.messages.clone()) else { return empty(StatusCode::NOT_FOUND) };
    match ids.into_iter().filter(|id| state.store.cancel(*id, now)).count() {
        0 => bad("only READY reservations can be cancelled"),
        _ => empty(StatusCode::NO_CONTENT),
    }
}

fn channels(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let channel = |s: &crate::setup::Sender| {
        json!({"channelId": s.channel, "channelName": s.name, "channelStatus": "ACTIVE", "useSmsFailover": false,
            "failoverServiceId": world.setup.sens.sms_service})
    };
    json(StatusCode::OK, &world.setup.senders.iter().map(channel).collect::<Vec<_>>())
}

fn template(template: &Template, channel: &str, full: bool) -> Value {
    let status = match template.status {
        Status::Requested => "INSPECT",
        Status::Approved => "COMPLETE",
        Status::Rejected => "REJECT",
    };
    let button = |(place, b): (usize, &Button)| {
        json!({"order": place + 1, "type": b.kind, "name": b.name, "linkMobile": b.mobile, "linkPc": b.pc,
            "schemeIos": b.ios, "schemeAndroid": b.android})
    };
    let mut value = json!({"channelId": channel, "templateCode": template.code, "templateName": template.name,
        "content": template.text, "templateInspectionStatus": status, "templateStatus": "READY"});
    if let (true, Some(value)) = (full, value.as_object_mut()) {
        let item = |i: &crate::setup::Item| json!({"title": i.title, "description": i.description});
        let items = template.items.as_ref().map(|items| json!({"list": items.list.iter().map(item).collect::<Vec<_>>(), "summary": items.summary.as_ref().map(item)}));
        let more = json!({"messageType": "BA", "emphasizeType": template.emphasis(), "title": template.title,
            "subTitle": template.subtitle, "headerContent": template.header, "itemHighlight": template.highlight.as_ref().map(item),
            "item": items, "securityFlag": false, "comments": [], "buttons": template.buttons.iter().enumerate().map(button).collect::<Vec<_>>()});
        value.extend(more.as_object().cloned().unwrap_or_default());
    }
    value
}

fn templates(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let Some(channel) = ask.query("channelId").filter(|id| world.setup.senders.iter().any(|s| s.channel == *id)) else {
        return bad("channelId is required");
    };
    let (size, index) = (ask.number("pageSize", 20, 1..=100), ask.number("pageIndex", 0, 0..=1_000_000));
    let (Some(size), Some(index)) = (size, index) else { return bad("pageSize 1 to 100, pageIndex from 0") };
    let code = ask.query("templateCode");
    let all = world.setup.templates.iter().filter(|template| code.is_none_or(|code| code == template.code));
    let list: Vec<Value> = all.skip(index * size).take(size).map(|t| template(t, channel, code.is_some())).collect();
    if list.is_empty() { empty(StatusCode::NOT_FOUND) } else { json(StatusCode::OK, &list) }
}
