//! The control API under `/control/`, and the requests that were kept for comparison.
//!
//! Invariant: what is kept of a request holds the names of its headers, never their values.

use crate::ask::{Ask, Upload, empty, error, json, route};
use crate::faults::Fault;
use crate::world::World;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A request that a vendor's call got.
#[derive(Clone, Debug, Serialize)]
pub struct Captured {
    /// GET, POST, ...
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Names of the headers, in lower case, sorted.
    pub headers: BTreeSet<String>,
    /// `json`, `form`, `multipart`, `none` or `other`.
    pub kind: &'static str,
    /// The body: JSON as it is, a form as an object.
    pub body: Value,
    /// HTTP status of the answer.
    pub status: u16,
}

impl Captured {
    pub(crate) fn of(ask: &Ask, status: u16) -> Captured {
        let form = || {
            let files = ask.files.iter().map(|Upload { field, kind, .. }| (field.clone(), json!({"file": kind})));
            Value::Object(
                ask.form.iter().map(|(key, value)| (key.clone(), value.as_str().into())).chain(files).collect(),
            )
        };
        let content = ask.header("content-type");
        let (kind, body) = if content.starts_with("multipart/") {
            ("multipart", form())
        } else if content.starts_with("application/x-www-form-urlencoded") {
            ("form", form())
        } else if ask.body.is_empty() {
            ("none", Value::Null)
        } else {
            serde_json::from_slice(&ask.body).map_or(("other", Value::Null), |body| ("json", body))
        };
        Captured {
            method: ask.method.to_string(),
            path: ask.target.split('?').next().unwrap_or_default().to_owned(),
            query: ask.query.clone(),
            headers: ask.headers.keys().map(|name| name.as_str().to_owned()).collect(),
            kind,
            body,
            status,
        }
    }

    /// The shape of the request: names of the query and paths of the fields with the types of their values, sorted.
    /// `recipientList[].recipientNo: string`
    pub fn fields(&self) -> BTreeSet<String> {
        let mut fields: BTreeSet<String> = self.query.iter().map(|(name, _)| format!("?{name}")).collect();
        collect("", &self.body, &mut fields);
        fields
    }
}

/// The paths of the fields of a JSON body with the types of their values, sorted; so two requests can be compared.
pub fn fields(body: &Value) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    collect("", body, &mut fields);
    fields
}

fn collect(path: &str, value: &Value, fields: &mut BTreeSet<String>) {
    let mut leaf = |kind: &str| {
        fields.insert(format!("{path}: {kind}"));
    };
    match value {
        Value::Null if path.is_empty() => {}
        Value::Null => leaf("null"),
        Value::Bool(_) => leaf("bool"),
        Value::Number(_) => leaf("number"),
        Value::String(_) => leaf("string"),
        Value::Array(list) if list.is_empty() => leaf("array"),
        Value::Array(list) => list.iter().for_each(|member| collect(&format!("{path}[]"), member, fields)),
        Value::Object(map) if map.is_empty() => leaf("object"),
        Value::Object(map) => {
            let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
            map.iter().for_each(|(key, member)| collect(&format!("{prefix}{key}"), member, fields));
        }
    }
}

/// The routes of the control API.
pub(crate) fn routes() -> Router<Arc<World>> {
    let clear = route(Method::DELETE, |world, _| {
        world.state().store.faults.clear();
        empty(StatusCode::NO_CONTENT)
    });
    Router::new()
        .route("/control/journal", route(Method::GET, journal))
        .route("/control/requests", route(Method::GET, requests))
        .route("/control/setup", route(Method::GET, |world, _| json(StatusCode::OK, &logins(&world.setup))))
        .route("/control/clock", route(Method::POST, clock))
        .route("/control/refuse", axum::routing::post(refuse))
        .route("/control/faults", route(Method::GET, faults).merge(route(Method::POST, add_fault)).merge(clear))
        .route("/control/faults/{number}", route(Method::DELETE, remove_fault))
        .route("/control/reset", route(Method::POST, reset))
}

fn journal(world: &World, ask: &Ask) -> Response {
    json(StatusCode::OK, &world.state().store.journal.summary(ask.query("list").is_some()))
}

fn requests(world: &World, ask: &Ask) -> Response {
    let mut requests = world.captured();
    let last = ask.number("last", requests.len(), 0..=usize::MAX).unwrap_or(requests.len());
    json(StatusCode::OK, &requests.split_off(requests.len().saturating_sub(last)))
}

fn reset(world: &World, _: &Ask) -> Response {
    world.reset();
    empty(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    #[serde(default)]
    advance_ms: i64,
    #[serde(default)]
    skew_ms: Option<i64>,
}

fn clock(world: &World, ask: &Ask) -> Response {
    let wish: Clock = match serde_json::from_slice(&ask.body) {
        Ok(wish) => wish,
        Err(why) => return error(StatusCode::BAD_REQUEST, &why.to_string()),
    };
    world.clock.advance(wish.advance_ms);
    wish.skew_ms.iter().for_each(|ms| world.clock.skew(*ms));
    world.moved.notify_one();
    json(StatusCode::OK, &json!({"now_ms": world.clock.now(), "shown_ms": world.clock.shown()}))
}

#[derive(Deserialize)]
struct Refuse {
    for_ms: u64,
}

async fn refuse(axum::extract::State(world): axum::extract::State<Arc<World>>, ask: Ask) -> Response {
    let Ok(Refuse { for_ms }) = serde_json::from_slice(&ask.body) else {
        return error(StatusCode::BAD_REQUEST, "expected {\"for_ms\": milliseconds}");
    };
    tokio::spawn(async move {
        // First the answer, then the closing of the port.
        tokio::time::sleep(Duration::from_millis(20)).await;
        world.listening.send_replace(false);
        tokio::time::sleep(Duration::from_millis(for_ms)).await;
        world.listening.send_replace(true);
    });
    empty(StatusCode::NO_CONTENT)
}

fn faults(world: &World, _: &Ask) -> Response {
    json(StatusCode::OK, &world.state().store.faults.list())
}

/// Takes a fault as an object, or as a string in the form of the command line.
fn add_fault(world: &World, ask: &Ask) -> Response {
    let read =
        serde_json::from_slice::<Value>(&ask.body).map_err(|why| why.to_string()).and_then(|value| match value {
            Value::String(text) => Fault::parse(&text),
            value => serde_json::from_value(value).map_err(|why| why.to_string()),
        });
    match read {
        Ok(fault) => {
            let number = world.state().store.faults.add(world.clock.now(), fault);
            json(StatusCode::OK, &json!({"number": number}))
        }
        Err(why) => error(StatusCode::BAD_REQUEST, &why),
    }
}

fn remove_fault(world: &World, ask: &Ask) -> Response {
    match ask.part(0).parse() {
        Ok(number) => world.state().store.faults.remove(number),
        Err(_) => return error(StatusCode::BAD_REQUEST, "the path ends in the number of a fault"),
    }
    empty(StatusCode::NO_CONTENT)
}

/// The invented logins, for the print-out at the start.
pub fn logins(setup: &crate::Setup) -> Value {
    let senders: Vec<Value> = setup
        .senders
        .iter()
        .map(|s| json!({"name": s.name, "sender_key": s.sender_key, "pf_id": s.pf_id, "channel": s.channel}))
        .collect();
    json!({
        "nhn": {"app_key": setup.nhn.app_key, "secret_key": setup.nhn.secret_key,
                "sms_app_key": setup.nhn.sms_app_key, "sms_secret_key": setup.nhn.sms_secret_key},
        "solapi": {"api_key": setup.solapi.api_key, "api_secret": setup.solapi.api_secret},
        "bizgo": {"api_key": setup.bizgo.api_key},
        "sens": {"access_key": setup.sens.access_key, "secret_key": setup.sens.secret_key,
                 "alimtalk_service": setup.sens.alimtalk_service, "sms_service": setup.sens.sms_service},
        "aligo": {"api_key": setup.aligo.api_key, "user_id": setup.aligo.user_id},
        "senders": senders,
        "sender_numbers": setup.sender_numbers,
        "templates": setup.templates.iter().map(|t| t.code.as_str()).collect::<Vec<_>>(),
    })
}
