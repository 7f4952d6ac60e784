//! NHN Cloud: AlimTalk v2.3 and SMS v3.0.
//!
//! Invariants: the HTTP status is 200 whatever is wrong, the verdict stands in `header.resultCode`; the login is an app key
//! in the path and a secret in a header, each product has its own.

mod alimtalk;
mod codes;
mod content;
mod result;
mod sms;
mod sms_result;
mod template;

use super::Hook;
use crate::ask::{Ask, Handler, json, route};
use crate::clock::{SECONDS, korean};
use crate::store::{Message, Product, Stage, Store};
use crate::world::World;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// What NHN remembers beside messages.
#[derive(Debug, Default)]
pub struct Memory {
    /// Idempotency keys and when they were used.
    keys: HashMap<String, i64>,
    files: HashMap<u64, usize>,
}

/// How long an idempotency key is remembered.
const KEY_MS: i64 = 10 * 60_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    result_code: i32,
    result_message: &'a str,
    is_successful: bool,
}

impl<'a> Header<'a> {
    fn new(result_code: i32, result_message: &'a str) -> Self {
        Header { result_code, result_message, is_successful: result_code == 0 }
    }
}

const OK: Header<'static> = Header { result_code: 0, result_message: "success", is_successful: true };

/// What is wrong with a request: NHN's code and its words.
type Refusal = (i32, String);

fn refusal(code: i32, words: &str) -> Refusal {
    (code, String::from(words))
}

fn failed((code, words): &Refusal) -> Response {
    json(StatusCode::OK, &json!({"header": Header::new(*code, words)}))
}

/// Header and one more member.
fn done(name: &str, value: impl Serialize) -> Response {
    json(StatusCode::OK, &json!({"header": OK, name: value}))
}

pub(super) fn stranger(_alimtalk: bool) -> Response {
    failed(&refusal(-1001, "invalid secretKey"))
}

pub(super) fn routes() -> Router<Arc<World>> {
    let at = |path: &str| format!("/alimtalk/v2.3/appkeys/{{app}}{path}");
    let sms = |path: &str| format!("/sms/v3.0/appKeys/{{app}}{path}");
    let get = |handler: Handler| route(Method::GET, handler);
    let post = |handler: Handler| route(Method::POST, handler);
    let mut router = Router::new()
        .route(&at("/messages"), post(alimtalk::send).merge(get(result::search)))
        .route(&at("/raw-messages"), post(alimtalk::send))
        .route(&at("/auth/messages"), post(alimtalk::send).merge(get(result::search)))
        .route(&at("/auth/raw-messages"), post(alimtalk::send))
        .route(&at("/messages/{request}/{seq}"), get(result::single))
        .route(&at("/auth/messages/{request}/{seq}"), get(result::single))
        .route(&at("/messages/{request}"), route(Method::DELETE, result::cancel))
        .route(&at("/message-results"), get(result::updates))
        .route(&at("/message-results/count"), get(result::count))
        .route(&at("/senders/{key}/templates"), get(template::list))
        .route(&at("/senders/{key}/templates/{code}"), get(template::single))
        .route(&at("/template-image"), post(template::image))
        .route(&sms("/sender/sms/{request}"), get(sms_result::single))
        .route(&sms("/sender/mms/{request}"), get(sms_result::single))
        .route(&sms("/message-results"), get(sms_result::updates))
        .route(&sms("/reservations/cancel"), route(Method::PUT, sms_result::cancel))
        .route(&sms("/attachfile/binaryUpload"), post(sms::upload))
        .route(&sms("/sendNos"), get(sms::numbers));
    for path in ["/sender/sms", "/sender/mms", "/sender/auth/sms", "/sender/ad-sms", "/sender/ad-mms"] {
        router = router.route(&sms(path), post(sms::send).merge(get(sms_result::search)));
    }
    router
}

/// Whether the caller may use the AlimTalk (or SMS) product.
fn log_in(world: &World, ask: &Ask, alimtalk: bool) -> Result<(), Response> {
    let known = &world.setup.nhn;
    let (app, secret) = match alimtalk {
        true => (&known.app_key, &known.secret_key),
        false => (&known.sms_app_key, &known.sms_secret_key),
    };
    if ask.part(0) != app {
        return Err(failed(&refusal(-1000, "invalid appKey")));
    }
    if ask.header("x-secret-key") != secret {
        return Err(stranger(alimtalk));
    }
    Ok(())
}

/// `20261201090000R` and ten digits: the id of a request. Without the letter it would look like a telephone number now and
/// then, for which logs are searched.
fn request_id(at: i64, request: u64) -> String {
    format!("{}R{request:010}", korean(at, "%Y%m%d%H%M%S"))
}

fn request_number(store: &Store, id: &str) -> Option<u64> {
    let number = id.get(15..)?.parse().ok()?;
    store.requests.get(number).filter(|request| request_id(request.at, number) == id).map(|_| number)
}

/// The page of the query: number from 1, and size.
fn page(ask: &Ask) -> Result<(usize, usize), Refusal> {
    let number = ask.number("pageNum", 1, 1..=usize::MAX).ok_or_else(|| refusal(4, "pageNum must be 1 or more"))?;
    let size = ask.number("pageSize", 15, 1..=1_000).ok_or_else(|| refusal(4, "pageSize must be 1 to 1000"))?;
    Ok((number, size))
}

/// A window of the query in Korean time, the end included to its last minute or second.
fn window(
    ask: &Ask,
    names: (&str, &str),
    form: &str,
    most_days: i64,
    code: i32,
) -> Result<Option<(i64, i64)>, Refusal> {
    let (Some(start), Some(end)) = (ask.query(names.0), ask.query(names.1)) else { return Ok(None) };
    let read = |text| crate::clock::read_korean(text, form).ok_or_else(|| refusal(4, "invalid date format"));
    let unit = if form.ends_with("%M") { 60_000 } else { 1_000 };
    let (start, end) = (read(start)?, read(end)? + unit - 1);
    if end < start || end - start > most_days * crate::clock::DAY_MS + unit {
        return Err(refusal(code, "invalid search period"));
    }
    Ok(Some((start, end)))
}

/// `message.stage` in the AlimTalk product's words.
fn status(message: &Message) -> Option<&'static str> {
    match message.stage {
        Stage::Reserved | Stage::Pending => None,
        Stage::Cancelled => Some("CANCEL"),
        Stage::Done(alimi::message::Class::Ok, _) => Some("COMPLETED"),
        Stage::Done(..) => Some("FAILED"),
    }
}

/// One push with all reports of one event.
pub(super) fn hooks(world: &World, store: &Store, ids: &[u64]) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for (product, name) in [(Product::NhnAlimtalk, "ALIMTALK"), (Product::NhnSms, "SMS")] {
        let messages =
            ids.iter().filter_map(|id| store.messages.get(*id).filter(|m| m.product == product).map(|m| (*id, m)));
        let bodies: Vec<Value> = messages.filter_map(|(id, message)| hook(store, id, message)).collect();
        if bodies.is_empty() {
            continue;
        }
        let app = if product == Product::NhnSms { &world.setup.nhn.sms_app_key } else { &world.setup.nhn.app_key };
        let body = json!({"hooksId": format!("{}", ids.first().copied().unwrap_or(0)), "webhookConfigId": "simulator",
            "productName": name, "appKey": app, "event": "MESSAGE_RESULT_UPDATE", "hooks": bodies});
        hooks.push(Hook {
            headers: vec![("X-Toast-Webhook-Signature", String::from("sim-nhn-signature"))],
            body: serde_json::to_vec(&body).unwrap_or_default(),
            expects: None,
        });
    }
    hooks
}

fn hook(store: &Store, id: u64, message: &Message) -> Option<Value> {
    let request = store.requests.get(message.request)?;
    let time = |at| korean(at, "%Y-%m-%dT%H:%M:%S");
    let (code, _) = codes::result(message);
    Some(match message.product {
        Product::NhnSms => json!({
            "hookId": id.to_string(), "senderType": format!("NORMAL_{}", if message.channel == alimi::message::Channel::Sms { "SMS" } else { "MMS" }),
            "requestId": request_id(request.at, message.request), "recipientSeq": message.seq,
            "requestDate": time(request.at), "receiveDate": time(message.updated),
            "sendNo": message.from, "recipientNo": message.to, "messageStatus": status(message)?,
            "senderGroupingKey": request.grouping, "recipientGroupingKey": message.reference,
            "resultCode": code, "messageCount": 1, "_links": {"self": {"href": ""}},
        }),
        _ => json!({
            "hookId": id.to_string(), "kakaoMessageType": if request.urgent { "ALIMTALK_AUTH" } else { "ALIMTALK_NORMAL" },
            "requestId": request_id(request.at, message.request), "recipientSeq": message.seq,
            "requestDate": korean(request.at, SECONDS), "createDate": korean(request.at, SECONDS),
            "receiveDate": korean(message.updated, SECONDS), "recipientNo": message.to, "resultCode": code,
            "senderGroupingKey": request.grouping, "recipientGroupingKey": message.reference,
            "isAddedChannel": null, "_links": {"self": {"href": ""}},
        }),
    })
}
